package io.bqx.core.ledger;

import static io.bqx.core.ledger.LedgerFixture.EURUSD;
import static io.bqx.core.ledger.LedgerFixture.JULY;
import static io.bqx.core.ledger.LedgerFixture.USDJPY;
import static io.bqx.core.ledger.LedgerFixture.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jooq.Record;
import org.jooq.exception.DataAccessException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LedgerEntriesTest {

  private final LedgerFixture f = new LedgerFixture();

  @AfterEach
  void dropSchema() {
    f.close();
  }

  @Test
  void aDoneStageIsReadBackAsItWasRecorded() {
    Instant started = f.ledger.databaseTime();
    Claim claim = f.claimJuly("one");
    f.recordDone(
        claim,
        entry("2.14")
            .stageVersion(3)
            .parameters("w=60,90")
            .inputCrc(0xffff_ffffL)
            .contentCrc(0x8000_0000L)
            .rows(31_680)
            .nulls(0, 59)
            .minima(-1.5, Double.MIN_VALUE)
            .maxima(Double.MAX_VALUE, 0.1 + 0.2)
            .means(1e-300, -0.0)
            .started(started)
            .build());
    Instant after = f.ledger.databaseTime();

    LedgerEntry read = f.entryOf("2.14");

    assertThat(read.key()).isEqualTo(new StageKey("2.14", EURUSD));
    assertThat(read.month()).isEqualTo(JULY);
    assertThat(read.isDone()).isTrue();
    assertThat(read.stageVersion()).isEqualTo(3);
    assertThat(read.parameters()).isEqualTo("w=60,90");
    assertThat(read.inputCrc()).isEqualTo(0xffff_ffffL);
    assertThat(read.contentCrc()).isEqualTo(0x8000_0000L);
    assertThat(read.rows()).isEqualTo(31_680);
    assertThat(read.nulls()).containsExactly(0, 59);
    assertThat(read.minima()).containsExactly(-1.5, Double.MIN_VALUE);
    assertThat(read.maxima()).containsExactly(Double.MAX_VALUE, 0.1 + 0.2);
    assertThat(read.means()).containsExactly(1e-300, -0.0);
    assertThat(read.attempts()).isEqualTo(1);
    assertThat(read.started()).contains(started);
    assertThat(read.finished().orElseThrow()).isBetween(started, after);
    assertThat(read.computedAt().orElseThrow()).isBetween(started, after);
    assertThat(read.worker()).contains("one");
    assertThat(read.run()).contains(f.run);
    assertThat(read.error()).isEmpty();
    assertThat(f.ledger.entries(JULY, JULY)).containsExactly(read);
  }

  @Test
  void columnsWithoutValuesHaveNullStatisticsInTheTableAndNaNInMemory() {
    f.recordDone(
        f.claimJuly("one"),
        entry("2.14")
            .nulls(5, 0)
            .minima(Double.NaN, 1)
            .maxima(Double.NaN, 2)
            .means(Double.NaN, 1.5)
            .build());

    LedgerTables.Partitions p = f.tables.partitions;
    Record stored = f.sql.select(p.minima, p.maxima, p.means).from(p.table).fetchSingle();
    assertThat(stored.get(p.minima)).containsExactly(null, 1.0);
    assertThat(stored.get(p.maxima)).containsExactly(null, 2.0);
    assertThat(stored.get(p.means)).containsExactly(null, 1.5);
    LedgerEntry read = f.entryOf("2.14");
    assertThat(read.minima()).containsExactly(Double.NaN, 1);
    assertThat(read.maxima()).containsExactly(Double.NaN, 2);
    assertThat(read.means()).containsExactly(Double.NaN, 1.5);
  }

  @Test
  void aStageWithHundredsOfColumnsAndOneWithNoneAreRecorded() {
    int columns = 463;
    double[] values = new double[columns];
    Arrays.setAll(values, i -> i / 7.0);
    f.recordDone(
        f.claimJuly("one"),
        entry("2.3").nulls(new long[columns]).minima(values).maxima(values).means(values).build(),
        entry("2.11").build());

    assertThat(f.entryOf("2.3").means()).containsExactly(values);
    assertThat(f.entryOf("2.11").means()).isEmpty();
  }

  @Test
  void aSwapThatIsRolledBackLeavesNoEntry() {
    Claim claim = f.claimJuly("one");

    assertThatThrownBy(
            () ->
                f.swap(
                    tx -> {
                      f.ledger.recordDone(tx, claim, List.of(entry("2.11").build()));
                      tx.execute("select 1 / 0");
                    }))
        .isInstanceOf(DataAccessException.class);

    assertThat(f.ledger.entries(JULY)).isEmpty();
  }

  @Test
  void aStageDoneAgainReplacesItsEntry() {
    Claim claim = f.claimJuly("one");
    f.recordDone(claim, entry("2.11").contentCrc(1).rows(5).build());
    Instant first = f.entryOf("2.11").computedAt().orElseThrow();

    f.recordDone(claim, entry("2.11").contentCrc(2).rows(6).build());

    LedgerEntry read = f.entryOf("2.11");
    assertThat(read.contentCrc()).isEqualTo(2);
    assertThat(read.rows()).isEqualTo(6);
    assertThat(read.attempts()).isEqualTo(1);
    assertThat(read.computedAt().orElseThrow()).isAfter(first);
    assertThat(f.ledger.entries(JULY)).hasSize(1);
  }

  @Test
  void aFailureKeepsWhatIsKnownOfTheColumnsThatAreStillThere() {
    Claim claim = f.claimJuly("one");
    f.recordDone(
        claim, entry("2.11").contentCrc(1).rows(5).nulls(0).minima(1).maxima(2).means(1.5).build());
    LedgerEntry done = f.entryOf("2.11");

    f.ledger.recordFailure(claim, EURUSD, List.of("2.11", "2.14"), JULY, "disk full");

    LedgerEntry failed = f.entryOf("2.11");
    assertThat(failed.state()).isEqualTo(LedgerEntry.State.FAILED);
    assertThat(failed.error()).contains("disk full");
    assertThat(failed.contentCrc()).isEqualTo(1);
    assertThat(failed.rows()).isEqualTo(5);
    assertThat(failed.means()).containsExactly(1.5);
    assertThat(failed.computedAt()).isEqualTo(done.computedAt());
    assertThat(failed.finished().orElseThrow()).isAfter(done.finished().orElseThrow());
    LedgerEntry never = f.entryOf("2.14");
    assertThat(never.state()).isEqualTo(LedgerEntry.State.FAILED);
    assertThat(never.computedAt()).isEmpty();
    assertThat(never.nulls()).isEmpty();
  }

  @Test
  void attemptsAreCountedUntilTheStageIsDone() {
    Claim claim = f.claimJuly("one");
    f.recordDone(claim, entry("2.11").build());

    for (int failure = 1; failure <= 3; failure++) {
      f.ledger.recordFailure(claim, EURUSD, List.of("2.11"), JULY, "again");
      assertThat(f.entryOf("2.11").attempts()).isEqualTo(failure);
    }
    f.recordDone(claim, entry("2.11").build());
    assertThat(f.entryOf("2.11").attempts()).isEqualTo(4);
    assertThat(f.entryOf("2.11").error()).isEmpty();
    f.recordDone(claim, entry("2.11").build());
    assertThat(f.entryOf("2.11").attempts()).isEqualTo(1);
    f.recordDone(claim, entry("2.11").attempts(3).build());
    assertThat(f.entryOf("2.11").attempts()).isEqualTo(3);
    f.ledger.recordFailure(claim, EURUSD, List.of("2.11"), JULY, "again");
    f.recordDone(claim, entry("2.11").attempts(2).build());
    assertThat(f.entryOf("2.11").attempts()).isEqualTo(3);
  }

  @Test
  void errorsAreStoredShortAndWithoutPasswords() {
    Claim claim = f.claimJuly("one");
    String error = "jdbc:postgresql://h/d?user=u&password=s3cret&ssl=true \0 " + "x".repeat(10_000);

    f.ledger.recordFailure(claim, EURUSD, List.of("2.11"), JULY, error);

    assertThat(f.entryOf("2.11").error().orElseThrow())
        .hasSize(4000)
        .startsWith("jdbc:postgresql://h/d?user=u&password=***&ssl=true  x")
        .endsWith("x [cut]");
  }

  @Test
  void removedStagesAreForgottenForTheirPairAndMonthOnly() {
    Claim claim = f.claimJuly("one");
    Claim august = f.ledger.claim(f.run, "one", List.of(JULY.plusMonths(1))).orElseThrow();
    f.recordDone(
        claim,
        entry("2.11").build(),
        entry("2.14").build(),
        LedgerEntry.of("2.14", USDJPY, JULY).build());
    f.recordDone(august, LedgerEntry.of("2.14", EURUSD, JULY.plusMonths(1)).build());

    f.swap(tx -> f.ledger.remove(tx, claim, EURUSD, List.of("2.14", "2.3")));

    assertThat(f.ledger.entries(JULY).keySet())
        .containsExactlyInAnyOrder(new StageKey("2.11", EURUSD), new StageKey("2.14", USDJPY));
    assertThat(f.ledger.entries(JULY.plusMonths(1))).hasSize(1);
  }

  @Test
  void entriesOfSeveralMonthsComeInOrder() {
    for (int month = 2; month >= 0; month--) {
      Claim claim = f.ledger.claim(f.run, "one", List.of(JULY.plusMonths(month))).orElseThrow();
      f.recordDone(
          claim,
          LedgerEntry.of("2.14", USDJPY, claim.month()).build(),
          LedgerEntry.of("2.11", USDJPY, claim.month()).build(),
          LedgerEntry.of("2.11", EURUSD, claim.month()).build());
    }

    assertThat(f.ledger.entries(JULY.plusMonths(1), JULY.plusMonths(2)))
        .extracting(LedgerEntry::toString)
        .containsExactly(
            "2.11 eurusd 2024-08 DONE",
            "2.11 usdjpy 2024-08 DONE",
            "2.14 usdjpy 2024-08 DONE",
            "2.11 eurusd 2024-09 DONE",
            "2.11 usdjpy 2024-09 DONE",
            "2.14 usdjpy 2024-09 DONE");
    assertThat(f.ledger.entries(JULY).keySet())
        .containsExactly(
            new StageKey("2.11", EURUSD),
            new StageKey("2.11", USDJPY),
            new StageKey("2.14", USDJPY));
  }

  @Test
  void anEntryOfAnotherMonthThanTheClaimsIsRefused() {
    Claim claim = f.claimJuly("one");

    assertThatThrownBy(
            () -> f.recordDone(claim, LedgerEntry.of("2.11", EURUSD, JULY.plusMonths(1)).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2024-08")
        .hasMessageContaining("2024-07");
    assertThatThrownBy(
            () -> f.ledger.recordFailure(claim, EURUSD, List.of("2.11"), JULY.minusMonths(1), "e"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void recordingNothingStillChecksTheClaim() {
    Claim claim = f.claimJuly("one");
    f.recordDone(claim);
    f.letTheLeaseEnd(JULY);

    assertThatThrownBy(() -> f.recordDone(claim)).isInstanceOf(ClaimLostException.class);
  }

  @Test
  void statisticsOfDifferentLengthsAreRefused() {
    assertThatThrownBy(() -> entry("2.11").nulls(0, 0).minima(1).maxima(1).means(1).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2.11 eurusd 2024-07")
        .hasMessageContaining("2 (nulls), 1 (minima)");
  }

  @Test
  void anEntryDoesNotShareItsArrays() {
    double[] means = {1};
    LedgerEntry entry = entry("2.11").nulls(0).minima(1).maxima(1).means(means).build();
    means[0] = 2;
    entry.means()[0] = 3;

    assertThat(entry.means()).containsExactly(1);
  }

  @Test
  void aRunIsRecordedFromItsStartToItsEnd() {
    LedgerTables.Runs r = f.tables.runs;
    RunId run = f.startRun("me");
    String before =
        f.sql.select(r.state).from(r.table).where(r.run.eq(run.value())).fetchSingle(r.state);

    f.ledger.finishRun(run, RunState.FAILED, "password=abc " + "x".repeat(5000));

    assertThat(before).isEqualTo("running");
    Record finished =
        f.sql.select(r.columns()).from(r.table).where(r.run.eq(run.value())).fetchSingle();
    assertThat(finished.get(r.state)).isEqualTo("failed");
    assertThat(finished.get(r.worker)).isEqualTo("me");
    assertThat(finished.get(r.stages)).containsExactly("2.11", "2.14");
    assertThat(finished.get(r.firstMonth)).isEqualTo("2024-07-01");
    assertThat(finished.get(r.lastMonth)).isEqualTo("2024-08-01");
    assertThat(finished.get(r.finished)).isAfter(finished.get(r.started));
    assertThat(finished.get(r.message)).startsWith("password=*** x").hasSize(4000);
  }

  @Test
  void aRunThatIsNotInTheLedgerCannotFinish() {
    RunId unknown = RunId.random();

    assertThatThrownBy(() -> f.ledger.finishRun(unknown, RunState.DONE, null))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining(unknown.toString());
    assertThatThrownBy(() -> f.ledger.finishRun(f.run, RunState.RUNNING, null))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void requestsAreEqualWhenTheyAskForTheSame() {
    long crc = LedgerFixture.request().worker("a").build().requestCrc();

    assertThat(LedgerFixture.request().worker("b").build().requestCrc()).isEqualTo(crc);
    assertThat(LedgerFixture.request().parameters("cost=0.03").build().requestCrc())
        .isNotEqualTo(crc);
    assertThat(LedgerFixture.request().stages(List.of("2.11")).build().requestCrc())
        .isNotEqualTo(crc);
    assertThatThrownBy(() -> RunDescription.months(JULY, JULY.minusMonths(1)).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2024-06");
  }
}
