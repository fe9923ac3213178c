package io.bqx.core.ingest;

import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.function;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.table;
import static org.jooq.impl.DSL.val;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.CatalogProblem;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.Partition;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionDdl;
import io.bqx.core.catalog.PartitionInfo;
import io.bqx.core.catalog.TableColumn;
import io.bqx.features.FeatureColumn;
import java.time.YearMonth;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jooq.DSLContext;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/** Creates the schema, the tables of bars and their monthly partitions where they are missing. */
final class BarTables {

  private final DSLContext sql;
  private final PartitionDdl ddl;

  /** Works in the transaction of a context. */
  BarTables(DSLContext sql) {
    this.sql = sql;
    this.ddl = new PartitionDdl(sql);
  }

  /** Creates the schema if it is missing. */
  void ensureSchema(String schema) {
    if (!schemaExists(schema)) {
      lock("bqx schema " + schema);
      if (!schemaExists(schema)) {
        ddl.createSchema(schema);
      }
    }
  }

  private boolean schemaExists(String schema) {
    return sql.fetchExists(
        DSL.selectOne()
            .from(table(name("pg_catalog", "pg_namespace")))
            .where(field(name("nspname"), SQLDataType.VARCHAR).eq(schema)));
  }

  /**
   * Waits until no other import into the table is in its transaction, at most {@code lock_timeout}.
   */
  void lock(PairTable bars) {
    lock("bqx table " + bars);
  }

  private void lock(String key) {
    sql.select(
            function(
                name("pg_catalog", "pg_advisory_xact_lock"),
                SQLDataType.OTHER,
                function(
                    name("pg_catalog", "hashtextextended"),
                    SQLDataType.BIGINT,
                    val(key),
                    inline(0L))))
        .fetch();
  }

  /**
   * Creates the table if it is missing.
   *
   * @return whether it was missing, so that nobody else sees it before the transaction ends
   * @throws BqxException if it exists and cannot take bars
   */
  boolean ensureTable(PairTable bars) {
    PartitionCatalog catalog = new PartitionCatalog(sql, bars.schema());
    Optional<List<TableColumn>> existing = catalog.columnsOf(bars);
    if (existing.isEmpty()) {
      ddl.createParent(bars, BarColumns.definitions());
      for (String price : BarColumns.PRICES) {
        sql.alterTable(bars.table()).alterColumn(name(price)).setNotNull().execute();
      }
      return true;
    }
    requireColumns(bars, existing.get());
    for (CatalogProblem problem : catalog.problems(bars)) {
      switch (problem.kind()) {
        case PARTITION_KEY, DEFAULT_PARTITION, PENDING_DETACH, NO_UNIQUE_TIME ->
            throw new BqxException("Cannot use " + problem.message());
        default -> {}
      }
    }
    return false;
  }

  private static void requireColumns(PairTable bars, List<TableColumn> existing) {
    Map<String, TableColumn> byName =
        existing.stream().collect(Collectors.toMap(TableColumn::name, Function.identity()));
    for (FeatureColumn wanted : BarColumns.definitions()) {
      String type = TableColumn.sqlTypeOf(wanted.type());
      TableColumn column = byName.get(wanted.name());
      if (column == null || !column.sqlType().equals(type)) {
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "Cannot use %s: its column %s is %s instead of %s. Rename the table, or choose another schema",
                bars,
                wanted.name(),
                column == null ? "missing" : column.sqlType(),
                type));
      }
    }
  }

  /**
   * Creates the partitions of the given months that are missing, whatever the existing ones are
   * called.
   *
   * @param created whether this transaction has created the table
   */
  void ensurePartitions(PairTable bars, SortedSet<YearMonth> months, boolean created) {
    List<PartitionInfo> existing =
        created ? List.of() : new PartitionCatalog(sql, bars.schema()).partitionsOf(bars);
    List<Partition> missing =
        months.stream()
            .map(bars::partition)
            .filter(month -> existing.stream().noneMatch(partition -> covers(partition, month)))
            .toList();
    if (created) {
      ddl.createPartitions(missing);
    } else {
      ddl.createAndAttach(missing);
    }
  }

  private static boolean covers(PartitionInfo partition, Partition month) {
    return !partition.from().isAfter(month.from()) && !partition.to().isBefore(month.to());
  }
}
