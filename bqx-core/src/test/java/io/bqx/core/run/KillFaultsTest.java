package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.run.UndisturbedMarket.Step;
import io.bqx.core.testing.TestDatabase;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Processes that do first runs, single stages, changed stages and stages again are killed with
 * SIGKILL at random moments, some of them several times in a row.
 */
class KillFaultsTest {

  private static final Duration LEASE = Duration.ofSeconds(1);

  /** In a row: with two more claims that end in a crash the month would be closed. */
  private static final int MOST_KILLS = 3;

  private final FaultTally tally = new FaultTally("SIGKILL");
  private final Random random = tally.random();
  private final FaultedMarket market = new FaultedMarket(tally, TestDatabase.dataSource());
  private JobProcess spare = JobProcess.start();

  @AfterEach
  void close() {
    spare.close();
    market.close();
  }

  @Test
  void killedProcessesLoseDuplicateMixAndLeaveNothing() {
    int wanted = FaultTally.count(3, 200);
    while (tally.faults() < wanted) {
      Step step = market.anyStep();
      int kills = Math.min(1 + random.nextInt(MOST_KILLS), wanted - tally.faults());
      for (boolean running = true; running && kills > 0; kills--) {
        running = killed(step);
        market.interrupted(step);
      }
      market.finished(step, market.runWithoutFaults(step));
      if (!step.redo()) {
        tally.doneTwice(step.toString(), market.market().doneTwice());
      }
    }
    tally.report();
  }

  /**
   * Kills a process at one of the events of its step, standing still there or running on.
   *
   * @return false if the process was finished before
   */
  private boolean killed(Step step) {
    RunMoment moment = RunMoment.values()[random.nextInt(RunMoment.values().length)];
    int occurrence = 1 + random.nextInt(Math.max(1, events(step, moment)));
    try (JobProcess process = spare) {
      spare = JobProcess.start();
      process.go(
          step.request(market.schema(), LEASE)
              .until(moment.pattern(), occurrence, random.nextBoolean()));
      Optional<String> event = process.awaitEventOrEnd();
      if (event.isEmpty()) {
        assertThat(process.awaitEnd()).as(step.toString()).isZero();
        tally.count("processes that finished first");
        return false;
      }
      process.kill();
      tally.fault(RunMoment.of(event.get()));
      return true;
    }
  }

  /** Every event is one for the last moment. */
  private int events(Step step, RunMoment moment) {
    return moment == RunMoment.OTHER
        ? market.undisturbed(step).allEvents()
        : market.undisturbed(step).events().getOrDefault(moment, 1);
  }
}
