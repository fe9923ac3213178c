package io.bqx.examples;

import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.function;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.selectOne;
import static org.jooq.impl.DSL.table;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.rewrite.ParentSchema;
import io.bqx.core.rewrite.SwapPolicy;
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
import java.util.OptionalLong;
import java.util.function.Function;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/** A schema that a benchmark has for itself: a synthetic market and the tables made from it. */
final class BenchDatabase {

  static final YearMonth FIRST_MONTH = YearMonth.of(2024, 7);

  private static final List<TableFamily> COMPUTED =
      List.of(TableFamily.BQX, TableFamily.REG_RATE, TableFamily.REG_BQX);

  private final Database database;
  private final int workers;

  BenchDatabase(Database database, int workers) {
    this.database = database;
    this.workers = workers;
  }

  Database database() {
    return database;
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
        SyntheticMarket.of(Universe.g8())
            .from(FIRST_MONTH)
            .months(months)
            .rowsPerMonth(rowsPerMonth),
        database);
  }

  /** A job over the first months. */
  Phase2 job(int months) {
    return Phase2.on(database.dataSource())
        .schema(database.schema())
        .months(FIRST_MONTH, FIRST_MONTH.plusMonths(months - 1))
        .workers(workers);
  }

  /**
   * Does a job and measures it.
   *
   * @throws BqxException if a partition is not done
   */
  Measured measure(Phase2 job) {
    UsageMeter meter = UsageMeter.start(database);
    RunReport report = job.run();
    Usage usage = meter.read();
    if (report.exitCode() != 0) {
      throw new BqxException("A run of the benchmark failed: " + report.failures());
    }
    return new Measured(report.rows(), report.bytes(), usage);
  }

  /** Measures a bare COPY of the rows of the market stages. */
  Measured measureCopy() throws SQLException, InterruptedException {
    return new BareCopy(database, workers).run(tables(TableFamily.REG_BQX));
  }

  /**
   * Measures what happens once in the life of a table: the columns of the market stages are added
   * behind those of the earlier stages.
   */
  Measured measureNewColumns() {
    List<FeatureColumn> columns =
        Stages.builtIn(
                Universe.g8(),
                Windows.ofDefaults(),
                TriangularArbitrage.DEFAULT_COST_PERCENT,
                TriangularArbitrage.DEFAULT_THRESHOLD_PERCENT)
            .schemaOf(TableFamily.REG_BQX)
            .columns();
    ParentSchema parents = new ParentSchema(database.dataSource(), SwapPolicy.ofDefaults());
    UsageMeter meter = UsageMeter.start(database);
    tables(TableFamily.REG_BQX).forEach(table -> parents.ensure(table, columns));
    return new Measured(0, 0, meter.read());
  }

  /** Drops the tables of a family, so that they are made again. */
  void drop(TableFamily family) {
    query(
        dsl -> {
          tables(family).forEach(table -> dsl.dropTableIfExists(table.table()).execute());
          return family;
        });
  }

  void dropComputed() {
    COMPUTED.forEach(this::drop);
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

  private List<PairTable> tables(TableFamily family) {
    return Universe.g8().pairs().stream()
        .map(pair -> PairTable.of(database.schema(), family, pair))
        .toList();
  }

  private <T> T query(Function<DSLContext, T> query) {
    try (Connection connection = database.dataSource().getConnection()) {
      return query.apply(DSL.using(connection, SQLDialect.POSTGRES));
    } catch (SQLException e) {
      throw new BqxException("The benchmark's database failed: " + e.getMessage(), e);
    }
  }
}
