package io.bqx.examples;

import static org.jooq.impl.DSL.coalesce;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.function;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.selectOne;
import static org.jooq.impl.DSL.sum;
import static org.jooq.impl.DSL.table;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.FeatureView;
import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.MarketTable;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.PartitionedTable;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.internal.Quantities;
import io.bqx.core.rewrite.ParentSchema;
import io.bqx.core.rewrite.SwapPolicy;
import io.bqx.core.run.PartitionOutcome;
import io.bqx.core.run.Phase2;
import io.bqx.core.run.RunReport;
import io.bqx.core.stage.Stages;
import io.bqx.features.FeatureColumn;
import io.bqx.features.TriangularArbitrage;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.YearMonth;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/** A schema that a benchmark has for itself: a synthetic market and the tables made from it. */
final class BenchDatabase {

  static final YearMonth FIRST_MONTH = YearMonth.of(2024, 7);

  private final Database database;
  private final int workers;
  private final Layout layout;
  private final Universe universe;

  BenchDatabase(Database database, int workers, Layout layout, Universe universe) {
    this.database = database;
    this.workers = workers;
    this.layout = layout;
    this.universe = universe;
  }

  Database database() {
    return database;
  }

  Universe universe() {
    return universe;
  }

  boolean isShared() {
    return layout == Layout.SHARED;
  }

  /** The families whose tables a job makes, in the order in which it writes them. */
  List<TableFamily> computed() {
    return Stream.of(TableFamily.BQX, TableFamily.REG_RATE, TableFamily.REG_BQX, TableFamily.MARKET)
        .filter(family -> isShared() || family != TableFamily.MARKET)
        .toList();
  }

  /** How many partitions of a month the outcomes of a job tell of. */
  int partitionsPerMonth() {
    return universe.pairs().size() + (isShared() ? 1 : 0);
  }

  /**
   * Makes sure that nobody's tables are touched.
   *
   * @throws BqxException if the schema exists
   */
  void requireNewSchema() {
    if (query(
        dsl ->
            dsl.fetchExists(
                selectOne()
                    .from(table(name("pg_catalog", "pg_namespace")))
                    .where(field(name("nspname"), SQLDataType.VARCHAR).eq(database.schema()))))) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot measure in the schema %s: it exists, and a benchmark makes and drops tables. Name a new one with --schema",
              database.schema()));
    }
  }

  /** Makes and imports the bars of all pairs. */
  void importBars(int months, int rowsPerMonth) {
    SyntheticBars.load(
        SyntheticMarket.of(universe).from(FIRST_MONTH).months(months).rowsPerMonth(rowsPerMonth),
        database);
  }

  /** A job over the first months. */
  Phase2 job(int months) {
    return Phase2.on(database.dataSource())
        .schema(database.schema())
        .universe(universe)
        .months(FIRST_MONTH, FIRST_MONTH.plusMonths(months - 1))
        .layout(layout)
        .workers(workers);
  }

  /**
   * Does a job and measures it.
   *
   * @throws BqxException if a partition is not done
   */
  Measured measure(Phase2 job) {
    try (UsageMeter meter = UsageMeter.start(database)) {
      RunReport report = job.run();
      Usage usage = meter.read();
      if (report.exitCode() != 0) {
        throw failed(report);
      }
      return new Measured(report.rows(), report.bytes(), usage);
    }
  }

  /** Says how much was not done, and why the first of it was not; the log tells of each. */
  static BqxException failed(RunReport report) {
    List<PartitionOutcome> undone =
        report.outcomes().stream().filter(outcome -> !outcome.state().isComplete()).toList();
    return new BqxException(
        String.format(
            Locale.ROOT,
            "A run of the benchmark failed: %s not done. %s",
            Quantities.count(undone.size(), "partition"),
            undone.stream()
                .flatMap(outcome -> outcome.message().stream())
                .findFirst()
                .or(report::unfinished)
                .orElse("")));
  }

  /** Measures a bare COPY of rows with all columns of a pair and the market's. */
  Measured measureCopy() throws SQLException, InterruptedException {
    Stream<BareCopy.Source> sources =
        isShared()
            ? views().map(v -> new BareCopy.Source(v.name(), v.view(), v.time()))
            : tables(TableFamily.REG_BQX)
                .map(t -> new BareCopy.Source(t.name(), t.table(), t.time()));
    return new BareCopy(database, workers).run(sources.toList());
  }

  /**
   * Measures what happens once in the life of a table of the wide layout: the columns of the market
   * stages are added behind those of the earlier stages. Empty in the shared layout.
   */
  Optional<Measured> measureNewColumns() {
    if (isShared()) {
      return Optional.empty();
    }
    List<FeatureColumn> columns =
        Stages.builtIn(
                universe,
                Windows.ofDefaults(),
                TriangularArbitrage.DEFAULT_COST_PERCENT,
                TriangularArbitrage.DEFAULT_THRESHOLD_PERCENT)
            .schemaOf(TableFamily.REG_BQX)
            .columns();
    ParentSchema parents = new ParentSchema(database.dataSource(), SwapPolicy.ofDefaults());
    try (UsageMeter meter = UsageMeter.start(database)) {
      tables(TableFamily.REG_BQX).forEach(table -> parents.ensure(table, columns));
      return Optional.of(new Measured(0, 0, meter.read()));
    }
  }

  /** Drops the tables that the market stages extend, and the views, so that they are made again. */
  void dropFeatures() {
    query(
        dsl -> {
          views().forEach(view -> dsl.dropViewIfExists(view.view()).execute());
          return null;
        });
    drop(TableFamily.MARKET);
    drop(TableFamily.REG_BQX);
  }

  void dropComputed() {
    dropFeatures();
    drop(TableFamily.REG_RATE);
    drop(TableFamily.BQX);
  }

  private void drop(TableFamily family) {
    query(
        dsl -> {
          tables(family).forEach(table -> dsl.dropTableIfExists(table.table()).execute());
          return null;
        });
  }

  /** Drops all that was made, a few tables at a time: each needs locks in the server's memory. */
  void dropSchema() {
    dropComputed();
    drop(TableFamily.M1);
    query(dsl -> dsl.dropSchemaIfExists(name(database.schema())).cascade().execute());
  }

  /** Bytes of the database on disk. */
  long size() {
    return query(
        dsl ->
            dsl.select(
                    function(
                        name("pg_catalog", "pg_database_size"),
                        SQLDataType.BIGINT,
                        function(name("pg_catalog", "current_database"), SQLDataType.VARCHAR)))
                .fetchSingle()
                .value1());
  }

  /** Bytes on disk of the tables of a family, with their indexes. */
  long size(TableFamily family) {
    List<String> names = tables(family).map(PartitionedTable::name).toList();
    return query(
        dsl ->
            dsl.select(
                    coalesce(
                        sum(
                            function(
                                name("pg_catalog", "pg_total_relation_size"),
                                SQLDataType.BIGINT,
                                field(name("c", "oid")))),
                        inline(0)))
                .from(table(name("pg_catalog", "pg_class")).as("c"))
                .join(table(name("pg_catalog", "pg_inherits")).as("h"))
                .on(field(name("h", "inhrelid")).eq(field(name("c", "oid"))))
                .join(table(name("pg_catalog", "pg_class")).as("p"))
                .on(field(name("p", "oid")).eq(field(name("h", "inhparent"))))
                .join(table(name("pg_catalog", "pg_namespace")).as("n"))
                .on(field(name("n", "oid")).eq(field(name("p", "relnamespace"))))
                .where(
                    field(name("n", "nspname"), SQLDataType.VARCHAR).eq(database.schema()),
                    field(name("p", "relkind"), SQLDataType.VARCHAR).eq(inline("p")),
                    field(name("p", "relname"), SQLDataType.VARCHAR).in(names))
                .fetchSingle()
                .value1()
                .longValueExact());
  }

  /** Bytes on disk of all tables that a job makes, with their indexes. */
  long sizeOfComputed() {
    return computed().stream().mapToLong(this::size).sum();
  }

  /** The server's version. */
  String version() {
    return query(
        dsl ->
            dsl.select(
                    function(
                        name("pg_catalog", "current_setting"),
                        SQLDataType.VARCHAR,
                        inline("server_version")))
                .fetchSingle()
                .value1());
  }

  /** Bytes that are left on the disk of the server; empty if it is not bqx that runs it. */
  OptionalLong freeDisk() {
    if (database.server().isEmpty()) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(
          Files.getFileStore(database.server().get().directory()).getUsableSpace());
    } catch (IOException e) {
      throw new BqxException(
          "Cannot tell how much room is left on the disk: " + Directories.reason(e), e);
    }
  }

  private Stream<PartitionedTable> tables(TableFamily family) {
    return family == TableFamily.MARKET
        ? Stream.of(MarketTable.of(database.schema()))
        : universe.pairs().stream().map(pair -> PairTable.of(database.schema(), family, pair));
  }

  private Stream<FeatureView> views() {
    return universe.pairs().stream().map(pair -> FeatureView.of(database.schema(), pair));
  }

  private <T> T query(Function<DSLContext, T> query) {
    try (Connection connection = database.dataSource().getConnection()) {
      return query.apply(DSL.using(connection, SQLDialect.POSTGRES));
    } catch (SQLException e) {
      throw new BqxException("The benchmark's database failed: " + e.getMessage(), e);
    }
  }
}
