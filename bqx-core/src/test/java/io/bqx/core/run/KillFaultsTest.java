package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.Layout;
import io.bqx.core.run.UndisturbedMarket.Step;
import io.bqx.core.testing.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Processes that do first runs, single stages, changed stages and stages again are killed with
 * SIGKILL at random moments, some of them several times in a row.
 */
class KillFaultsTest {

  private static final Duration LEASE = Duration.ofSeconds(1);

  /** In a row: with two more claims that end in a crash the month would be closed. */
  private static final int MOST_KILLS = 3;

  private FaultTally tally;
  private Layout layout;
  private int wanted;

  @Test
  void killedProcessesLoseDuplicateMixAndLeaveNothing() throws Exception {
    tally = new FaultTally("SIGKILL");
    layout = Layout.WIDE;
    wanted = FaultTally.count(2, 200);
    kill();
  }

  @Test
  void soTheyDoInTheSharedLayout() throws Exception {
    tally = new FaultTally("SIGKILL in the shared layout");
    layout = Layout.SHARED;
    wanted = FaultTally.count(2, 100);
    kill();
  }

  private void kill() throws Exception {
    int threads = FaultTally.count(1, 3);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<Void>> killings = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        Random random = tally.random(thread);
        killings.add(
            executor.submit(
                () -> {
                  try (Killing killing = new Killing(random)) {
                    killing.goOn();
                  }
                  return null;
                }));
      }
      for (Future<Void> killing : killings) {
        killing.get();
      }
    } finally {
      executor.shutdownNow();
    }
    tally.report();
  }

  /** Kills process after process that works on one market. */
  private final class Killing implements AutoCloseable {

    private final Random random;
    private final FaultedMarket market;
    private JobProcess spare = JobProcess.start();

    Killing(Random random) {
      this.random = random;
      this.market = new FaultedMarket(tally, random, TestDatabase.pool(), layout);
    }

    void goOn() {
      while (tally.faults() < wanted) {
        Step step = market.anyStep();
        boolean running = true;
        for (int kills = 1 + random.nextInt(MOST_KILLS); running && kills > 0; kills--) {
          running = tally.faults() < wanted && killed(step);
          market.interrupted(step);
        }
        market.finished(step, market.runWithoutFaults(step));
        List<String> twice = market.market().doneTwice();
        if (!step.redo()) {
          tally.doneTwice(step.toString(), twice);
        }
      }
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
            market.request(step, LEASE).until(moment.pattern(), occurrence, random.nextBoolean()));
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

    @Override
    public void close() {
      spare.close();
      market.close();
    }
  }
}
