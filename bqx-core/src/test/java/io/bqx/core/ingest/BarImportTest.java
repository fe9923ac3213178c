package io.bqx.core.ingest;

import static io.bqx.core.ingest.BarFiles.HEADER;
import static io.bqx.core.ingest.BarFiles.lines;
import static io.bqx.core.ingest.BarFiles.resource;
import static io.bqx.core.ingest.BarFiles.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.ingest.ImportReport.FailedFile;
import io.bqx.core.ingest.ImportReport.LoadedFile;
import io.bqx.core.ingest.ImportReport.SkippedFile;
import io.bqx.core.testing.TestDatabase;
import io.bqx.core.testing.TestSchema;
import io.bqx.features.CurrencyPair;
import io.bqx.features.Universe;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BarImportTest {

  private static final ZoneId EET = ZoneId.of("EET");
  private static final String JULY = "2024-07-31T23:59:00Z,1.1,1.3,1.0,1.2,5\n";
  private static final String AUGUST = "2024-08-01T00:00:00Z,1.2,1.4,1.1,1.3,6\n";

  private final DSLContext sql = DSL.using(TestDatabase.dataSource(), SQLDialect.POSTGRES);
  private final TestSchema schema = TestDatabase.newSchema("ingest");

  @TempDir Path folder;

  @AfterEach
  void dropSchema() {
    schema.close();
  }

  private BarImport csv() {
    return BarImport.into(TestDatabase.dataSource()).schema(schema.name()).format(BarFormat.CSV);
  }

  private ImportReport importCsv(String name, String text) {
    return csv().file(write(folder, name, text)).run();
  }

  private static LoadedFile onlyLoaded(ImportReport report) {
    assertThat(report.failed()).isEmpty();
    assertThat(report.exitCode()).isZero();
    assertThat(report.loaded()).hasSize(1);
    return report.loaded().get(0);
  }

  private static BqxException onlyFailure(ImportReport report) {
    assertThat(report.exitCode()).isOne();
    assertThat(report.failed()).hasSize(1);
    return report.failed().get(0).cause();
  }

  private List<String> stored(String table) {
    return sql.fetch(
            "select \"time\", \"open\", high, low, \"close\", volume from {0} order by 1",
            DSL.name(schema.name(), table))
        .map(
            bar ->
                bar.get(0, LocalDateTime.class).toInstant(ZoneOffset.UTC)
                    + IntStream.range(1, 6)
                        .mapToObj(i -> " " + bar.get(i, Double.class))
                        .collect(Collectors.joining()));
  }

  private List<String> tables() {
    return sql.fetch(
            "select relname from pg_class where relnamespace = {0}::regnamespace and relkind in ('r', 'p') order by 1",
            DSL.inline(DSL.name(schema.name()).toString()))
        .getValues(0, String.class);
  }

  /** Names the stored rows' places and versions: anything that rewrites a row changes it. */
  private String rowVersions(String table) {
    return sql.fetch(
            "select tableoid::regclass::text, ctid::text, xmin::text from {0} order by \"time\"",
            DSL.name(schema.name(), table))
        .toString();
  }

  /** Sessions of the test database that begin with the given statements. */
  private static DataSource withSessions(String... statements) {
    return dataSource(
        () -> {
          Connection connection = TestDatabase.dataSource().getConnection();
          try (Statement statement = connection.createStatement()) {
            for (String text : statements) {
              statement.execute(text);
            }
          }
          return connection;
        });
  }

  /** A pool of one connection, which stays open when it is given back. */
  private static DataSource sharing(Connection only) {
    return dataSource(
        () ->
            (Connection)
                Proxy.newProxyInstance(
                    BarImportTest.class.getClassLoader(),
                    new Class<?>[] {Connection.class},
                    (proxy, method, arguments) ->
                        method.getName().equals("close") ? null : invoke(only, method, arguments)));
  }

  private static DataSource dataSource(Callable<Connection> connect) {
    return (DataSource)
        Proxy.newProxyInstance(
            BarImportTest.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> connect.call());
  }

  private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  @Nested
  class Loading {

    @Test
    void fourEncodingsOfTheSameBarsGiveTheSameRows() {
      LoadedFile histData =
          onlyLoaded(
              BarImport.into(TestDatabase.dataSource())
                  .schema(schema.name())
                  .format(BarFormat.HISTDATA)
                  .file(resource(BarFiles.HISTDATA))
                  .run());
      List<String> rows = stored("m1_eurusd");

      assertThat(histData.inserted()).isEqualTo(2000);
      assertThat(rows)
          .isEqualTo(
              lines(BarFileReader.of(BarFormat.CSV, Universe.g8()).read(resource(BarFiles.CSV))));
      assertThat(onlyLoaded(csv().file(resource(BarFiles.CSV)).run()).unchanged()).isEqualTo(2000);
      LoadedFile mt5 =
          onlyLoaded(
              BarImport.into(TestDatabase.dataSource())
                  .schema(schema.name())
                  .zone(EET)
                  .format(BarFormat.MT5)
                  .file(resource(BarFiles.MT5))
                  .run());
      LoadedFile dukascopy =
          onlyLoaded(
              BarImport.into(TestDatabase.dataSource())
                  .schema(schema.name())
                  .format(BarFormat.DUKASCOPY)
                  .file(resource(BarFiles.DUKASCOPY))
                  .run());
      assertThat(mt5.unchanged()).isEqualTo(2000);
      assertThat(dukascopy.unchanged()).isEqualTo(2000);
      assertThat(List.of(histData.zone(), mt5.zone(), dukascopy.zone()))
          .containsExactly("UTC-05:00", "EET", "UTC");
      assertThat(stored("m1_eurusd")).isEqualTo(rows);
    }

    @Test
    void barsGoToThePartitionOfTheirMonthInUtc() {
      importCsv("eurusd.csv", HEADER + JULY + AUGUST);

      assertThat(tables()).containsExactly("m1_eurusd", "m1_eurusd_2024_07", "m1_eurusd_2024_08");
      assertThat(stored("m1_eurusd_2024_07"))
          .containsExactly("2024-07-31T23:59:00Z 1.1 1.3 1.0 1.2 5.0");
      assertThat(stored("m1_eurusd_2024_08"))
          .containsExactly("2024-08-01T00:00:00Z 1.2 1.4 1.1 1.3 6.0");
    }

    @Test
    void partitionsCoverWholeMonthsAndTimesAreUniqueAndWithoutZone() {
      importCsv("eurusd.csv", HEADER + JULY);

      assertThat(
              sql.fetchValue(
                  "select pg_get_expr(relpartbound, oid) from pg_class where oid = {0}::regclass",
                  DSL.inline(DSL.name(schema.name(), "m1_eurusd_2024_07").toString())))
          .isEqualTo("FOR VALUES FROM ('2024-07-01 00:00:00') TO ('2024-08-01 00:00:00')");
      assertThat(
              sql.fetch(
                      "select indexdef from pg_indexes where schemaname = {0} order by 1",
                      DSL.inline(schema.name()))
                  .getValues(0, String.class))
          .hasSize(2)
          .allSatisfy(
              index -> assertThat(index).startsWith("CREATE UNIQUE INDEX").endsWith("(\"time\")"));
      assertThat(
              sql.fetch(
                      "select attname || ' ' || format_type(atttypid, atttypmod) || case when attnotnull then ' not null' else '' end"
                          + " from pg_attribute where attrelid = {0}::regclass and attnum > 0 order by attnum",
                      DSL.inline(DSL.name(schema.name(), "m1_eurusd").toString()))
                  .getValues(0, String.class))
          .containsExactly(
              "time timestamp without time zone not null",
              "open double precision not null",
              "high double precision not null",
              "low double precision not null",
              "close double precision not null",
              "volume double precision");
    }

    @Test
    void theReportSaysWhatWasReadInWhichZone() {
      LoadedFile loaded = onlyLoaded(importCsv("EURUSD.csv", HEADER + JULY + AUGUST));

      assertThat(loaded)
          .isEqualTo(
              new LoadedFile(
                  folder.resolve("EURUSD.csv"),
                  CurrencyPair.of("eurusd"),
                  BarFormat.CSV,
                  "stated by each time",
                  2,
                  2,
                  0,
                  0,
                  Instant.parse("2024-07-31T23:59:00Z"),
                  Instant.parse("2024-08-01T00:00:00Z")));
    }

    @Test
    void aGivenPairDecidesTheTable() {
      onlyLoaded(
          csv()
              .pair(CurrencyPair.of("gbpusd"))
              .file(write(folder, "bars.txt", HEADER + JULY))
              .run());

      assertThat(tables()).containsExactly("m1_gbpusd", "m1_gbpusd_2024_07");
    }

    @Test
    void aSchemaNameIsQuotedWhateverItHolds() {
      String odd = schema.name() + "\"; drop table x; --'{0}?";
      try {
        onlyLoaded(
            BarImport.into(TestDatabase.dataSource())
                .schema(odd)
                .format(BarFormat.CSV)
                .file(write(folder, "eurusd.csv", HEADER + JULY))
                .run());

        assertThat(sql.fetchCount(DSL.table(DSL.name(odd, "m1_eurusd")))).isOne();
      } finally {
        sql.dropSchemaIfExists(DSL.name(odd)).cascade().execute();
      }
    }

    @Test
    void aServerInAnotherZoneAndIsolationLevelStoresTheSameTimes() {
      onlyLoaded(
          BarImport.into(
                  withSessions(
                      "set time zone 'Asia/Tokyo'",
                      "set default_transaction_isolation = 'serializable'",
                      "set search_path = ''"))
              .schema(schema.name())
              .format(BarFormat.CSV)
              .file(write(folder, "eurusd.csv", HEADER + JULY + AUGUST))
              .run());

      assertThat(stored("m1_eurusd")).first().isEqualTo("2024-07-31T23:59:00Z 1.1 1.3 1.0 1.2 5.0");
    }
  }

  @Nested
  class MadeElsewhere {

    private void table(String... more) {
      schema.create();
      sql.execute(
          "create table {0} (volume double precision, \"time\" timestamp, \"open\" double precision, high double precision,"
              + " low double precision, \"close\" double precision, note text) partition by range (\"time\")",
          DSL.name(schema.name(), "m1_eurusd"));
      for (String statement : more) {
        sql.execute(
            statement, DSL.name(schema.name(), "m1_eurusd"), DSL.name(schema.name(), "bars_2024"));
      }
    }

    @Test
    void columnsInAnotherOrderAndAPartitionOfAnotherNameAndSizeAreUsed() {
      table(
          "create unique index on {0} (\"time\")",
          "create table {1} partition of {0} for values from ('2024-01-01') to ('2025-01-01')");

      onlyLoaded(
          importCsv(
              "eurusd.csv", HEADER + "2023-12-31T23:59:00Z,1.1,1.3,1.0,1.2,5\n" + JULY + AUGUST));

      assertThat(tables()).containsExactly("bars_2024", "m1_eurusd", "m1_eurusd_2023_12");
      assertThat(stored("bars_2024"))
          .containsExactly(
              "2024-07-31T23:59:00Z 1.1 1.3 1.0 1.2 5.0",
              "2024-08-01T00:00:00Z 1.2 1.4 1.1 1.3 6.0");
    }

    @Test
    void aDefaultPartitionIsRefused() {
      table("create unique index on {0} (\"time\")", "create table {1} partition of {0} default");

      assertThat(onlyFailure(importCsv("eurusd.csv", HEADER + JULY)))
          .hasMessageContaining(schema.name() + ".m1_eurusd")
          .hasMessageContaining("default partition");
    }

    @Test
    void aTableThatCouldHoldATimeTwiceIsRefused() {
      table();

      assertThat(onlyFailure(importCsv("eurusd.csv", HEADER + JULY)))
          .hasMessageContaining("has no unique index on time");
    }
  }

  @Nested
  class Again {

    @Test
    void importingTheSameFileAgainChangesNothing() {
      importCsv("eurusd.csv", HEADER + JULY + AUGUST);
      String before = rowVersions("m1_eurusd");

      LoadedFile again = onlyLoaded(importCsv("eurusd.csv", HEADER + JULY + AUGUST));
      LoadedFile replacing =
          onlyLoaded(csv().replace(true).file(folder.resolve("eurusd.csv")).run());

      assertThat(List.of(again.inserted(), again.replaced(), again.unchanged()))
          .containsExactly(0, 0, 2);
      assertThat(List.of(replacing.inserted(), replacing.replaced(), replacing.unchanged()))
          .containsExactly(0, 0, 2);
      assertThat(rowVersions("m1_eurusd")).isEqualTo(before);
    }

    @Test
    void overlappingFilesAddOnlyTheirNewBars() {
      importCsv("eurusd.csv", HEADER + AUGUST);

      LoadedFile loaded = onlyLoaded(importCsv("eurusd.csv", HEADER + JULY + AUGUST));

      assertThat(List.of(loaded.inserted(), loaded.replaced(), loaded.unchanged()))
          .containsExactly(1, 0, 1);
      assertThat(stored("m1_eurusd")).hasSize(2);
    }

    @Test
    void aBarThatDiffersFromTheStoredOneFailsTheWholeFile() {
      importCsv("eurusd.csv", HEADER + AUGUST);
      String before = rowVersions("m1_eurusd");

      BqxException failure =
          onlyFailure(importCsv("eurusd.csv", HEADER + JULY + AUGUST.replace(",1.3,6", ",1.35,6")));

      assertThat(failure)
          .isInstanceOf(BarConflictException.class)
          .hasMessageContaining("bars of eurusd from " + folder.resolve("eurusd.csv"))
          .hasMessageContaining(schema.name() + ".m1_eurusd: 1 bar differs")
          .hasMessageContaining("2024-08-01T00:00:00Z")
          .hasMessageContaining("stored: open 1.2, high 1.4, low 1.1, close 1.3, volume 6.0")
          .hasMessageContaining("file:   open 1.2, high 1.4, low 1.1, close 1.35, volume 6.0")
          .hasMessageContaining("replace");
      BarConflictException conflict = (BarConflictException) failure;
      assertThat(conflict.pair()).isEqualTo(CurrencyPair.of("eurusd"));
      assertThat(conflict.conflictCount()).isOne();
      assertThat(conflict.conflicts()).hasSize(1);
      assertThat(tables()).containsExactly("m1_eurusd", "m1_eurusd_2024_08");
      assertThat(rowVersions("m1_eurusd")).isEqualTo(before);
    }

    @Test
    void everyValueOfABarCounts() {
      importCsv("eurusd.csv", HEADER + AUGUST);
      for (String changed :
          List.of(
              "1.21,1.4,1.1,1.3,6",
              "1.2,1.41,1.1,1.3,6",
              "1.2,1.4,1.11,1.3,6",
              "1.2,1.4,1.1,1.31,6",
              "1.2,1.4,1.1,1.3,7")) {
        assertThat(
                onlyFailure(
                    importCsv("eurusd.csv", HEADER + "2024-08-01T00:00:00Z," + changed + "\n")))
            .isInstanceOf(BarConflictException.class);
      }
    }

    @Test
    void manyConflictsAreCountedAndTheFirstAreShown() {
      String bars =
          IntStream.range(0, 30)
              .mapToObj(
                  i -> Instant.parse("2024-07-01T00:00:00Z").plusSeconds(60L * i) + ",1,2,1,1,5\n")
              .collect(Collectors.joining("", HEADER, ""));
      importCsv("eurusd.csv", bars);

      BqxException failure = onlyFailure(importCsv("eurusd.csv", bars.replace(",5\n", ",6\n")));

      assertThat(((BarConflictException) failure).conflictCount()).isEqualTo(30);
      assertThat(((BarConflictException) failure).conflicts())
          .extracting(BarConflictException.Conflict::time)
          .hasSize(5)
          .startsWith(Instant.parse("2024-07-01T00:00:00Z"));
      assertThat(failure)
          .hasMessageContaining("30 bars differ")
          .hasMessageContaining("and 25 more");
    }

    @Test
    void replaceOverwritesOnlyTheBarsThatDiffer() {
      importCsv("eurusd.csv", HEADER + JULY + AUGUST);

      LoadedFile loaded =
          onlyLoaded(
              csv()
                  .replace(true)
                  .file(
                      write(
                          folder,
                          "eurusd.csv",
                          HEADER
                              + JULY
                              + AUGUST.replace(",6", ",7")
                              + "2024-08-01T00:01:00Z,1,2,1,1,5\n"))
                  .run());

      assertThat(List.of(loaded.inserted(), loaded.replaced(), loaded.unchanged()))
          .containsExactly(1, 1, 1);
      assertThat(stored("m1_eurusd"))
          .containsExactly(
              "2024-07-31T23:59:00Z 1.1 1.3 1.0 1.2 5.0",
              "2024-08-01T00:00:00Z 1.2 1.4 1.1 1.3 7.0",
              "2024-08-01T00:01:00Z 1.0 2.0 1.0 1.0 5.0");
    }

    @Test
    void aStoredBarWithoutVolumeDiffersFromOneWith() {
      importCsv("eurusd.csv", HEADER + AUGUST);
      sql.execute("update {0} set volume = null", DSL.name(schema.name(), "m1_eurusd"));

      assertThat(onlyFailure(importCsv("eurusd.csv", HEADER + AUGUST)))
          .hasMessageContaining("volume null");
    }
  }

  @Nested
  class Failing {

    @Test
    void nothingOfARefusedFileIsLoaded() {
      BqxException failure = onlyFailure(csv().file(resource("negative/audcad.csv.gz")).run());

      assertThat(failure).isInstanceOf(BarFileException.class).hasMessageContaining("89 problems");
      assertThat(tables()).isEmpty();
    }

    @Test
    void aFileThatFailsLeavesTheOthersAlone() throws IOException {
      write(folder, "eurusd.csv", HEADER + JULY);
      write(folder, "gbpusd.csv", HEADER + "nonsense\n");
      write(folder, "README.md", "about");
      write(folder, "usdjpy.csv", BarFiles.gzip(HEADER + JULY));
      write(folder, "usdtry.csv", HEADER + JULY);
      Files.createDirectory(folder.resolve("older.csv"));

      ImportReport report = csv().folder(folder).run();

      assertThat(report.loaded())
          .extracting(LoadedFile::pair)
          .containsExactly(CurrencyPair.of("eurusd"), CurrencyPair.of("usdjpy"));
      assertThat(report.failed())
          .extracting(FailedFile::file)
          .containsExactly(folder.resolve("gbpusd.csv"), folder.resolve("usdtry.csv"));
      assertThat(report.skipped())
          .containsExactly(
              new SkippedFile(
                  folder.resolve("README.md"), "its name does not end in .csv or .csv.gz"),
              new SkippedFile(folder.resolve("older.csv"), "is a folder"));
      assertThat(report.exitCode()).isOne();
      assertThat(List.of(report.read(), report.inserted(), report.replaced(), report.unchanged()))
          .containsExactly(2L, 2L, 0L, 0L);
    }

    @Test
    void aFolderWithoutBarFilesOrWithoutExistenceIsAnError() {
      write(folder, "README.md", "about");

      assertThatThrownBy(() -> csv().folder(folder).run())
          .isInstanceOf(BqxException.class)
          .hasMessageContaining(folder.toString())
          .hasMessageContaining("none of its 1 entries");
      assertThatThrownBy(() -> csv().folder(folder.resolve("missing")).run())
          .isInstanceOf(BqxException.class)
          .hasMessageContaining("cannot be listed");
    }

    @Test
    void aTableOfAnotherShapeIsNotTouched() {
      schema.create();
      sql.execute("create table {0} (\"time\" timestamp)", DSL.name(schema.name(), "m1_eurusd"));
      sql.execute(
          "create table {0} (\"time\" timestamptz, \"open\" real) partition by range (\"time\")",
          DSL.name(schema.name(), "m1_gbpusd"));
      write(folder, "eurusd.csv", HEADER + JULY);
      write(folder, "gbpusd.csv", HEADER + JULY);

      ImportReport report = csv().folder(folder).run();

      assertThat(report.failed().get(0).cause())
          .hasMessageContaining(schema.name() + ".m1_eurusd")
          .hasMessageContaining("a plain table, not a table partitioned by month");
      assertThat(report.failed().get(1).cause())
          .hasMessageContaining(
              "its column time is timestamp with time zone instead of timestamp without time zone");
    }

    @Test
    void theServersErrorIsReportedWithItsState() {
      importCsv("eurusd.csv", HEADER + AUGUST);
      sql.execute("create table {0} (x int)", DSL.name(schema.name(), "m1_eurusd_2024_07"));

      BqxException failure = onlyFailure(importCsv("eurusd.csv", HEADER + JULY));

      assertThat(failure)
          .isInstanceOfSatisfying(
              BarLoadException.class, e -> assertThat(e.sqlState()).contains("42P07"))
          .hasMessageContaining("SQLSTATE 42P07")
          .hasMessageContaining(folder.resolve("eurusd.csv").toString())
          .hasMessageContaining(schema.name() + ".m1_eurusd");
      assertThat(stored("m1_eurusd")).hasSize(1);
    }

    @Test
    void aLockThatIsNotReleasedEndsTheWait() throws SQLException {
      importCsv("eurusd.csv", HEADER + AUGUST);
      try (Connection other = TestDatabase.dataSource().getConnection();
          Statement statement = other.createStatement()) {
        other.setAutoCommit(false);
        statement.execute(
            "lock table " + DSL.name(schema.name(), "m1_eurusd") + " in access exclusive mode");

        BqxException failure =
            onlyFailure(
                csv()
                    .lockTimeout(Duration.ofMillis(50))
                    .file(write(folder, "eurusd.csv", HEADER + AUGUST))
                    .run());

        assertThat(((BarLoadException) failure).sqlState()).contains("55P03");
        other.rollback();
      }
    }

    @Test
    void aNewMonthIsNotHeldUpByAReader() throws SQLException {
      importCsv("eurusd.csv", HEADER + AUGUST);
      try (Connection reader = TestDatabase.dataSource().getConnection();
          Statement statement = reader.createStatement()) {
        reader.setAutoCommit(false);
        statement.executeQuery("select * from " + DSL.name(schema.name(), "m1_eurusd")).close();

        onlyLoaded(
            csv()
                .lockTimeout(Duration.ofSeconds(10))
                .file(write(folder, "eurusd.csv", HEADER + JULY + AUGUST))
                .run());
        reader.rollback();
      }
    }

    @Test
    void aBackendThatDiesLeavesNothingBehindAndTheNextImportWorks() {
      importCsv("eurusd.csv", HEADER + AUGUST);
      sql.execute(
          "create function {0}() returns trigger language plpgsql as"
              + " 'begin perform pg_terminate_backend(pg_backend_pid()); return new; end'",
          DSL.name(schema.name(), "die"));
      sql.execute(
          "create trigger die before insert on {0} for each row execute function {1}()",
          DSL.name(schema.name(), "m1_eurusd"), DSL.name(schema.name(), "die"));

      BqxException failure = onlyFailure(importCsv("eurusd.csv", HEADER + JULY + AUGUST));

      assertThat(failure)
          .isInstanceOfSatisfying(
              BarLoadException.class, e -> assertThat(e.sqlState()).contains("57P01"));
      assertThat(tables()).containsExactly("m1_eurusd", "m1_eurusd_2024_08");
      sql.execute("drop trigger die on {0}", DSL.name(schema.name(), "m1_eurusd"));
      assertThat(onlyLoaded(importCsv("eurusd.csv", HEADER + JULY + AUGUST)).inserted()).isOne();
    }

    @Test
    void aConnectionIsGivenBackAsItWasTaken() throws SQLException {
      try (Connection only = TestDatabase.dataSource().getConnection()) {
        DataSource pool = sharing(only);
        write(folder, "eurusd.csv", HEADER + JULY);
        write(folder, "gbpusd.csv", HEADER + JULY);
        sql.createSchema(DSL.name(schema.name())).execute();
        sql.execute("create table {0} (x int)", DSL.name(schema.name(), "m1_eurusd"));

        ImportReport report =
            BarImport.into(pool).schema(schema.name()).format(BarFormat.CSV).folder(folder).run();

        assertThat(report.loaded()).hasSize(1);
        assertThat(only.getAutoCommit()).isTrue();
        assertThat(DSL.using(only, SQLDialect.POSTGRES).fetchValue("show lock_timeout"))
            .isEqualTo("0");
      }
    }
  }

  @Nested
  class AtOnce {

    @Test
    void importsOfTheSameBarsShareTheWork() throws Exception {
      List<ImportReport> reports = new ArrayList<>();
      Path file = resource(BarFiles.CSV);
      inParallel(6, i -> () -> csv().file(file).run(), reports);

      assertThat(reports).allSatisfy(report -> assertThat(report.failed()).isEmpty());
      assertThat(reports.stream().mapToLong(ImportReport::inserted).sum()).isEqualTo(2000);
      assertThat(stored("m1_eurusd")).hasSize(2000);
    }

    @Test
    void importsOfNewBarsOfTheSameMonthsDoNotCollide() throws Exception {
      List<ImportReport> reports = new ArrayList<>();
      inParallel(
          6,
          i ->
              () ->
                  csv()
                      .pair(CurrencyPair.of("eurusd"))
                      .file(
                          write(
                              folder,
                              i + ".csv",
                              HEADER
                                  + JULY.replace("23:59:00", "23:5" + i + ":00")
                                  + AUGUST.replace("00:00:00", "00:0" + i + ":00")))
                      .run(),
          reports);

      assertThat(reports).allSatisfy(report -> assertThat(report.failed()).isEmpty());
      assertThat(stored("m1_eurusd")).hasSize(12);
    }

    private <T> void inParallel(int threads, IntFunction<Callable<T>> work, List<T> results)
        throws Exception {
      ExecutorService executor = Executors.newFixedThreadPool(threads);
      try {
        CyclicBarrier start = new CyclicBarrier(threads);
        List<Future<T>> futures = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
          Callable<T> one = work.apply(i);
          futures.add(
              executor.submit(
                  () -> {
                    start.await();
                    return one.call();
                  }));
        }
        for (Future<T> future : futures) {
          results.add(future.get());
        }
      } finally {
        executor.shutdownNow();
      }
    }
  }

  @Nested
  class Settings {

    private final BarImport fresh = BarImport.into(TestDatabase.dataSource());

    @Test
    void everySettingIsGivenOnce() {
      assertTwice("schema", () -> fresh.schema("a").schema("b"));
      assertTwice("universe", () -> fresh.universe(Universe.g8()).universe(Universe.g8()));
      assertTwice("format", () -> fresh.format(BarFormat.CSV).format(BarFormat.MT5));
      assertTwice("zone", () -> fresh.zone(EET).zone(EET));
      assertTwice("replace", () -> fresh.replace(false).replace(true));
      assertTwice(
          "lockTimeout",
          () -> fresh.lockTimeout(Duration.ofSeconds(1)).lockTimeout(Duration.ofSeconds(1)));
      assertTwice("clock", () -> fresh.clock(Clock.systemUTC()).clock(Clock.systemUTC()));
      assertTwice("file", () -> fresh.file(folder).file(folder));
      assertTwice(
          "pair", () -> fresh.pair(CurrencyPair.of("eurusd")).pair(CurrencyPair.of("eurusd")));
      assertTwice(
          "folder", () -> BarImport.into(TestDatabase.dataSource()).folder(folder).folder(folder));
    }

    private void assertTwice(String setting, Runnable twice) {
      assertThatThrownBy(twice::run)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith(setting + " was already set to ");
    }

    @Test
    void aFileAndAFolderExcludeEachOtherAsDoAFolderAndAPair() {
      assertThatThrownBy(() -> fresh.file(folder).folder(folder))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("folder cannot be set: file was already set");
      assertThatThrownBy(
              () ->
                  BarImport.into(TestDatabase.dataSource())
                      .folder(folder)
                      .pair(CurrencyPair.of("eurusd")))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("pair cannot be set: folder was already set");
    }

    @Test
    void aZoneThatContradictsTheFormatFailsAtTheSecondOfTheTwo() {
      assertThatThrownBy(() -> fresh.zone(EET).format(BarFormat.HISTDATA))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("zone is EET");
      assertThatThrownBy(
              () -> BarImport.into(TestDatabase.dataSource()).format(BarFormat.HISTDATA).zone(EET))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("zone is EET");
    }

    @Test
    void whatIsMissingFailsBeforeAnythingIsRead() {
      assertThatThrownBy(() -> BarImport.into(TestDatabase.dataSource()).file(folder).run())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("format is not set");
      assertThatThrownBy(
              () -> BarImport.into(TestDatabase.dataSource()).format(BarFormat.CSV).run())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("set a file or a folder");
      assertThatThrownBy(
              () ->
                  BarImport.into(TestDatabase.dataSource())
                      .format(BarFormat.MT5)
                      .file(folder)
                      .run())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("zone is not set");
    }

    @Test
    void namesThatTheServerWouldCutAndEmptyOnesAreRefused() {
      for (String bad : List.of("", " ", "x".repeat(64), "\u00e9".repeat(32), "a\0b")) {
        assertThatThrownBy(() -> BarImport.into(TestDatabase.dataSource()).schema(bad))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("The name of the schema");
      }
      assertThatThrownBy(() -> fresh.lockTimeout(Duration.ZERO))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("lockTimeout is PT0S");
    }
  }
}
