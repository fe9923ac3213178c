package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.Layout;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.testing.TestDatabase;
import java.time.Duration;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two runs of the same job at the same time share the months. */
class TwoRunnersTest {

  private static final int PAIRS = 3;
  private static final int MONTHS = 3;
  private static final Duration LONG = Duration.ofSeconds(60);

  private final SmallMarket market = SmallMarket.create("two");

  @AfterEach
  void drop() {
    market.close();
  }

  @Test
  void twoRunsInOneProcessDoEachPartitionOnce() throws InterruptedException {
    Run one = job(LONG).start();
    Run other = job(LONG).start();
    List<String> outcomes = new ArrayList<>(lines(one.await()));
    outcomes.addAll(lines(other.await()));

    assertSharedOut(outcomes, Layout.WIDE);
  }

  @Test
  void twoProcessesDoEachPartitionOfTheSharedLayoutOnce() {
    List<String> outcomes = new ArrayList<>();
    try (JobProcess one = JobProcess.start();
        JobProcess other = JobProcess.start()) {
      JobRequest request = JobRequest.of(market.schema(), LONG, SmallMarket.COST).in(Layout.SHARED);
      one.awaitReady();
      other.awaitReady();
      one.go(request);
      other.go(request);
      assertThat(one.awaitEnd()).isZero();
      assertThat(other.awaitEnd()).isZero();
      outcomes.addAll(one.outcomes());
      outcomes.addAll(other.outcomes());
    }

    assertSharedOut(outcomes, Layout.SHARED);
  }

  @Test
  void whenOneProcessIsKilledTheOtherTakesOverAfterItsLease() throws InterruptedException {
    CountDownLatch waiting = new CountDownLatch(1);
    List<String> reasons = new ArrayList<>();
    RunListener listener =
        new RunListener() {
          @Override
          public void waiting(String reason) {
            reasons.add(reason);
            waiting.countDown();
          }
        };
    try (JobProcess doomed =
        JobProcess.prepare(
            market.schema(),
            LONG,
            SmallMarket.COST,
            "after commit of update .*ledger_claims.*\"claimed\" = ",
            1)) {
      doomed.go().awaitEvent();
      // One month only: with others to do first it would come to the claimed one after the lease.
      Run survivor = job(LONG, SmallMarket.FIRST, SmallMarket.FIRST).listener(listener).start();
      assertThat(waiting.await(60, TimeUnit.SECONDS)).isTrue();
      doomed.kill();
      endLeases();
      RunReport report = survivor.await();

      assertThat(report.failures()).isEmpty();
      assertThat(report.exitCode()).isZero();
      assertThat(reasons.get(0)).contains("2024-07 is claimed by " + doomed.pid() + "@");
      assertThat(report.counts()).containsOnly(Map.entry(State.DONE, (long) PAIRS));
    }
    assertThat(job(LONG).run().exitCode()).isZero();
    assertUndisturbed();
  }

  /** As time does. */
  private void endLeases() {
    market
        .sql()
        .execute(
            "UPDATE %s.ledger_claims SET lease_until = clock_timestamp() - interval '1 ms'"
                .formatted(market.schema()));
  }

  private Phase2 job(Duration lease) {
    return job(lease, SmallMarket.FIRST, SmallMarket.LAST);
  }

  private Phase2 job(Duration lease, YearMonth from, YearMonth to) {
    return SmallMarket.bareJob(TestDatabase.pool(), market.schema())
        .months(from, to)
        .lease(lease)
        .swapPolicy(SmallMarket.patient())
        .cost(SmallMarket.COST);
  }

  private static List<String> lines(RunReport report) {
    return report.outcomes().stream()
        .map(o -> o.scope() + " " + o.month() + " " + o.state())
        .toList();
  }

  /** Every partition was done by one of two runs and found done by the other. */
  private void assertSharedOut(List<String> outcomes, Layout layout) {
    Set<String> done = new TreeSet<>();
    Set<String> foundDone = new TreeSet<>();
    for (String outcome : outcomes) {
      String partition = outcome.substring(0, outcome.lastIndexOf(' '));
      boolean first =
          outcome.endsWith(" " + State.DONE) ? done.add(partition) : foundDone.add(partition);
      assertThat(first).as(outcome).isTrue();
    }
    assertThat(outcomes)
        .allMatch(o -> o.matches(".* (DONE|DONE_ELSEWHERE|UP_TO_DATE)"))
        .hasSize(2 * done.size());
    if (layout == Layout.WIDE) {
      assertThat(done).hasSize(PAIRS * MONTHS);
      assertUndisturbed();
    } else {
      assertThat(done).hasSize((PAIRS + 1) * MONTHS);
      assertThat(SmallMarket.undisturbed(SmallMarket.COST))
          .containsAllEntriesOf(market.viewChecksums());
      assertNothingLeft();
    }
  }

  private void assertUndisturbed() {
    assertThat(market.checksums()).isEqualTo(SmallMarket.undisturbed(SmallMarket.COST));
    assertNothingLeft();
  }

  private void assertNothingLeft() {
    assertThat(market.leftovers()).isEmpty();
    assertThat(market.ledger().claims()).isEmpty();
  }
}
