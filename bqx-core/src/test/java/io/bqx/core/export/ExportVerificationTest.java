package io.bqx.core.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.export.ExportOutcome.State;
import io.bqx.core.run.SmallMarket;
import io.bqx.core.testing.TestDatabase;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.YearMonth;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportVerificationTest {

  private static final YearMonth JULY = YearMonth.of(2024, 7);
  private static final YearMonth AUGUST = YearMonth.of(2024, 8);
  private static final String EURUSD_AUGUST = "pair=eurusd/month=2024-08/part-0.parquet";

  private static SmallMarket market;

  @TempDir private Path folder;

  @BeforeAll
  static void makeTheMarket() {
    market = SmallMarket.create("verification");
    market.job().run();
  }

  @AfterAll
  static void dropTheMarket() {
    market.close();
  }

  @BeforeEach
  void exportIt() {
    assertThat(export().run().exitCode()).isZero();
  }

  private ParquetExport export() {
    return ParquetExport.on(TestDatabase.pool())
        .schema(market.schema())
        .universe(SmallMarket.UNIVERSE)
        .windows(SmallMarket.WINDOWS)
        .workers(2)
        .to(ExportDestination.directory(folder));
  }

  private Path file() {
    return folder.resolve(EURUSD_AUGUST);
  }

  private static void assertOnlyFailure(ExportVerification verification, String... message) {
    assertThat(verification.exitCode()).isEqualTo(1);
    assertThat(verification.files()).isEqualTo(8);
    assertThat(verification.failures())
        .singleElement()
        .satisfies(
            failure ->
                assertThat(failure.message().orElseThrow())
                    .startsWith(EURUSD_AUGUST)
                    .contains(message));
  }

  @Test
  void everyValueOfEveryFileIsReadAndCompared() {
    ExportVerification verification = export().verify();

    assertThat(verification.exitCode()).isZero();
    assertThat(verification.outcomes())
        .extracting(ExportOutcome::state)
        .containsOnly(State.VERIFIED);
    assertThat(verification.files()).isEqualTo(9);
    ExportManifest manifest = ExportManifest.of(ExportDestination.directory(folder)).orElseThrow();
    assertThat(verification.rows()).isEqualTo(manifest.rows());
    assertThat(verification.values()).isGreaterThan(manifest.rows());
    assertThat(verification.sampledRows()).isEqualTo(manifest.rows());
    assertThat(export().sampledRows(2).verify().sampledRows()).isEqualTo(18);
  }

  @Test
  void aMissingFileIsNamed() throws IOException {
    Files.delete(file());
    assertOnlyFailure(export().verify(), "is missing; export again");
    assertThat(export().run().counts()).isEqualTo(Map.of(State.WRITTEN, 1L, State.UP_TO_DATE, 8L));
    assertThat(export().verify().exitCode()).isZero();
  }

  @Test
  void aTruncatedFileIsNamed() throws IOException {
    long bytes = Files.size(file());
    try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
      channel.truncate(bytes - 1);
    }
    assertOnlyFailure(
        export().verify(), "has " + (bytes - 1) + " bytes instead of " + bytes, "truncated");
    assertThat(export().run().counts()).isEqualTo(Map.of(State.WRITTEN, 1L, State.UP_TO_DATE, 8L));
  }

  @Test
  void anAlteredFileIsNamedAndMadeAgainOnDemand() throws IOException {
    byte[] content = Files.readAllBytes(file());
    content[100] ^= 1;
    Files.write(file(), content);
    assertOnlyFailure(export().verify(), "was altered", "export again with --redo");
    assertThat(export().months(AUGUST, AUGUST).redo().run().exitCode()).isZero();
    assertThat(export().verify().exitCode()).isZero();
  }

  @Test
  void aFileOfAnotherPairInItsPlaceIsNamed() throws IOException {
    Files.copy(
        folder.resolve("pair=usdjpy/month=2024-08/part-0.parquet"),
        file(),
        StandardCopyOption.REPLACE_EXISTING);
    assertOnlyFailure(export().verify(), "bytes instead of");
    assertThat(export().run().counts()).isEqualTo(Map.of(State.WRITTEN, 1L, State.UP_TO_DATE, 8L));
  }

  @Test
  void aForeignFileIsNamed() throws IOException {
    Files.writeString(folder.resolve("pair=eurusd/month=2024-08/part-1.parquet"), "foreign");
    ExportVerification verification = export().verify();
    assertThat(verification.exitCode()).isEqualTo(1);
    assertThat(verification.foreign()).containsExactly("pair=eurusd/month=2024-08/part-1.parquet");
    assertThat(verification.failures()).isEmpty();
    assertThat(export().unverified())
        .containsExactly("pair=eurusd/month=2024-08/part-1.parquet belongs to no export");
  }

  @Test
  void theDatabaseHasChangedSince() {
    try (SmallMarket changing = SmallMarket.create("verification_changing")) {
      changing.job(JULY, AUGUST).run();
      Path there = folder.resolve("changing");
      exportOf(changing, there).run();
      exportOf(changing, there).verify();
      assertThat(exportOf(changing, there).unverified()).isEmpty();

      changing.job(AUGUST, AUGUST).stages("2.4").cost(0.5).run();

      assertThat(exportOf(changing, there).unverified())
          .hasSize(3)
          .allSatisfy(reason -> assertThat(reason).contains("the database has been changed"));
      ExportVerification verification = exportOf(changing, there).verify();

      assertThat(verification.failures())
          .hasSize(3)
          .allSatisfy(
              failure ->
                  assertThat(failure.message().orElseThrow())
                      .contains("is out of date", "2.4@1=", "export again"));

      assertThat(
              changing
                  .sql()
                  .execute(
                      "UPDATE {0} SET usd_basket_index = 7 WHERE ts_utc ="
                          + " (SELECT max(ts_utc) FROM {0} WHERE ts_utc < '2024-08-01')",
                      changing.table(TableFamily.REG_BQX, "eurusd").table()))
          .isEqualTo(1);
      exportOf(changing, there).months(AUGUST, AUGUST).run();
      assertThat(exportOf(changing, there).sampledRows(1000).verify().failures())
          .singleElement()
          .satisfies(
              failure ->
                  assertThat(failure.message().orElseThrow())
                      .contains("month=2024-07", "has another row at 2024-07-01T01:1"));
    }
  }

  private static ParquetExport exportOf(SmallMarket market, Path folder) {
    return ParquetExport.on(TestDatabase.pool())
        .schema(market.schema())
        .universe(SmallMarket.UNIVERSE)
        .windows(SmallMarket.WINDOWS)
        .to(ExportDestination.directory(folder));
  }

  @Test
  void aPlaceWithoutAManifestIsRefused() {
    assertThatThrownBy(() -> exportOf(market, folder.resolve("nowhere")).verify())
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("it has no _bqx/manifest.json; export first");
    assertThat(exportOf(market, folder.resolve("nowhere")).unverified())
        .singleElement()
        .satisfies(reason -> assertThat(reason).startsWith("There is no _bqx/manifest.json"));
  }

  @Test
  void onlyWhatWasVerifiedSinceItWasWrittenCountsAsVerified() throws IOException {
    assertThat(export().unverified())
        .hasSize(9)
        .allSatisfy(reason -> assertThat(reason).contains("was not verified since"));

    export().months(AUGUST, AUGUST).verify();
    assertThat(export().unverified()).hasSize(6);
    assertThat(export().months(AUGUST, AUGUST).unverified()).isEmpty();

    export().verify();
    assertThat(export().unverified()).isEmpty();

    byte[] right = Files.readAllBytes(file());
    Files.write(file(), new byte[right.length]);
    export().months(AUGUST, AUGUST).verify();
    assertThat(export().unverified())
        .containsExactly(
            EURUSD_AUGUST + " was not verified since it was exported, or was not right");
    Files.delete(file());
    assertThat(export().unverified())
        .containsExactly(EURUSD_AUGUST + " is missing or has another size");

    export().run();
    export().verify();
    export().encoding(DoubleEncoding.PLAIN).months(AUGUST, AUGUST).run();
    assertThat(export().unverified()).hasSize(3);
  }
}
