package io.bqx.core.catalog;

import static org.jooq.impl.DSL.coalesce;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.function;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.sum;
import static org.jooq.impl.DSL.table;

import io.bqx.core.BqxException;
import io.bqx.features.FeatureType;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record1;
import org.jooq.Record2;
import org.jooq.Table;
import org.jooq.impl.SQLDataType;

/**
 * What exists in the database, read from PostgreSQL's own catalogue: which parents and partitions,
 * their columns, bounds and sizes, and what is wrong with them.
 *
 * <p>A partition is what is attached to the parent, whatever it is called; a table that only looks
 * like one by its name is none. Needs PostgreSQL 14 or newer. Every answer is as of the statement
 * that asked for it, in the transaction of the given context; errors of the database are jOOQ's
 * {@link org.jooq.exception.DataAccessException}.
 */
public final class PartitionCatalog {

  private static final Table<?> CLASS = table(name("pg_catalog", "pg_class")).as("c");
  private static final Table<?> NAMESPACE = table(name("pg_catalog", "pg_namespace")).as("n");
  private static final Table<?> ATTRIBUTE = table(name("pg_catalog", "pg_attribute")).as("a");
  private static final Table<?> INHERITS = table(name("pg_catalog", "pg_inherits")).as("h");
  private static final Table<?> KEY = table(name("pg_catalog", "pg_partitioned_table")).as("k");
  private static final Table<?> INDEX = table(name("pg_catalog", "pg_index")).as("i");

  private static final Field<Long> OID = field(name("c", "oid"), SQLDataType.BIGINT);
  private static final Field<String> RELNAME = field(name("c", "relname"), SQLDataType.VARCHAR);
  private static final Field<Long> RELNAMESPACE =
      field(name("c", "relnamespace"), SQLDataType.BIGINT);
  private static final Field<String> RELKIND = field(name("c", "relkind"), SQLDataType.VARCHAR);
  private static final Field<Long> NAMESPACE_OID = field(name("n", "oid"), SQLDataType.BIGINT);
  private static final Field<String> NSPNAME = field(name("n", "nspname"), SQLDataType.VARCHAR);
  private static final Field<Long> ATTRELID = field(name("a", "attrelid"), SQLDataType.BIGINT);
  private static final Field<String> ATTNAME = field(name("a", "attname"), SQLDataType.VARCHAR);
  private static final Field<Integer> ATTNUM = field(name("a", "attnum"), SQLDataType.INTEGER);
  private static final Field<Boolean> ATTNOTNULL =
      field(name("a", "attnotnull"), SQLDataType.BOOLEAN);
  private static final Field<Boolean> ATTISDROPPED =
      field(name("a", "attisdropped"), SQLDataType.BOOLEAN);
  private static final Field<Long> INHRELID = field(name("h", "inhrelid"), SQLDataType.BIGINT);
  private static final Field<Long> INHPARENT = field(name("h", "inhparent"), SQLDataType.BIGINT);

  /** Relation 0, because a bound names no column: preparing the names of 463 columns takes 2 ms. */
  private static final Field<String> BOUND =
      function(
          name("pg_catalog", "pg_get_expr"),
          SQLDataType.VARCHAR,
          field(name("c", "relpartbound")),
          inline(0));

  private static final Field<Boolean> INHDETACHPENDING =
      field(name("h", "inhdetachpending"), SQLDataType.BOOLEAN);

  private static final Pattern RANGE =
      Pattern.compile("FOR VALUES FROM \\((MINVALUE|'[^']*')\\) TO \\((MAXVALUE|'[^']*')\\)");
  private static final DateTimeFormatter TIMESTAMP =
      new DateTimeFormatterBuilder()
          .append(DateTimeFormatter.ISO_LOCAL_DATE)
          .appendLiteral(' ')
          .append(DateTimeFormatter.ISO_LOCAL_TIME)
          .toFormatter(Locale.ROOT);

  private final DSLContext dsl;
  private final String schema;

  /**
   * The catalogue of one schema.
   *
   * @param dsl asks the database; its owner closes it
   * @param schema the schema's name, unquoted
   */
  public PartitionCatalog(DSLContext dsl, String schema) {
    Identifiers.requireValid("schema", schema);
    this.dsl = Objects.requireNonNull(dsl, "dsl");
    this.schema = schema;
  }

  /**
   * The columns of a parent in order, without dropped ones; empty if there is no such table.
   *
   * @throws BqxException if there is something else of that name: a plain table, a view, a
   *     partition of another table
   */
  public Optional<List<TableColumn>> columnsOf(PartitionedTable parent) {
    Optional<Long> oid = oidOf(parent);
    return oid.map(this::columns);
  }

  /**
   * The columns of a view in order; empty if there is no such view.
   *
   * @throws BqxException if there is something else of that name
   */
  public Optional<List<TableColumn>> columnsOf(FeatureView view) {
    requireOwnSchema(view.table());
    return dsl.select(OID, RELKIND)
        .from(CLASS)
        .join(NAMESPACE)
        .on(NAMESPACE_OID.eq(RELNAMESPACE))
        .where(NSPNAME.eq(schema), RELNAME.eq(view.name()))
        .fetchOptional(
            found -> {
              if (!found.value2().equals("v")) {
                throw new BqxException(
                    String.format(
                        Locale.ROOT,
                        "Cannot use %s: it exists and is %s, not a view. Rename it, or choose another schema",
                        view,
                        describe(found.value2())));
              }
              return columns(found.value1());
            });
  }

  /**
   * The number by which PostgreSQL knows a parent; empty if there is no such table.
   *
   * @throws BqxException if there is something else of that name
   */
  public Optional<Long> oidOf(PartitionedTable parent) {
    requireOwnSchema(parent);
    Field<Boolean> isPartition = field(name("c", "relispartition"), SQLDataType.BOOLEAN);
    return dsl.select(OID, RELKIND, isPartition)
        .from(CLASS)
        .join(NAMESPACE)
        .on(NAMESPACE_OID.eq(RELNAMESPACE))
        .where(NSPNAME.eq(schema), RELNAME.eq(parent.name()))
        .fetchOptional(
            found -> {
              if (!found.value2().equals("p") || found.value3()) {
                throw new BqxException(
                    String.format(
                        Locale.ROOT,
                        "Cannot use %s: it exists and is %s, not a table partitioned by month. Rename it, or choose another schema",
                        parent,
                        found.value3()
                            ? "a partition of another table"
                            : describe(found.value2())));
              }
              return found.value1();
            });
  }

  private static String describe(String relkind) {
    return switch (relkind) {
      case "r" -> "a plain table";
      case "p" -> "a partitioned table";
      case "v" -> "a view";
      case "m" -> "a materialized view";
      case "f" -> "a foreign table";
      case "i", "I" -> "an index";
      case "S" -> "a sequence";
      default -> "a relation of kind '" + relkind + "'";
    };
  }

  private List<TableColumn> columns(long relation) {
    Field<String> type =
        function(
            name("pg_catalog", "format_type"),
            SQLDataType.VARCHAR,
            field(name("a", "atttypid")),
            field(name("a", "atttypmod")));
    List<TableColumn> columns = new ArrayList<>();
    dsl.select(ATTNAME, type, ATTNOTNULL)
        .from(ATTRIBUTE)
        .where(ATTRELID.eq(relation), ATTNUM.gt(0), ATTISDROPPED.isFalse())
        .orderBy(ATTNUM)
        .forEach(
            row ->
                columns.add(
                    new TableColumn(row.value1(), row.value2(), row.value3(), columns.size() + 1)));
    return List.copyOf(columns);
  }

  /**
   * The partitions of a parent by their lower bound, without a default partition; empty if there is
   * no such parent.
   *
   * @throws BqxException if there is something else of that name, or a bound is not a timestamp
   */
  public List<PartitionInfo> partitionsOf(PartitionedTable parent) {
    Optional<Long> oid = oidOf(parent);
    if (oid.isEmpty()) {
      return List.of();
    }
    // Unlike pg_total_relation_size this does not wait for who is swapping one of the partitions,
    // and it knows one that has been swapped since the statement began.
    Field<Long> pagesOfIndexes =
        select(coalesce(sum(field(name("x", "relpages"), SQLDataType.INTEGER)), inline(0)))
            .from(INDEX)
            .join(table(name("pg_catalog", "pg_class")).as("x"))
            .on(field(name("x", "oid")).eq(field(name("i", "indexrelid"))))
            .where(field(name("i", "indrelid"), SQLDataType.BIGINT).eq(OID))
            .asField()
            .cast(SQLDataType.BIGINT);
    Field<Long> bytes =
        field(name("c", "relpages"), SQLDataType.BIGINT)
            .plus(pagesOfIndexes)
            .times(
                function(
                        name("pg_catalog", "current_setting"),
                        SQLDataType.VARCHAR,
                        inline("block_size"))
                    .cast(SQLDataType.BIGINT));
    Field<Double> rows = field(name("c", "reltuples"), SQLDataType.DOUBLE);
    List<PartitionInfo> partitions = new ArrayList<>();
    dsl.select(OID, NSPNAME, RELNAME, BOUND, rows, bytes)
        .from(INHERITS)
        .join(CLASS)
        .on(OID.eq(INHRELID))
        .join(NAMESPACE)
        .on(NAMESPACE_OID.eq(RELNAMESPACE))
        .where(INHPARENT.eq(oid.get()), BOUND.ne(inline("DEFAULT")))
        .forEach(
            row -> {
              LocalDateTime[] range = range(parent, row.value3(), row.value4());
              partitions.add(
                  new PartitionInfo(
                      parent,
                      row.value2(),
                      row.value3(),
                      row.value1(),
                      range[0],
                      range[1],
                      Math.round(row.value5()),
                      row.value6()));
            });
    partitions.sort(Comparator.comparing(PartitionInfo::from));
    return List.copyOf(partitions);
  }

  private static LocalDateTime[] range(PartitionedTable parent, String partition, String bound) {
    Matcher matcher = RANGE.matcher(bound);
    try {
      if (matcher.matches()) {
        return new LocalDateTime[] {
          instant(matcher.group(1), LocalDateTime.MIN), instant(matcher.group(2), LocalDateTime.MAX)
        };
      }
    } catch (DateTimeParseException e) {
      throw new BqxException(unreadableBound(parent, partition, bound), e);
    }
    throw new BqxException(unreadableBound(parent, partition, bound));
  }

  private static LocalDateTime instant(String bound, LocalDateTime unbounded) {
    return bound.startsWith("'")
        ? LocalDateTime.parse(bound.substring(1, bound.length() - 1), TIMESTAMP)
        : unbounded;
  }

  private static String unreadableBound(PartitionedTable parent, String partition, String bound) {
    return String.format(
        Locale.ROOT,
        "Cannot use %s: its partition %s is defined %s, which is not a range of timestamps without time zone. %s",
        parent,
        partition,
        bound,
        "Rename the table and let bqx make a new one, or choose another schema");
  }

  /**
   * The partition with exactly the month's bounds, whatever its name is; empty if there is none.
   */
  public Optional<PartitionInfo> partition(Partition partition) {
    return partitionsOf(partition.parent()).stream()
        .filter(p -> p.from().equals(partition.from()) && p.to().equals(partition.to()))
        .findFirst();
  }

  /**
   * What about a parent and its partitions would make a rewrite fail or lose information; empty if
   * all is well or there is no such table.
   */
  public List<CatalogProblem> problems(PartitionedTable parent) {
    Optional<Long> found = oidOf(parent);
    if (found.isEmpty()) {
      return List.of();
    }
    long oid = found.get();
    List<CatalogProblem> problems = new ArrayList<>(partitioningProblems(parent, oid));
    problems.addAll(columnProblems(parent, oid));
    if (problems.stream().noneMatch(p -> p.kind() == CatalogProblem.Kind.PARTITION_KEY)) {
      problems.addAll(boundProblems(parent));
    }
    return List.copyOf(problems);
  }

  /**
   * Those of the {@linkplain #problems problems} that lie in how the parent is partitioned: its
   * key, its index on the time, a default partition, a detach that was interrupted. Reads neither
   * columns nor bounds.
   */
  public List<CatalogProblem> partitioningProblems(PartitionedTable parent) {
    return oidOf(parent).map(oid -> partitioningProblems(parent, oid)).orElse(List.of());
  }

  private List<CatalogProblem> partitioningProblems(PartitionedTable parent, long oid) {
    List<CatalogProblem> problems = new ArrayList<>(keyProblems(parent, oid));
    problems.addAll(childProblems(parent, oid));
    return problems;
  }

  private List<CatalogProblem> keyProblems(PartitionedTable parent, long oid) {
    String time = parent.family().timeColumn();
    Condition isTime = ATTNAME.eq(time);
    Optional<Record2<String, Boolean>> key =
        dsl.select(
                field(name("k", "partstrat"), SQLDataType.VARCHAR),
                field(isTime.and(field(name("k", "partnatts"), SQLDataType.INTEGER).eq(inline(1)))))
            .from(KEY)
            .leftJoin(ATTRIBUTE)
            .on(ATTRELID.eq(field(name("k", "partrelid"), SQLDataType.BIGINT)))
            .and(ATTNUM.eq(field("{0}[0]", Integer.class, field(name("k", "partattrs")))))
            .where(field(name("k", "partrelid"), SQLDataType.BIGINT).eq(oid))
            .fetchOptional();
    List<CatalogProblem> problems = new ArrayList<>();
    if (key.isEmpty()
        || !key.get().value1().equals("r")
        || !Boolean.TRUE.equals(key.get().value2())) {
      problems.add(
          problem(
              parent,
              CatalogProblem.Kind.PARTITION_KEY,
              String.format(
                  Locale.ROOT,
                  "is not partitioned by range on its column %s alone; rename it and let bqx make a new one",
                  time)));
    }
    if (!hasUniqueTime(oid, time)) {
      problems.add(
          problem(
              parent,
              CatalogProblem.Kind.NO_UNIQUE_TIME,
              String.format(
                  Locale.ROOT,
                  "has no unique index on %s; create one, so that no partition can hold a time twice",
                  time)));
    }
    return problems;
  }

  private boolean hasUniqueTime(long oid, String time) {
    return dsl.fetchExists(
        select(inline(1))
            .from(INDEX)
            .join(ATTRIBUTE)
            .on(ATTRELID.eq(field(name("i", "indrelid"), SQLDataType.BIGINT)))
            .and(ATTNUM.eq(field("{0}[0]", Integer.class, field(name("i", "indkey")))))
            .where(
                field(name("i", "indrelid"), SQLDataType.BIGINT).eq(oid),
                field(name("i", "indisunique"), SQLDataType.BOOLEAN).isTrue(),
                field(name("i", "indnkeyatts"), SQLDataType.INTEGER).eq(inline(1)),
                field(name("i", "indpred")).isNull(),
                ATTNAME.eq(time)));
  }

  private List<CatalogProblem> childProblems(PartitionedTable parent, long oid) {
    List<CatalogProblem> problems = new ArrayList<>();
    dsl.select(RELNAME, BOUND, INHDETACHPENDING)
        .from(INHERITS)
        .join(CLASS)
        .on(OID.eq(INHRELID))
        .where(INHPARENT.eq(oid))
        .orderBy(RELNAME)
        .forEach(
            row -> {
              if ("DEFAULT".equals(row.value2())) {
                problems.add(
                    problem(
                        parent,
                        CatalogProblem.Kind.DEFAULT_PARTITION,
                        String.format(
                            Locale.ROOT,
                            "has the default partition %s, which every new partition would have to scan under lock; "
                                + "move its rows into partitions of their months and drop it",
                            row.value1())));
              }
              if (row.value3()) {
                problems.add(
                    problem(
                        parent,
                        CatalogProblem.Kind.PENDING_DETACH,
                        String.format(
                            Locale.ROOT,
                            "has the partition %s, whose concurrent detach was interrupted; end it with ALTER TABLE .. "
                                + "DETACH PARTITION .. FINALIZE",
                            row.value1())));
              }
            });
    return problems;
  }

  private List<CatalogProblem> boundProblems(PartitionedTable parent) {
    return partitionsOf(parent).stream()
        .filter(partition -> partition.month().isEmpty())
        .map(
            partition ->
                problem(
                    parent,
                    CatalogProblem.Kind.NOT_ONE_MONTH,
                    String.format(
                        Locale.ROOT,
                        "has the partition %s from %s to %s, which is not one calendar month; split or merge it into months",
                        partition.name(),
                        partition.from(),
                        partition.to())))
        .toList();
  }

  private List<CatalogProblem> columnProblems(PartitionedTable parent, long oid) {
    List<CatalogProblem> problems = new ArrayList<>();
    int withDropped = columnsWithDropped(oid);
    if (withDropped > SqlTypes.MAX_COLUMNS) {
      problems.add(
          problem(
              parent,
              CatalogProblem.Kind.TOO_MANY_COLUMNS,
              String.format(
                  Locale.ROOT,
                  "has %d columns with dropped ones; PostgreSQL allows %d",
                  withDropped,
                  SqlTypes.MAX_COLUMNS)));
    }
    List<FeatureType> types = new ArrayList<>();
    for (TableColumn column : columns(oid)) {
      if (column.featureType().isEmpty()) {
        problems.add(
            problem(
                parent,
                CatalogProblem.Kind.FOREIGN_TYPE,
                String.format(
                    Locale.ROOT,
                    "has the column %s of type %s, which bqx cannot copy; move it to a table of its own",
                    column.name(),
                    column.sqlType())));
      }
      column.featureType().ifPresent(types::add);
    }
    int width = SqlTypes.rowWidth(types);
    if (width > SqlTypes.MAX_ROW_WIDTH) {
      problems.add(
          problem(
              parent,
              CatalogProblem.Kind.ROW_TOO_WIDE,
              String.format(
                  Locale.ROOT,
                  "has rows of up to %d bytes; a page holds %d",
                  width,
                  SqlTypes.MAX_ROW_WIDTH)));
    }
    return problems;
  }

  /** Whether rows of a partition may still have values of columns that were dropped. */
  public boolean hasDroppedColumns(PartitionInfo partition) {
    return columnsWithDropped(partition.oid()) > columns(partition.oid()).size();
  }

  /** The columns that count against PostgreSQL's limit of 1600: with dropped ones. */
  int columnsWithDropped(long relation) {
    Record1<Integer> found =
        dsl.selectCount().from(ATTRIBUTE).where(ATTRELID.eq(relation), ATTNUM.gt(0)).fetchSingle();
    return found.value1();
  }

  private static CatalogProblem problem(
      PartitionedTable parent, CatalogProblem.Kind kind, String predicate) {
    return new CatalogProblem(parent, kind, parent + " " + predicate);
  }

  private void requireOwnSchema(PartitionedTable parent) {
    if (!parent.schema().equals(schema)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "%s is not in the schema '%s' of this catalogue", parent, schema));
    }
  }
}
