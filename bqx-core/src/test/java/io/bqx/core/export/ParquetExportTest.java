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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ParquetExportTest {

  private static final YearMonth AUGUST = YearMonth.of(2024, 8);
  private static final String EURUSD_AUGUST = "pair=eurusd/month=2024-08/part-0.parquet";

  @TempDir private Path folder;
  private SmallMarket market;

  @BeforeEach
  void makeTheMarket() {
    market = SmallMarket.create("export");
  }

  @AfterEach
  void dropTheMarket() {
    market.close();
  }

  private ParquetExport export() {
    return export(ExportDestination.directory(folder));
  }

  private ParquetExport export(ExportDestination destination) {
    return ParquetExport.on(TestDatabase.pool())
        .schema(market.schema())
        .universe(SmallMarket.UNIVERSE)
        .windows(SmallMarket.WINDOWS)
        .workers(2)
        .to(destination);
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

  @ParameterizedTest
  @EnumSource(Layout.class)
  void anotherReaderFindsTheColumnsRowsMissingValuesAndValuesOfTheDatabase(Layout layout)
      throws SQLException {
    market.job().layout(layout).run();

    ExportReport report = export().run();

    assertThat(report.exitCode()).isZero();
    assertThat(report.counts()).isEqualTo(Map.of(State.WRITTEN, 12L));
    Random random = new Random(7);
    try (DuckDb duckDb = DuckDb.open()) {
      for (int partition = 0; partition < 4; partition++) {
        CurrencyPair pair =
            SmallMarket.UNIVERSE.pairs().get(random.nextInt(SmallMarket.UNIVERSE.pairs().size()));
        YearMonth month = SmallMarket.FIRST.plusMonths(random.nextInt(4));
        Table<?> stored =
            layout == Layout.SHARED
                ? FeatureView.of(market.schema(), pair).view()
                : market.table(TableFamily.REG_BQX, pair.name()).table();
        assertThat(
                duckDb.rows(
                    "SELECT * FROM "
                        + DuckDb.file(file(ExportedFile.nameOf(pair, month)))
                        + " ORDER BY ts_utc"))
            .isEqualTo(sql(stored, month));
      }
    }
  }

  private List<List<Object>> sql(Table<?> table, YearMonth month) {
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
      values.set(
          0,
          row.get(0, Timestamp.class).toLocalDateTime().atOffset(ZoneOffset.UTC));
      rows.add(values);
    }
    assertThat(rows).isNotEmpty();
    return rows;
  }

  @Test
  void theTypesAreExactAndThePagesCompressedAndSplitIntoStreams() throws SQLException {
    market.job().run();
    export().run();

    try (DuckDb duckDb = DuckDb.open()) {
      String file = "('" + file(EURUSD_AUGUST) + "')";
      List<List<Object>> schema =
          duckDb.rows(
              "SELECT name, type, repetition_type, logical_type FROM parquet_schema"
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
          assertThat(logical).contains("bitWidth=16", "isSigned=1");
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
    String run = market.job().run().run();
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
    market.job().run();
    export().run();
    Map<String, FileTime> before = times();

    ExportReport again = export().run();

    assertThat(again.counts()).isEqualTo(Map.of(State.UP_TO_DATE, 12L));
    assertThat(times()).isEqualTo(before);

    Files.delete(file(EURUSD_AUGUST));
    market.job(AUGUST, AUGUST).stages("2.4").cost(0.5).run();
    ExportReport changed = export().run();
    assertThat(changed.counts())
        .isEqualTo(Map.of(State.WRITTEN, 3L, State.UP_TO_DATE, 9L));
    assertThat(export().verify().exitCode()).isZero();
  }

  @Test
  void theSamePartitionGivesTheSameBytes() throws IOException {
    market.job().run();
    export().run();
    byte[] first = Files.readAllBytes(file(EURUSD_AUGUST));

    ExportReport report = export().redo().run();

    assertThat(report.counts()).isEqualTo(Map.of(State.WRITTEN, 12L));
    assertThat(Files.readAllBytes(file(EURUSD_AUGUST))).isEqualTo(first);
  }

  @Test
  void monthsAndPairsAreAddedToWhatIsThere() {
    market.job().run();
    export().months(SmallMarket.FIRST, AUGUST).pairs(pair("eurusd")).run();

    ExportReport more = export().months(AUGUST, AUGUST).pairs(pair("usdjpy")).run();

    assertThat(more.outcomes()).hasSize(1);
    assertThat(more.manifest().files())
        .extracting(ExportedFile::name)
        .containsExactly(
            "pair=eurusd/month=2024-07/part-0.parquet",
            EURUSD_AUGUST,
            "pair=usdjpy/month=2024-08/part-0.parquet");
    assertThat(ExportManifest.of(ExportDestination.directory(folder)))
        .contains(more.manifest());
  }

  @Test
  void theEncodingCanBeOneThatEveryReaderKnows() throws SQLException {
    market.job().run();
    export().run();

    ExportReport plain = export().encoding(DoubleEncoding.PLAIN).run();

    assertThat(plain.counts()).isEqualTo(Map.of(State.WRITTEN, 12L));
    try (DuckDb duckDb = DuckDb.open()) {
      assertThat(
              duckDb.texts(
                  "SELECT DISTINCT encodings FROM parquet_metadata('"
                      + file(EURUSD_AUGUST)
                      + "')"))
          .noneMatch(encodings -> encodings.contains("BYTE_STREAM_SPLIT"));
    }
  }

  @Test
  void featuresThatTheLedgerDoesNotKnowAreReadToTellWhetherTheyHaveChanged() {
    market.job().run();
    market.sql().deleteFrom(ledgerEntries()).where("stage IN ('2.12', '2.14')").execute();
    export().run();

    assertThat(export().run().counts()).isEqualTo(Map.of(State.UP_TO_DATE, 12L));

    market
        .sql()
        .execute(
            "UPDATE {0} SET w6_r2 = 0.5 WHERE ts_utc = '2024-08-01 00:20'",
            market.table(TableFamily.REG_BQX, "eurusd").table());
    assertThat(export().verify().failures())
        .singleElement()
        .satisfies(
            failure ->
                assertThat(failure.message().orElseThrow()).startsWith(EURUSD_AUGUST));
    assertThat(export().run().counts())
        .isEqualTo(Map.of(State.WRITTEN, 1L, State.UP_TO_DATE, 11L));
  }

  private Table<?> ledgerEntries() {
    return DSL.table(DSL.name(market.schema(), "ledger_partitions"));
  }

  @Test
  void valuesThatWereChangedBehindTheLedgerAreNotExported() {
    market.job().run();
    market
        .sql()
        .execute(
            "UPDATE {0} SET usd_basket_index = 7 WHERE ts_utc = '2024-08-01 00:30'",
            market.table(TableFamily.REG_BQX, "eurusd").table());

    ExportReport report = export().run();

    assertThat(report.exitCode()).isEqualTo(1);
    assertThat(report.failures())
        .singleElement()
        .satisfies(
            failure ->
                assertThat(failure.message().orElseThrow())
                    .contains("stage 2.3", "was changed by hand", "--redo"));
    assertThat(file(EURUSD_AUGUST)).doesNotExist();
    assertThat(report.manifest().files()).hasSize(11);
  }

  @Test
  void neitherNaNNorInfinityIsExported() {
    market.job().run();
    market.sql().deleteFrom(ledgerEntries()).execute();
    market
        .sql()
        .execute(
            "UPDATE {0} SET w6_rmse = 'NaN' WHERE ts_utc = '2024-08-01 00:30'",
            market.table(TableFamily.REG_BQX, "eurusd").table());

    assertThat(export().months(AUGUST, AUGUST).run().failures())
        .singleElement()
        .satisfies(
            failure ->
                assertThat(failure.message().orElseThrow())
                    .contains("NaN is stored in the column w6_rmse at 2024-08-01T00:30:00Z"));
  }

  @Test
  void columnsThatWereNeverComputedAreNotExported() {
    market.job().stages("1.5", "2.11", "2.12", "2.14").run();

    assertThat(export().run().failures())
        .hasSize(12)
        .allSatisfy(
            failure ->
                assertThat(failure.message().orElseThrow())
                    .contains("of stage 2.3; run that stage first"));
  }

  @Test
  void aMonthWithBarsButWithoutFeaturesIsAFailure() {
    market.job(SmallMarket.FIRST, AUGUST).run();

    ExportReport report = export().months(AUGUST, AUGUST.plusMonths(1)).run();

    assertThat(report.counts()).isEqualTo(Map.of(State.WRITTEN, 3L, State.FAILED, 3L));
    assertThat(report.failures().get(0).message().orElseThrow())
        .contains("There are bars but no features of this month");
  }

  @Test
  void aMonthWithoutBarsNeedsNoFile() {
    market.job().run();
    ExportReport report = export().months(SmallMarket.LAST, SmallMarket.LAST.plusMonths(1)).run();
    assertThat(report.exitCode()).isZero();
    assertThat(report.counts()).isEqualTo(Map.of(State.WRITTEN, 3L, State.NO_BARS, 3L));
  }

  @Test
  void aSchemaWithoutFeaturesIsRefused() {
    assertThatThrownBy(() -> export().run())
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("There are no features to export in the schema " + market.schema());
  }

  @Test
  void whatAKilledExportLeftIsRemovedAndItsWorkDone() throws IOException {
    market.job().run();
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
    market.job().run();
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
    assertThat(rest.manifest().files()).hasSize(12);
  }

  @Test
  void aFileThatCannotBePutIsAFailureAndTheOthersAreWritten() throws IOException {
    market.job().run();
    Files.createDirectories(file("pair=eurusd"));
    Files.writeString(file("pair=eurusd/month=2024-08"), "a file where a folder should be");

    ExportReport report = export().run();

    assertThat(report.counts()).isEqualTo(Map.of(State.WRITTEN, 11L, State.FAILED, 1L));
    assertThat(report.failures().get(0).message().orElseThrow())
        .startsWith("Cannot write " + EURUSD_AUGUST + " to " + folder);
  }

  @Test
  void aDamagedManifestIsWrittenAnew() throws IOException {
    market.job().run();
    ExportManifest before = export().run().manifest();
    Files.writeString(file(ExportManifest.NAME), "{\"format\":");

    ExportReport report = export().run();

    assertThat(report.counts()).isEqualTo(Map.of(State.UP_TO_DATE, 12L));
    assertThat(report.manifest().files()).isEqualTo(before.files());
  }

  @Test
  void aManifestOfANewerReleaseIsRefused() throws IOException {
    market.job().run();
    export().run();
    Path manifest = file(ExportManifest.NAME);
    Files.writeString(
        manifest, Files.readString(manifest).replaceFirst("\"version\" *: *\"1\"", "\"version\":\"2\""));

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

  private static FeatureColumn column(
      String name, FeatureType type) {
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
    market.job(AUGUST.minusMonths(1), AUGUST).run();
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
    market.job().run();
    export().run();
    String json = Files.readString(file(ExportManifest.NAME), StandardCharsets.UTF_8);
    ExportManifest manifest = ExportManifest.of(ExportDestination.directory(folder)).orElseThrow();
    ExportedFile file = manifest.file(pair("eurusd"), AUGUST).orElseThrow();
    assertThat(json)
        .contains("\"file_count\" : 12", "\"rows\" : " + manifest.rows(), file.sha256());
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
