package io.bqx.core.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.FeatureView;
import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.export.ExportOutcome.State;
import io.bqx.core.run.SmallMarket;
import io.bqx.core.testing.TestDatabase;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.jooq.Record;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParquetExportTest {

  private static final YearMonth JULY = YearMonth.of(2024, 7);
  private static final YearMonth AUGUST = YearMonth.of(2024, 8);
  private static final String EURUSD_AUGUST = "pair=eurusd/month=2024-08/part-0.parquet";

  /** A market with all features, which no test changes. */
  private static SmallMarket market;

  private static String run;

  @TempDir private Path folder;

  @BeforeAll
  static void makeTheMarket() {
    market = SmallMarket.create("export");
    run = market.job().run().run();
  }

  @AfterAll
  static void dropTheMarket() {
    market.close();
  }

  private ParquetExport export() {
    return export(market);
  }

  private ParquetExport export(SmallMarket from) {
    return ParquetExport.on(TestDatabase.pool())
        .schema(from.schema())
        .universe(SmallMarket.UNIVERSE)
        .windows(SmallMarket.WINDOWS)
        .workers(2)
        .to(ExportDestination.directory(folder));
  }

  /** A market of two months with all features, for a test that changes it. */
  private static SmallMarket changing(String name) {
    SmallMarket own = SmallMarket.create(name);
    own.job(JULY, AUGUST).run();
    return own;
  }

  private Path file(String name) {
    return folder.resolve(name);
  }

  private Map<String, FileTime> times() throws IOException {
    Map<String, FileTime> times = new HashMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        times.put(folder.relativize(file).toString(), Files.getLastModifiedTime(file));
      }
    }
    return times;
  }

  @Test
  void anotherReaderFindsTheColumnsRowsMissingValuesAndValuesOfTheDatabase() throws SQLException {
    ExportReport report = export().run();

    assertThat(report.exitCode()).isZero();
    assertThat(report.counts()).isEqualTo(Map.of(State.WRITTEN, 9L));
    Random random = new Random(7);
    try (DuckDb duckDb = DuckDb.open()) {
      for (int partition = 0; partition < 4; partition++) {
        CurrencyPair pair = SmallMarket.UNIVERSE.pairs().get(random.nextInt(3));
        YearMonth month = JULY.plusMonths(random.nextInt(3));
        assertThat(rowsOfFile(duckDb, pair, month))
            .isEqualTo(sql(market, market.table(TableFamily.REG_BQX, pair.name()).table(), month));
      }
    }
  }

  @Test
  void theSharedLayoutGivesTheSameFiles() throws SQLException {
    ExportedFile wide = export().run().manifest().file(pair("eurusd"), AUGUST).orElseThrow();
    try (SmallMarket shared = SmallMarket.create("export_shared");
        DuckDb duckDb = DuckDb.open()) {
      shared.job(JULY, AUGUST).layout(Layout.SHARED).run();

      ExportReport report = export(shared).run();

      assertThat(report.exitCode()).as(report.failures().toString()).isZero();
      ExportedFile file = report.manifest().file(pair("eurusd"), AUGUST).orElseThrow();
      assertThat(file.crc32c()).isEqualTo(wide.crc32c());
      FeatureView view = FeatureView.of(shared.schema(), pair("eurusd"));
      assertThat(rowsOfFile(duckDb, pair("eurusd"), AUGUST))
          .isEqualTo(sql(shared, view.view(), AUGUST));
      assertThat(export(shared).run().counts()).isEqualTo(Map.of(State.UP_TO_DATE, 6L));
      ExportVerification verification = export(shared).verify();
      assertThat(verification.failures()).isEmpty();
      assertThat(verification.files()).isEqualTo(6);
    }
  }

  private List<List<Object>> rowsOfFile(DuckDb duckDb, CurrencyPair pair, YearMonth month)
      throws SQLException {
    return duckDb.rows(
        "SELECT * FROM "
            + DuckDb.file(file(ExportedFile.nameOf(pair, month)))
            + " ORDER BY ts_utc");
  }

  private static List<List<Object>> sql(SmallMarket market, Table<?> table, YearMonth month) {
    List<List<Object>> rows = new ArrayList<>();
    for (Record row :
        market
            .sql()
            .fetch(
                "SELECT * FROM {0} WHERE ts_utc >= {1} AND ts_utc < {2} ORDER BY ts_utc",
                table,
                DSL.val(month.atDay(1).atStartOfDay()),
                DSL.val(month.plusMonths(1).atDay(1).atStartOfDay()))) {
      List<Object> values = new ArrayList<>(row.intoList());
      values.set(0, row.get(0, Timestamp.class).toLocalDateTime().atOffset(ZoneOffset.UTC));
      rows.add(values);
    }
    assertThat(rows).isNotEmpty();
    return rows;
  }

  @Test
  void theTypesAreExactAndThePagesCompressedAndSplitIntoStreams() throws SQLException {
    export().run();

    try (DuckDb duckDb = DuckDb.open()) {
      String file = "('" + file(EURUSD_AUGUST) + "')";
      List<List<Object>> schema =
          duckDb.rows(
              "SELECT name, type, repetition_type, logical_type, converted_type FROM parquet_schema"
                  + file
                  + " WHERE num_children IS NULL");
      List<String> stored =
          market
              .sql()
              .fetch(
                  "SELECT attname || ' ' || format_type(atttypid, -1) FROM pg_attribute"
                      + " WHERE attrelid = {0}::regclass AND attnum > 0 ORDER BY attnum",
                  DSL.val(market.table(TableFamily.REG_BQX, "eurusd").toString()))
              .getValues(0, String.class);
      assertThat(schema).hasSameSizeAs(stored);
      for (int column = 0; column < stored.size(); column++) {
        String logical = String.valueOf(schema.get(column).get(3));
        String found =
            schema.get(column).get(0)
                + switch (String.valueOf(schema.get(column).get(1))) {
                  case "INT64" -> " timestamp without time zone";
                  case "DOUBLE" -> " double precision";
                  case "BOOLEAN" -> " boolean";
                  case "INT32" -> " smallint";
                  default -> " " + schema.get(column).get(1);
                };
        assertThat(found).isEqualTo(stored.get(column));
        assertThat(schema.get(column).get(2)).isEqualTo(column == 0 ? "REQUIRED" : "OPTIONAL");
        if (column == 0) {
          assertThat(logical).contains("isAdjustedToUTC=1", "MICROS");
        }
        if (stored.get(column).endsWith("smallint")) {
          assertThat(logical).startsWith("IntType").contains("isSigned=1");
          assertThat(schema.get(column).get(4)).isEqualTo("INT_16");
        }
      }
      assertThat(
              duckDb.texts(
                  "SELECT DISTINCT type || ' ' || compression || ' ' || encodings FROM parquet_metadata"
                      + file
                      + " WHERE type = 'DOUBLE'"))
          .allMatch(text -> text.startsWith("DOUBLE ZSTD") && text.contains("BYTE_STREAM_SPLIT"));
      assertThat(
              duckDb.rows(
                  "SELECT stats_min_value, stats_max_value, stats_null_count FROM parquet_metadata"
                      + file
                      + " WHERE path_in_schema = 'usd_basket_index'"))
          .isEqualTo(
              duckDb.rows(
                  "SELECT CAST(min(usd_basket_index) AS VARCHAR), CAST(max(usd_basket_index) AS VARCHAR),"
                      + " count(*) - count(usd_basket_index) FROM "
                      + DuckDb.file(file(EURUSD_AUGUST))));
    }
  }

  @Test
  void everyFileSaysWhatItIsAndWhereItComesFrom() throws SQLException {
    ExportedFile exported = export().run().manifest().file(pair("eurusd"), AUGUST).orElseThrow();

    try (DuckDb duckDb = DuckDb.open()) {
      Map<String, String> says = new HashMap<>();
      for (List<Object> entry :
          duckDb.rows(
              "SELECT decode(key), decode(value) FROM parquet_kv_metadata('"
                  + file(EURUSD_AUGUST)
                  + "')")) {
        says.put(String.valueOf(entry.get(0)), String.valueOf(entry.get(1)));
      }
      assertThat(says)
          .containsEntry("bqx.schema-version", "1")
          .containsEntry("bqx.pair", "eurusd")
          .containsEntry("bqx.month", "2024-08")
          .containsEntry("bqx.rows", Long.toString(exported.rows()))
          .containsEntry("bqx.crc32c", ExportedFile.hex(exported.crc32c()))
          .containsEntry("bqx.first", exported.first().orElseThrow().toString())
          .containsEntry("bqx.runs", run);
      assertThat(says.get("bqx.columns"))
          .contains(
              "{\"name\":\"ts_utc\",\"type\":\"timestamp\",\"unit\":\"microseconds UTC\",\"stage\":\"source\"}",
              "\"name\":\"usd_bloc_strength\",\"type\":\"double\",\"unit\":\"fraction\",\"stage\":\"2.16B\"");
      assertThat(says.get("bqx.stages")).contains("\"stage\":\"2.3\"", run, "content_crc32c");
      assertThat(says.get("bqx.source")).matches("2\\.12@1=[0-9a-f]{8} 2\\.14@1=.* 2\\.16B@1=.*");
    }
  }

  @Test
  void whatIsThereAlreadyIsNotWrittenAgainAndWhatHasChangedIs() throws IOException {
    try (SmallMarket own = changing("export_changed")) {
      export(own).run();
      Map<String, FileTime> before = times();

      ExportReport again = export(own).run();

      assertThat(again.counts()).isEqualTo(Map.of(State.UP_TO_DATE, 6L));
      assertThat(times()).isEqualTo(before);

      Files.delete(file("pair=eurusd/month=2024-07/part-0.parquet"));
      own.job(AUGUST, AUGUST).stages("2.4").cost(0.5).run();
      assertThat(export(own).run().counts())
          .isEqualTo(Map.of(State.WRITTEN, 4L, State.UP_TO_DATE, 2L));
      assertThat(export(own).verify().exitCode()).isZero();
    }
  }

  @Test
  void theSamePartitionGivesTheSameBytes() throws IOException {
    export().run();
    byte[] first = Files.readAllBytes(file(EURUSD_AUGUST));

    ExportReport report = export().redo().run();

    assertThat(report.counts()).isEqualTo(Map.of(State.WRITTEN, 9L));
    assertThat(Files.readAllBytes(file(EURUSD_AUGUST))).isEqualTo(first);
  }

  @Test
  void monthsAndPairsAreAddedToWhatIsThere() {
    export().months(SmallMarket.FIRST, AUGUST).pairs(pair("eurusd")).run();

    ExportReport more = export().months(AUGUST, AUGUST).pairs(pair("usdjpy")).run();

    assertThat(more.outcomes()).hasSize(1);
    assertThat(more.manifest().files())
        .extracting(ExportedFile::name)
        .containsExactly(
            "pair=eurusd/month=2024-07/part-0.parquet",
            EURUSD_AUGUST,
            "pair=usdjpy/month=2024-08/part-0.parquet");
    assertThat(ExportManifest.of(ExportDestination.directory(folder))).contains(more.manifest());
  }

  @Test
  void theEncodingCanBeOneThatEveryReaderKnows() throws SQLException {
    export().run();

    ExportReport plain = export().encoding(DoubleEncoding.PLAIN).run();

    assertThat(plain.counts()).isEqualTo(Map.of(State.WRITTEN, 9L));
    try (DuckDb duckDb = DuckDb.open()) {
      assertThat(
              duckDb.texts(
                  "SELECT DISTINCT encodings FROM parquet_metadata('" + file(EURUSD_AUGUST) + "')"))
          .noneMatch(encodings -> encodings.contains("BYTE_STREAM_SPLIT"));
    }
  }

  @Test
  void featuresThatTheLedgerDoesNotKnowAreReadToTellWhetherTheyHaveChanged() {
    try (SmallMarket own = changing("export_elsewhere")) {
      own.sql().deleteFrom(ledgerEntries(own)).where("stage IN ('2.12', '2.14')").execute();
      export(own).run();

      assertThat(export(own).run().counts()).isEqualTo(Map.of(State.UP_TO_DATE, 6L));

      set(own, "w6_r2 = 0.5", "2024-08-01 00:20");
      assertThat(export(own).verify().failures())
          .singleElement()
          .satisfies(
              failure -> assertThat(failure.message().orElseThrow()).startsWith(EURUSD_AUGUST));
      assertThat(export(own).run().counts())
          .isEqualTo(Map.of(State.WRITTEN, 1L, State.UP_TO_DATE, 5L));

      own.sql().deleteFrom(ledgerEntries(own)).execute();
      set(own, "w6_rmse = 'NaN'", "2024-08-01 00:30");
      assertThat(export(own).months(AUGUST, AUGUST).run().failures())
          .singleElement()
          .satisfies(
              failure ->
                  assertThat(failure.message().orElseThrow())
                      .contains("NaN is stored in the column w6_rmse at 2024-08-01T00:30:00Z"));
    }
  }

  private static Table<?> ledgerEntries(SmallMarket market) {
    return DSL.table(DSL.name(market.schema(), "ledger_partitions"));
  }

  /** Changes one row of eurusd, which has a bar at that time. */
  private static void set(SmallMarket market, String assignment, String time) {
    assertThat(
            market
                .sql()
                .execute(
                    "UPDATE {0} SET " + assignment + " WHERE ts_utc = {1}::timestamp",
                    market.table(TableFamily.REG_BQX, "eurusd").table(),
                    DSL.val(time)))
        .isEqualTo(1);
  }

  @Test
  void valuesThatWereChangedBehindTheLedgerAreNotExported() {
    try (SmallMarket own = changing("export_by_hand")) {
      set(own, "usd_basket_index = 7", "2024-08-01 00:30");

      ExportReport report = export(own).run();

      assertThat(report.exitCode()).isEqualTo(1);
      assertThat(report.failures())
          .singleElement()
          .satisfies(
              failure ->
                  assertThat(failure.message().orElseThrow())
                      .contains("stage 2.3", "was changed by hand", "--redo"));
      assertThat(file(EURUSD_AUGUST)).doesNotExist();
      assertThat(report.manifest().files()).hasSize(5);
    }
  }

  @Test
  void columnsThatWereNeverComputedAreNotExported() {
    try (SmallMarket own = SmallMarket.create("export_unfinished")) {
      own.job(JULY, JULY).stages("1.5", "2.11", "2.12", "2.14").run();

      assertThat(export(own).run().failures())
          .hasSize(3)
          .allSatisfy(
              failure ->
                  assertThat(failure.message().orElseThrow())
                      .contains("of stage 2.3; run that stage first"));

      ExportReport report = export(own).months(JULY, AUGUST).run();
      assertThat(report.counts()).isEqualTo(Map.of(State.FAILED, 6L));
      assertThat(report.failures().get(5).message().orElseThrow())
          .contains("There are bars but no features of this month");
    }
  }

  @Test
  void aMonthWithoutBarsNeedsNoFile() {
    ExportReport report = export().months(SmallMarket.LAST, SmallMarket.LAST.plusMonths(1)).run();
    assertThat(report.exitCode()).isZero();
    assertThat(report.counts()).isEqualTo(Map.of(State.WRITTEN, 3L, State.NO_BARS, 3L));
  }

  @Test
  void aSchemaWithoutFeaturesIsRefused() {
    ParquetExport elsewhere =
        ParquetExport.on(TestDatabase.pool())
            .schema("no_such_schema")
            .to(ExportDestination.directory(folder));
    assertThatThrownBy(elsewhere::run)
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("There are no features to export in the schema no_such_schema");
    assertThatThrownBy(() -> export().months(YearMonth.of(2020, 1), YearMonth.of(2020, 2)).run())
        .hasMessageContaining("from 2020-01 to 2020-02; compute them with 'bqx run'");
  }

  @Test
  void whatAKilledExportLeftIsRemovedAndItsWorkDone() throws IOException {
    Path spool = Files.createDirectories(folder.resolve(".bqx"));
    String host = SpoolFolder.owner().split("@")[1];
    Path dead = Files.writeString(spool.resolve("4194304@" + host + "@1@x.tmp"), "half a file");
    Path elsewhere = Files.writeString(spool.resolve("1@another-host@1@y.tmp"), "in work");
    Files.writeString(spool.resolve("update.lock"), "4194304@" + host + "@1");

    assertThat(export().run().exitCode()).isZero();

    assertThat(dead).doesNotExist();
    assertThat(elsewhere).exists();
    assertThat(export().verify().exitCode()).isZero();
  }

  @Test
  void anInterruptedExportFinishesWhatItHasInHandAndGoesOnLater() {
    Thread self = Thread.currentThread();
    ExportReport cancelled =
        export()
            .listener(
                new ExportListener() {
                  @Override
                  public void finished(ExportOutcome outcome, int finished, int total) {
                    if (finished == 3) {
                      self.interrupt();
                    }
                  }
                })
            .run();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(cancelled.counts().get(State.WRITTEN)).isGreaterThanOrEqualTo(3);
    assertThat(cancelled.manifest().files())
        .hasSize(Math.toIntExact(cancelled.counts().get(State.WRITTEN)));
    ExportReport rest = export().run();
    assertThat(rest.exitCode()).isZero();
    assertThat(rest.manifest().files()).hasSize(9);
  }

  @Test
  void aFileThatCannotBePutIsAFailureAndTheOthersAreWritten() throws IOException {
    Files.createDirectories(file("pair=eurusd"));
    Files.writeString(file("pair=eurusd/month=2024-08"), "a file where a folder should be");

    ExportReport report = export().run();

    assertThat(report.counts()).isEqualTo(Map.of(State.WRITTEN, 8L, State.FAILED, 1L));
    assertThat(report.failures().get(0).message().orElseThrow())
        .startsWith("Cannot write " + EURUSD_AUGUST + " to " + folder);
  }

  @Test
  void aDamagedManifestIsWrittenAnew() throws IOException {
    ExportManifest before = export().run().manifest();
    Files.writeString(file(ExportManifest.NAME), "{\"format\":");

    ExportReport report = export().run();

    assertThat(report.counts()).isEqualTo(Map.of(State.UP_TO_DATE, 9L));
    assertThat(report.manifest().files()).isEqualTo(before.files());
  }

  @Test
  void aManifestOfANewerReleaseIsRefused() throws IOException {
    export().run();
    Path manifest = file(ExportManifest.NAME);
    Files.writeString(
        manifest,
        Files.readString(manifest).replaceFirst("\"version\" *: *\"1\"", "\"version\":\"2\""));

    assertThatThrownBy(() -> export().run())
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("version 2, and this release of bqx knows bqx-export, version 1");
  }

  @Test
  void rowsOfSeveralGroupsAndPagesComeBackAsTheyWere() throws IOException {
    ColumnarFormat format = new ParquetFormat(DoubleEncoding.BYTE_STREAM_SPLIT);
    List<FeatureColumn> columns =
        List.of(
            FeatureColumn.TS_UTC,
            column("d", FeatureType.DOUBLE),
            column("b", FeatureType.BOOLEAN),
            column("s", FeatureType.SMALLINT));
    int rows = 40_001;
    Path file = folder.resolve("x.parquet");
    ColumnarFormat.Written written;
    try (ColumnarFormat.Writer writer = format.create(file, columns)) {
      RowBlock block = new RowBlock(3);
      for (int row = 0; row < rows; row++) {
        block.times()[block.rows()] = row;
        for (int c = 0; c < 3; c++) {
          block.values(c)[block.rows()] = value(row, c);
        }
        block.setRows(block.rows() + 1);
        if (block.isFull() || row == rows - 1) {
          writer.write(block);
          block.clear();
        }
      }
      written = writer.finish(Map.of("k", "v"));
    }

    assertThat(written.bytes()).isEqualTo(Files.size(file));
    assertThat(written.sha256()).isEqualTo(Sha256.of(file));
    try (ColumnarFormat.Reader reader = format.open(file)) {
      assertThat(reader.metadata()).containsEntry("k", "v");
      assertThat(reader.rows()).isEqualTo(rows);
      RowBlock block = new RowBlock(3);
      int row = 0;
      for (reader.next(block); block.rows() > 0; reader.next(block)) {
        for (int at = 0; at < block.rows(); at++, row++) {
          assertThat(block.times()[at]).isEqualTo(row);
          for (int c = 0; c < 3; c++) {
            assertThat(Double.doubleToRawLongBits(block.values(c)[at]))
                .isEqualTo(Double.doubleToRawLongBits(value(row, c)));
          }
        }
      }
      assertThat(row).isEqualTo(rows);
    }
  }

  private static FeatureColumn column(String name, FeatureType type) {
    return new FeatureColumn(name, type, "x", "none", 0);
  }

  /** Every seventh is missing; doubles hold a negative zero. */
  private static double value(int row, int column) {
    if ((row + column) % 7 == 0) {
      return Double.NaN;
    }
    return switch (column) {
      case 0 -> row % 11 == 0 ? -0.0 : Math.sin(row);
      case 1 -> row % 2;
      default -> row % 3 - 1;
    };
  }

  @Test
  void theEncoderAloneCanBeMeasured() {
    EncodingTime alone = export().encodeFromMemory();
    ExportReport whole = export().run();
    assertThat(alone.rows()).isEqualTo(whole.rows());
    assertThat(alone.elapsed()).isPositive();
    assertThat(folder.resolve(".bqx")).isEmptyDirectory();
  }

  @Test
  void settingsFailWhereTheMistakeIs() {
    ParquetExport export = ParquetExport.on(TestDatabase.pool());
    assertThatThrownBy(export::run).hasMessageContaining("call to(destination)");
    assertThatThrownBy(() -> export.workers(0)).hasMessageContaining("not 0");
    assertThatThrownBy(() -> export.sampledRows(1)).hasMessageContaining("not 1");
    assertThatThrownBy(() -> export.months(AUGUST, SmallMarket.FIRST))
        .hasMessageContaining("2024-07, is before the first one, 2024-08");
    export.workers(2);
    assertThatThrownBy(() -> export.workers(3)).hasMessageContaining("already set to 2");
  }

  @Test
  void theManifestListsSizesRangesAndChecksums() throws IOException {
    export().run();
    String json = Files.readString(file(ExportManifest.NAME), StandardCharsets.UTF_8);
    ExportManifest manifest = ExportManifest.of(ExportDestination.directory(folder)).orElseThrow();
    ExportedFile file = manifest.file(pair("eurusd"), AUGUST).orElseThrow();
    assertThat(json).contains("\"file_count\" : 9", "\"rows\" : " + manifest.rows(), file.sha256());
    assertThat(file.bytes()).isEqualTo(Files.size(file(EURUSD_AUGUST)));
    assertThat(file.sha256()).isEqualTo(Sha256.of(file(EURUSD_AUGUST)));
    Optional<Instant> first =
        Optional.ofNullable(
                market
                    .sql()
                    .fetchSingle(
                        "SELECT min(ts_utc) FROM {0} WHERE ts_utc >= '2024-08-01' AND ts_utc < '2024-09-01'",
                        market.table(TableFamily.REG_BQX, "eurusd").table())
                    .get(0, LocalDateTime.class))
            .map(time -> time.toInstant(ZoneOffset.UTC));
    assertThat(file.first()).isEqualTo(first);
  }

  private static CurrencyPair pair(String name) {
    return CurrencyPair.of(name);
  }
}
