package io.bqx.core.ingest;

import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.function;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.table;
import static org.jooq.impl.DSL.val;
import static org.jooq.impl.SQLDataType.BIGINT;
import static org.jooq.impl.SQLDataType.BOOLEAN;
import static org.jooq.impl.SQLDataType.CHAR;
import static org.jooq.impl.SQLDataType.INTEGER;
import static org.jooq.impl.SQLDataType.SMALLINT;
import static org.jooq.impl.SQLDataType.VARCHAR;

import io.bqx.core.BqxException;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Name;
import org.jooq.Param;
import org.jooq.Query;
import org.jooq.Record;
import org.jooq.Table;
import org.jooq.impl.SQLDataType;

/** Creates schemas, tables of bars and their monthly partitions where they are missing. */
final class BarTableDdl {

  private static final Name CLASS = name("c");
  private static final Name NAMESPACE = name("n");

  private final DSLContext sql;

  BarTableDdl(DSLContext sql) {
    this.sql = sql;
  }

  boolean schemaExists(String schema) {
    return sql.fetchExists(
        sql.selectOne()
            .from(table(name("pg_catalog", "pg_namespace")))
            .where(field(name("nspname"), VARCHAR).eq(schema)));
  }

  void createSchema(String schema) {
    sql.createSchemaIfNotExists(name(schema)).execute();
  }

  /**
   * Creates the table if it is missing.
   *
   * @return whether it was missing
   * @throws BqxException if it exists, but is not partitioned or lacks a column
   */
  boolean ensureTable(BarTable bars) {
    String kind =
        sql.select(field(CLASS.append("relkind"), CHAR(1)))
            .from(table(name("pg_catalog", "pg_class")).as(CLASS))
            .join(table(name("pg_catalog", "pg_namespace")).as(NAMESPACE))
            .on(
                field(NAMESPACE.append("oid"), BIGINT)
                    .eq(field(CLASS.append("relnamespace"), BIGINT)))
            .where(field(NAMESPACE.append("nspname"), VARCHAR).eq(bars.schema()))
            .and(field(CLASS.append("relname"), VARCHAR).eq(bars.name()))
            .fetchOne(0, String.class);
    if (kind == null) {
      createTable(bars);
      return true;
    }
    if (!kind.equals("p")) {
      throw new BqxException(
          "Cannot load bars into %s: it exists, but is not a partitioned table. Rename it, and import again."
              .formatted(bars.displayName()));
    }
    requireColumns(bars);
    return false;
  }

  private void createTable(BarTable bars) {
    sql.execute(
        "create table {0} ({1} timestamp not null, {2} double precision not null, {3} double precision not null,"
            + " {4} double precision not null, {5} double precision not null, {6} double precision)"
            + " partition by range ({1})",
        bars.table(),
        name("time"),
        name("open"),
        name("high"),
        name("low"),
        name("close"),
        name("volume"));
    sql.createUniqueIndex(bars.indexName())
        .on(bars.table(), BarTable.time(name(new String[0])))
        .execute();
  }

  private void requireColumns(BarTable bars) {
    Map<String, String> expected = new LinkedHashMap<>();
    expected.put(BarTable.TIME, "timestamp without time zone");
    BarTable.VALUES.forEach(column -> expected.put(column, "double precision"));
    Map<String, String> actual = columnTypes(bars);
    expected.forEach(
        (column, type) -> {
          if (!type.equals(actual.get(column))) {
            throw new BqxException(
                "Cannot load bars into %s: its column %s is %s; expected %s. Rename the table, and import again."
                    .formatted(
                        bars.displayName(), column, actual.getOrDefault(column, "missing"), type));
          }
        });
  }

  private Map<String, String> columnTypes(BarTable bars) {
    Field<String> column = field(name("a", "attname"), VARCHAR);
    Field<String> type =
        function(
            name("pg_catalog", "format_type"),
            VARCHAR,
            field(name("a", "atttypid"), INTEGER),
            inline(null, INTEGER));
    return sql.select(column, type)
        .from(table(name("pg_catalog", "pg_attribute")).as("a"))
        .join(table(name("pg_catalog", "pg_class")).as(CLASS))
        .on(field(name("a", "attrelid"), BIGINT).eq(field(CLASS.append("oid"), BIGINT)))
        .join(table(name("pg_catalog", "pg_namespace")).as(NAMESPACE))
        .on(field(NAMESPACE.append("oid"), BIGINT).eq(field(CLASS.append("relnamespace"), BIGINT)))
        .where(field(NAMESPACE.append("nspname"), VARCHAR).eq(bars.schema()))
        .and(field(CLASS.append("relname"), VARCHAR).eq(bars.name()))
        .and(field(name("a", "attnum"), SMALLINT).gt((short) 0))
        .and(field(name("a", "attisdropped"), BOOLEAN).isFalse())
        .fetchMap(column, type);
  }

  /**
   * Creates the partitions of the given months that are missing.
   *
   * @param nobodySeesTheTable whether this transaction has created the table. If not, a partition
   *     is created apart and then attached, because creating it in place would lock every reader
   *     out of the table until the transaction ends.
   */
  void ensurePartitions(BarTable bars, SortedSet<YearMonth> months, boolean nobodySeesTheTable) {
    Set<String> existing = nobodySeesTheTable ? Set.of() : partitionNames(bars);
    List<Query> ddl = new ArrayList<>();
    for (YearMonth month : months) {
      if (existing.contains(bars.partitionName(month))) {
        continue;
      }
      Table<Record> partition = bars.partition(month);
      Param<LocalDateTime> from = inline(startOf(month));
      Param<LocalDateTime> to = inline(startOf(month.plusMonths(1)));
      if (nobodySeesTheTable) {
        ddl.add(
            sql.query(
                "create table {0} partition of {1} for values from ({2}) to ({3})",
                partition, bars.table(), from, to));
      } else {
        ddl.add(sql.query("create table {0} (like {1} including all)", partition, bars.table()));
        ddl.add(
            sql.query(
                "alter table {0} attach partition {1} for values from ({2}) to ({3})",
                bars.table(), partition, from, to));
      }
    }
    sql.batch(ddl).execute();
  }

  private Set<String> partitionNames(BarTable bars) {
    Name child = name("p");
    return sql.select(field(child.append("relname"), VARCHAR))
        .from(table(name("pg_catalog", "pg_inherits")).as("i"))
        .join(table(name("pg_catalog", "pg_class")).as(child))
        .on(field(child.append("oid"), BIGINT).eq(field(name("i", "inhrelid"), BIGINT)))
        .join(table(name("pg_catalog", "pg_class")).as(CLASS))
        .on(field(CLASS.append("oid"), BIGINT).eq(field(name("i", "inhparent"), BIGINT)))
        .join(table(name("pg_catalog", "pg_namespace")).as(NAMESPACE))
        .on(field(NAMESPACE.append("oid"), BIGINT).eq(field(CLASS.append("relnamespace"), BIGINT)))
        .where(field(NAMESPACE.append("nspname"), VARCHAR).eq(bars.schema()))
        .and(field(CLASS.append("relname"), VARCHAR).eq(bars.name()))
        .fetchSet(0, String.class);
  }

  /**
   * Waits until no other import of the same subject is in its transaction, and keeps others out
   * until this transaction ends. The wait is bounded by {@code lock_timeout}.
   */
  void lock(String subject) {
    sql.select(
            function(
                name("pg_catalog", "pg_advisory_xact_lock"),
                SQLDataType.OTHER,
                function(
                    name("pg_catalog", "hashtextextended"),
                    BIGINT,
                    val("bqx import of " + subject),
                    inline(0L))))
        .fetch();
  }

  private static LocalDateTime startOf(YearMonth month) {
    return month.atDay(1).atStartOfDay();
  }
}
