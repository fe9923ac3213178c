package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.run.UndisturbedMarket.Progress;
import io.bqx.core.run.UndisturbedMarket.Result;
import io.bqx.core.run.UndisturbedMarket.Step;
import io.bqx.core.testing.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
  private static final double[] COSTS = {0.02, 0.005};

  /** In a row: one more claim that ends in a crash, and the month would be closed. */
  private static final int MOST_KILLS = 3;

  private final FaultTally tally = new FaultTally("SIGKILL");
  private final Random random = tally.random();
  private final UndisturbedMarket undisturbed = new UndisturbedMarket();
  private final SmallMarket market = SmallMarket.create("killed");
  private Progress progress = new Progress(0, COSTS[0]);
  private JobProcess spare = JobProcess.start();

  @AfterEach
  void close() {
    spare.close();
    market.close();
    undisturbed.close();
  }

  @Test
  void killedProcessesLoseDuplicateMixAndLeaveNothing() {
    int wanted = FaultTally.count(4, 200);
    market.keepHistory();
    while (tally.faults() < wanted) {
      Step step = nextStep();
      Result result = undisturbed.result(step);
      int kills = Math.min(1 + random.nextInt(MOST_KILLS), wanted - tally.faults());
      String what = step + " after fault " + tally.faults();
      boolean finished = false;
      for (int kill = 0; kill < kills && !finished; kill++) {
        finished = !kill(step, result);
        tally.compare(
            what,
            market.partitions(),
            List.of(undisturbed.partitions(step.from()), result.partitions()));
      }
      RunReport report =
          step.request(market.schema(), Duration.ofSeconds(30))
              .job(TestDatabase.dataSource())
              .run();
      assertThat(report.exitCode()).as(what + report.failures()).isZero();
      tally.compareEnd(what, market, result.partitions());
      if (!step.redo()) {
        tally.doneTwice(what, market.doneTwice());
      }
      tally.count("steps finished by another run");
      progress = step.to();
    }
    tally.report();
  }

  private Step nextStep() {
    if (progress.stages() == UndisturbedMarket.STAGES.size() && random.nextInt(3) == 0) {
      market.forget();
      market.keepHistory();
      progress = new Progress(0, COSTS[0]);
    }
    if (progress.stages() == 0 && random.nextBoolean()) {
      return Step.all(progress, COSTS[0]);
    }
    if (progress.stages() < UndisturbedMarket.STAGES.size()) {
      return Step.next(progress);
    }
    return switch (random.nextInt(5)) {
      case 0 -> Step.again(progress, List.of());
      case 1 -> Step.again(progress, List.of("1.5"));
      case 2 -> Step.again(progress, List.of("2.3"));
      default -> Step.all(progress, COSTS[progress.cost() == COSTS[0] ? 1 : 0]);
    };
  }

  /**
   * Kills a process at one of the events of its step, standing still there or running on.
   *
   * @return false if the process was finished before
   */
  private boolean kill(Step step, Result result) {
    RunMoment[] moments = RunMoment.values();
    RunMoment moment = moments[random.nextInt(moments.length)];
    int occurrence = 1 + random.nextInt(Math.max(1, events(result, moment)));
    JobProcess process = spare;
    spare = JobProcess.start();
    try (process) {
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

  /** Any event is as good as the others for the last moment. */
  private static int events(Result result, RunMoment moment) {
    Map<RunMoment, Integer> events = result.events();
    return moment == RunMoment.OTHER
        ? events.values().stream().mapToInt(i -> i).sum()
        : events.getOrDefault(moment, 1);
  }
}
