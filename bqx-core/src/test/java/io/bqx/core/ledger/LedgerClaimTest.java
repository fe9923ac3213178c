package io.bqx.core.ledger;

import static io.bqx.core.ledger.LedgerFixture.EURUSD;
import static io.bqx.core.ledger.LedgerFixture.JULY;
import static io.bqx.core.ledger.LedgerFixture.entry;
import static io.bqx.core.ledger.LedgerFixture.months;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.bqx.core.BqxException;
import io.bqx.core.retry.TransientSqlState;
import io.bqx.core.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class LedgerClaimTest {

  private static final int WORKERS = 12;

  private final LedgerFixture f = new LedgerFixture();

  @AfterEach
  void dropSchema() {
    f.close();
  }

  @Test
  void manyWorkersShareTheMonthsAndNoTwoGetTheSame() throws Exception {
    List<Claim> claims =
        together(
                worker -> {
                  List<Claim> mine = new ArrayList<>();
                  Optional<Claim> next = f.ledger.claim(f.run, worker, months(36));
                  while (next.isPresent()) {
                    mine.add(next.get());
                    next = f.ledger.claim(f.run, worker, months(36));
                  }
                  return mine;
                })
            .stream()
            .flatMap(List::stream)
            .toList();

    assertThat(claims).extracting(Claim::month).containsExactlyInAnyOrderElementsOf(months(36));
    assertThat(claims).extracting(Claim::token).doesNotHaveDuplicates();
  }

  @Test
  void oneOfManyWorkersTakesOverAMonthWhoseLeaseHasEnded() throws Exception {
    Claim dead = f.claimJuly("dead");
    f.letTheLeaseEnd(JULY);

    List<Optional<Claim>> claims = together(w -> f.ledger.claim(f.run, w, List.of(JULY)));

    assertThat(claims).filteredOn(Optional::isPresent).hasSize(1);
    Claim heir = claims.stream().flatMap(Optional::stream).findAny().orElseThrow();
    assertThat(heir.token()).isNotEqualTo(dead.token());
    assertThat(heir.attempts()).isEqualTo(2);
  }

  @Test
  void aRowThatACrashedProcessLeftBehindIsTakenOver() {
    LedgerTables.Claims c = f.tables.claims;
    Instant now = f.ledger.databaseTime();
    f.sql
        .insertInto(c.table)
        .set(c.month, JULY.atDay(1))
        .set(c.state, "running")
        .set(c.token, UUID.randomUUID())
        .set(c.run, UUID.randomUUID())
        .set(c.worker, "crashed")
        .set(c.attempts, 1)
        .set(c.claimed, now.minusSeconds(3600))
        .set(c.heartbeat, now.minusSeconds(120))
        .set(c.leaseUntil, now.minusSeconds(60))
        .execute();

    assertThat(f.claimJuly("heir").attempts()).isEqualTo(2);
  }

  @Test
  void monthsAreClaimedInOrderAndOnlyThoseAskedFor() {
    f.ledger.claim(f.run, "other", List.of(JULY.minusMonths(1))).orElseThrow();

    List<YearMonth> backwards = List.of(JULY.plusMonths(2), JULY.plusMonths(1), JULY);

    assertThat(f.ledger.claim(f.run, "one", backwards)).map(Claim::month).contains(JULY);
    assertThat(f.ledger.claim(f.run, "one", backwards))
        .map(Claim::month)
        .contains(JULY.plusMonths(1));
    assertThat(f.ledger.claim(f.run, "one", List.of(JULY))).isEmpty();
    assertThat(f.ledger.claim(f.run, "one", List.of())).isEmpty();
  }

  @Test
  void aReleasedMonthCanBeClaimedAtOnce() {
    for (MonthState state : List.of(MonthState.FREE, MonthState.DONE, MonthState.FAILED)) {
      f.ledger.release(f.claimJuly("one"), state);
    }

    assertThat(f.claimJuly("two").attempts()).isEqualTo(1);
  }

  @Test
  void aLostClaimCanWriteNothing() throws Exception {
    Claim old = f.claimJuly("old");
    f.letTheLeaseEnd(JULY);
    Claim heir = f.claimJuly("heir");

    assertRefused(old, "heir claimed the month");
    assertNotReleased(old);

    assertThat(f.ledger.entries(JULY)).isEmpty();
    assertThat(f.ledger.liveTokens()).containsExactly(heir.token());
  }

  @Test
  void aClaimWhoseLeaseHasEndedCanWriteNothingEvenIfNobodyHasTakenOver() throws Exception {
    Claim claim = f.claimJuly("slow");
    f.letTheLeaseEnd(JULY);

    assertRefused(claim, "its lease ended at");

    assertThat(f.ledger.entries(JULY)).isEmpty();
  }

  @Test
  void aReleasedClaimCanWriteNothing() throws Exception {
    Claim claim = f.claimJuly("one");
    f.ledger.release(claim, MonthState.DONE);

    assertRefused(claim, "released as done");
    assertNotReleased(claim);
  }

  @Test
  void aClaimWhoseLeaseHasEndedIsGivenBackIfNobodyHasTakenOver() {
    Claim claim = f.claimJuly("slow");
    f.letTheLeaseEnd(JULY);

    f.ledger.release(claim, MonthState.DONE);

    assertThat(f.ledger.claims()).isEmpty();
    assertThat(f.claimJuly("next").attempts()).isEqualTo(1);
  }

  private void assertNotReleased(Claim claim) {
    assertThatThrownBy(() -> f.ledger.release(claim, MonthState.DONE))
        .isInstanceOf(ClaimLostException.class)
        .hasMessageContaining(claim.worker());
  }

  private void assertRefused(Claim claim, String why) throws SQLException {
    assertThatThrownBy(() -> f.recordDone(claim, entry("2.11").build()))
        .isInstanceOf(ClaimLostException.class)
        .hasMessageContaining(claim.worker())
        .hasMessageContaining("2024-07")
        .hasMessageContaining(why);
    assertThatThrownBy(() -> f.swap(tx -> f.ledger.remove(tx, claim, EURUSD, List.of("2.11"))))
        .isInstanceOf(ClaimLostException.class);
    assertThatThrownBy(() -> f.ledger.recordFailure(claim, EURUSD, List.of("2.11"), JULY, "error"))
        .isInstanceOf(ClaimLostException.class);
    try (Connection connection = TestDatabase.dataSource().getConnection()) {
      assertThat(f.ledger.renew(connection, claim))
          .get()
          .extracting(Throwable::getMessage)
          .asString()
          .contains(why);
    }
  }

  @Test
  void aMonthCannotBeTakenOverInTheMiddleOfASwapButRenewed() {
    Claim claim = f.claimJuly("one");

    f.swap(
        tx -> {
          f.ledger.recordDone(tx, claim, List.of(entry("2.11").build()));
          assertThat(renewed(claim)).isTrue();
          f.letTheLeaseEnd(JULY);
          assertThat(f.ledger.claim(f.run, "impatient", List.of(JULY))).isEmpty();
        });

    assertThat(f.entryOf("2.11").isDone()).isTrue();
    assertThat(f.ledger.claim(f.run, "patient", List.of(JULY))).isPresent();
  }

  @Test
  void swapsUnderTheSameClaimDoNotWaitForEachOther() {
    Claim claim = f.claimJuly("one");

    f.swap(
        first -> {
          f.ledger.recordDone(first, claim, List.of(entry("2.11").build()));
          f.recordDone(claim, LedgerEntry.of("2.11", LedgerFixture.USDJPY, JULY).build());
        });

    assertThat(f.ledger.entries(JULY)).hasSize(2);
  }

  @Test
  void renewingMovesTheEndOfTheLease() {
    Claim claim = f.claimJuly("one");
    LedgerTables.Claims c = f.tables.claims;
    Instant soon = f.ledger.databaseTime().plusSeconds(30);
    f.sql.update(c.table).set(c.leaseUntil, soon).execute();

    assertThat(renewed(claim)).isTrue();

    assertThat(f.leaseEndOf(JULY))
        .isAfter(soon.plus(LedgerFixture.LEASE).minusSeconds(31))
        .isBeforeOrEqualTo(f.ledger.databaseTime().plus(LedgerFixture.LEASE));
  }

  @Test
  void aLeaseLastsAsLongAsAskedFor() {
    Duration lease = Duration.ofHours(13).plusMinutes(7).plusMillis(1_250);
    Ledger ledger = new Ledger(TestDatabase.dataSource(), f.schema.name(), lease);
    Instant before = ledger.databaseTime();
    ledger.claim(f.run, "one", List.of(JULY)).orElseThrow();
    Instant after = ledger.databaseTime();

    ClaimInfo claim = ledger.claims().get(0);

    assertThat(Duration.between(claim.claimed(), claim.leaseUntil()))
        .isBetween(lease, lease.plus(Duration.between(before, after)));
  }

  @Test
  void aMonthThatKillsEveryWorkerIsClosedAndReported() {
    for (int crash = 1; crash <= Ledger.MAX_CLAIMS; crash++) {
      assertThat(f.claimJuly("victim " + crash).attempts()).isEqualTo(crash);
      assertThat(f.ledger.claims()).noneMatch(ClaimInfo::exhausted);
      f.letTheLeaseEnd(JULY);
    }

    assertThat(f.ledger.claim(f.run, "next", months(1))).isEmpty();
    assertThat(f.ledger.claims())
        .singleElement()
        .matches(ClaimInfo::exhausted)
        .matches(ClaimInfo::expired)
        .matches(info -> info.worker().equals("victim 5"))
        .matches(info -> info.month().equals(JULY));
    assertThat(f.ledger.claim(f.run, "next", months(2)))
        .map(Claim::month)
        .contains(JULY.plusMonths(1));
  }

  @Test
  void aClosedMonthCanBeOpenedAgain() {
    for (int crash = 1; crash <= Ledger.MAX_CLAIMS; crash++) {
      f.claimJuly("victim");
      f.letTheLeaseEnd(JULY);
    }

    assertThat(f.ledger.forgive(List.of(JULY))).isEqualTo(1);

    assertThat(f.claimJuly("next").attempts()).isEqualTo(1);
    assertThat(f.ledger.forgive(List.of(JULY))).isZero();
    assertThat(f.ledger.forgive(List.of())).isZero();
  }

  @Test
  void crashesAreForgottenAfterARelease() {
    for (int crash = 1; crash < Ledger.MAX_CLAIMS; crash++) {
      f.claimJuly("victim");
      f.letTheLeaseEnd(JULY);
    }
    f.ledger.release(f.claimJuly("survivor"), MonthState.FAILED);

    assertThat(f.claimJuly("next").attempts()).isEqualTo(1);
  }

  @Test
  void claimsTellWhoIsAtWorkAndWhoIsDead() {
    Claim alive = f.ledger.claim(f.run, "alive", List.of(JULY)).orElseThrow();
    Claim dead = f.ledger.claim(f.run, "dead", List.of(JULY.plusMonths(1))).orElseThrow();
    f.ledger.release(
        f.ledger.claim(f.run, "gone", List.of(JULY.plusMonths(2))).orElseThrow(), MonthState.DONE);
    f.letTheLeaseEnd(dead.month());
    Instant now = f.ledger.databaseTime();

    List<ClaimInfo> claims = f.ledger.claims();

    assertThat(claims)
        .extracting(ClaimInfo::worker, ClaimInfo::expired)
        .containsExactly(tuple("alive", false), tuple("dead", true));
    assertThat(claims.get(0).run()).isEqualTo(f.run);
    assertThat(claims.get(0).claimed()).isBeforeOrEqualTo(now);
    assertThat(claims.get(0).leaseUntil()).isAfter(now);
    assertThat(claims.get(0).heartbeatAge()).isBetween(Duration.ZERO, Duration.ofMinutes(5));
    assertThat(f.ledger.liveTokens()).containsExactly(alive.token());
  }

  @Test
  void aSecondRunWithTheSameRequestThatStartedBeforeCanSkipAFinishedMonth() {
    long request = LedgerFixture.request().build().requestCrc();
    Instant secondStarted = f.ledger.databaseTime();
    Claim claim = f.claimJuly("first");
    assertThat(f.ledger.finishedSince(JULY, request, secondStarted)).isFalse();

    f.ledger.release(claim, MonthState.DONE);

    assertThat(f.ledger.finishedSince(JULY, request, secondStarted)).isTrue();
    assertThat(f.ledger.finishedSince(JULY, request + 1, secondStarted)).isFalse();
    assertThat(f.ledger.finishedSince(JULY.plusMonths(1), request, secondStarted)).isFalse();
    assertThat(f.ledger.finishedSince(JULY, request, f.ledger.databaseTime())).isFalse();
  }

  @Test
  void whatIsFinishedStaysSoWhenTheMonthIsClaimedAgain() {
    long request = LedgerFixture.request().build().requestCrc();
    Instant started = f.ledger.databaseTime();
    f.ledger.release(f.claimJuly("first"), MonthState.DONE);

    Claim second = f.claimJuly("second");
    assertThat(f.ledger.finishedSince(JULY, request, started)).isTrue();

    f.ledger.release(second, MonthState.FREE);
    assertThat(f.ledger.finishedSince(JULY, request, started)).isTrue();
  }

  @Test
  void aMonthThatFailedOrWasGivenBackIsNotFinished() {
    long request = LedgerFixture.request().build().requestCrc();
    Instant started = f.ledger.databaseTime();

    f.ledger.release(f.claimJuly("first"), MonthState.FAILED);
    f.ledger.release(f.claimJuly("second"), MonthState.FREE);

    assertThat(f.ledger.finishedSince(JULY, request, started)).isFalse();
  }

  @Test
  void aReadOnlyServerIsNamedAndWorthAnotherTry() {
    PGSimpleDataSource reader = (PGSimpleDataSource) TestDatabase.dataSource();
    reader.setOptions("-c default_transaction_read_only=on");
    Ledger ledger = new Ledger(reader, f.schema.name(), LedgerFixture.LEASE);

    assertThatThrownBy(() -> ledger.claim(f.run, "one", List.of(JULY)))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("read-only")
        .hasMessageContaining("writer endpoint")
        .hasMessageContaining(f.schema.name())
        .matches(TransientSqlState::isTransient);
    assertThat(f.ledger.claims()).isEmpty();
  }

  @Test
  void aDatabaseThatCannotBeReachedIsWorthAnotherTry() {
    PGSimpleDataSource nowhere = new PGSimpleDataSource();
    nowhere.setUrl("jdbc:postgresql://127.0.0.1:1/none?password=secret");
    Ledger ledger = new Ledger(nowhere, f.schema.name(), LedgerFixture.LEASE);

    assertThatThrownBy(() -> ledger.claim(f.run, "one", List.of(JULY)))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("Cannot claim a month")
        .hasMessageNotContaining("secret")
        .matches(TransientSqlState::isTransient);
  }

  @Test
  void aMonthCannotBeReleasedAsRunning() {
    Claim claim = f.claimJuly("one");

    assertThatThrownBy(() -> f.ledger.release(claim, MonthState.RUNNING))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2024-07");
  }

  private boolean renewed(Claim claim) {
    try (Connection connection = TestDatabase.dataSource().getConnection()) {
      return f.ledger.renew(connection, claim).isEmpty();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private interface Work<T> {
    T by(String worker);
  }

  /** The results of workers that all begin at the same time. */
  private static <T> List<T> together(Work<T> work) throws Exception {
    CyclicBarrier start = new CyclicBarrier(WORKERS);
    ExecutorService threads = Executors.newFixedThreadPool(WORKERS);
    try {
      List<Future<T>> results = new ArrayList<>();
      for (int i = 0; i < WORKERS; i++) {
        String worker = "worker " + i;
        Callable<T> task =
            () -> {
              start.await();
              return work.by(worker);
            };
        results.add(threads.submit(task));
      }
      List<T> values = new ArrayList<>();
      for (Future<T> result : results) {
        values.add(result.get(60, TimeUnit.SECONDS));
      }
      return values;
    } finally {
      threads.shutdownNow();
    }
  }
}
