package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.ledger.ClaimInfo;
import io.bqx.core.run.UndisturbedMarket.Step;
import io.bqx.core.testing.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Two to six processes do the same job on one database. Some are killed, and one stands still for
 * longer than its lease and then goes on: no partition is done twice, none is forgotten.
 */
class WorkerFaultsTest {

  private static final Duration LEASE = Duration.ofSeconds(1);
  private static final List<RunMoment> MOMENTS =
      List.of(
          RunMoment.CLAIM,
          RunMoment.COPY_OUT,
          RunMoment.COPY_IN,
          RunMoment.STAGING,
          RunMoment.RECORD,
          RunMoment.SWAP,
          RunMoment.COMMIT,
          RunMoment.RELEASE);

  private final FaultTally tally = new FaultTally("several workers");
  private final Random random = tally.random();
  private final FaultedMarket market = 
      new FaultedMarket(tally, random, TestDatabase.dataSource());

  @AfterEach
  void close() {
    market.close();
  }

  @Test
  void severalWorkersLoseDuplicateMixAndLeaveNothing() {
    int rounds = FaultTally.count(1, 10);
    for (int round = 0; round < rounds; round++) {
      if (round % 4 == 3) {
        market.forget();
      }
      Step step = market.allStages();
      share(step, rounds == 1 ? 3 : 2 + round % 5);
      market.finished(step);
      tally.doneTwice(step.toString(), market.market().doneTwice());
    }
    tally.report();
  }

  /** One process is frozen; one, two or three are killed; at least one is left alone. */
  private void share(Step step, int processes) {
    List<JobProcess> workers = new ArrayList<>();
    try {
      for (int i = 0; i < processes; i++) {
        workers.add(JobProcess.start());
      }
      int killed = Math.min(3, Math.max(1, processes - 2));
      JobProcess frozen = workers.get(processes - 1);
      boolean freeze = processes > 2 || random.nextBoolean();
      workers.forEach(JobProcess::awaitReady);
      for (JobProcess worker : workers) {
        boolean doomed = workers.indexOf(worker) < (freeze && processes == 2 ? 0 : killed);
        JobRequest request = step.request(market.schema(), LEASE);
        worker.go(doomed || freeze && worker == frozen ? marked(request, doomed) : request);
      }
      tally.count("rounds of " + processes);
      if (freeze) {
        freeze(frozen);
      }
      for (JobProcess worker : workers.subList(0, freeze && processes == 2 ? 0 : killed)) {
        Optional<String> event = worker.awaitEventOrEnd();
        if (event.isPresent()) {
          worker.kill();
          tally.fault("kill in " + RunMoment.of(event.get()));
        }
      }
      if (freeze) {
        awaitTakeOver(frozen);
        frozen.signal("CONT");
      }
      for (JobProcess worker : workers.subList(freeze && processes == 2 ? 0 : killed, processes)) {
        assertThat(worker.awaitEnd()).as(step + " " + worker).isZero();
        tally.count("processes that finished");
      }
    } finally {
      workers.forEach(JobProcess::close);
    }
  }

  private JobRequest marked(JobRequest request, boolean standStill) {
    RunMoment moment = MOMENTS.get(random.nextInt(MOMENTS.size()));
    return request.until(moment.pattern(), 1 + random.nextInt(4), standStill);
  }

  private void freeze(JobProcess worker) {
    worker
        .awaitEventOrEnd()
        .ifPresent(
            event -> {
              worker.signal("STOP");
              tally.fault("freeze in " + RunMoment.of(event));
            });
  }

  /**
   * Waits until the leases of a frozen worker are over and others have its months; a month whose
   * swap it has begun nobody takes.
   */
  private void awaitTakeOver(JobProcess worker) {
    int months = claims(worker).size();
    Instant end = Instant.now().plus(LEASE.multipliedBy(4));
    while (!claims(worker).isEmpty() && Instant.now().isBefore(end)) {
      Thread.onSpinWait();
    }
    boolean over = claims(worker).stream().allMatch(ClaimInfo::expired);
    assertThat(over).isTrue();
    for (int taken = claims(worker).size(); taken < months; taken++) {
      tally.count("months taken over from a frozen process");
    }
  }

  private List<ClaimInfo> claims(JobProcess worker) {
    return market.market().ledger().claims().stream()
        .filter(claim -> claim.worker().startsWith(worker.pid() + "@"))
        .toList();
  }
}
