package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.Layout;
import io.bqx.core.retry.Retries;
import io.bqx.core.run.ObservedDatabase.Observer;
import io.bqx.core.run.UndisturbedMarket.Progress;
import io.bqx.core.run.UndisturbedMarket.Result;
import io.bqx.core.run.UndisturbedMarket.Step;
import io.bqx.core.watch.StallPolicy;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/** A market that goes from step to step under faults, beside an undisturbed one. */
final class FaultedMarket implements AutoCloseable {

  static final double[] COSTS = {0.02, 0.005};

  private static final Duration LEASE = Duration.ofSeconds(3);

  /** After so long without progress a session is ended. */
  private static final Duration STALL = Duration.ofSeconds(1);

  /** Far longer than any run here takes, with all the waits and retries that it may have. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final FaultTally tally;
  private final DataSource dataSource;
  private final Random random;
  private final Layout layout;
  private final UndisturbedMarket undisturbed;
  private final SmallMarket market;
  private Progress progress = new Progress(0, COSTS[0]);

  /**
   * An empty market.
   *
   * @param random decides about the next steps
   * @param dataSource without faults
   */
  FaultedMarket(FaultTally tally, Random random, DataSource dataSource) {
    this(tally, random, dataSource, Layout.WIDE);
  }

  /** The same in a layout. */
  FaultedMarket(FaultTally tally, Random random, DataSource dataSource, Layout layout) {
    this.layout = layout;
    this.undisturbed = new UndisturbedMarket(layout);
    this.tally = tally;
    this.random = random;
    this.dataSource = dataSource;
    this.market = SmallMarket.create("faulted", dataSource);
    market.keepHistory();
  }

  /** A step of this market, for a process of its own. */
  JobRequest request(Step step, Duration lease) {
    return step.request(market.schema(), lease, layout);
  }

  SmallMarket market() {
    return market;
  }

  /** Any step from here: the first run, a single stage, a changed stage, stages again. */
  Step anyStep() {
    if (progress.stages() == UndisturbedMarket.STAGES.size() && random.nextInt(3) == 0) {
      forget();
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
      default -> allStages();
    };
  }

  /** The first run, or one after which every partition is another. */
  Step allStages() {
    return progress.stages() == 0
        ? Step.all(progress, COSTS[0])
        : Step.all(progress, COSTS[progress.cost() == COSTS[0] ? 1 : 0]);
  }

  /** Back to the bars. */
  void forget() {
    market.forget();
    market.keepHistory();
    progress = new Progress(0, COSTS[0]);
  }

  Result undisturbed(Step step) {
    return undisturbed.result(step);
  }

  /** Runs a step in this process, to its end or to the end of patience. */
  RunReport run(Step step, DataSource sessions, Observer observer, Retries retries) {
    JobSettings settings =
        request(step, LEASE)
            .job(ObservedDatabase.of(sessions, observer))
            .stallPolicy(StallPolicy.cancelAfter(STALL))
            .settings();
    CompletableFuture<RunReport> report = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                report.complete(Runner.run(settings, retries, new Cancellation(), "test"));
              } catch (RuntimeException | Error e) {
                report.completeExceptionally(e);
              }
            },
            "bqx-run");
    thread.setDaemon(true);
    thread.start();
    try {
      return report.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("The run hangs in " + stacks(), e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("The run could not begin", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String stacks() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(e -> e.getKey().getName().startsWith("bqx-"))
        .map(
            e ->
                e.getKey().getName()
                    + Arrays.stream(e.getValue())
                        .map(frame -> "\n  " + frame)
                        .collect(Collectors.joining()))
        .collect(Collectors.joining("\n"));
  }

  /** Runs a step that others have left unfinished. */
  RunReport runWithoutFaults(Step step) {
    return request(step, Duration.ofSeconds(30)).job(dataSource).run();
  }

  /** A step was interrupted: every partition is as before or as after it. */
  void interrupted(Step step) {
    tally.compare(
        step + " after fault " + tally.faults(),
        market.partitions(),
        List.of(undisturbed.partitions(step.from()), undisturbed(step).partitions()));
  }

  /** A step has come to its end: everything is as after an undisturbed run. */
  void finished(Step step, RunReport report) {
    assertThat(report.failures()).as(step.toString()).isEmpty();
    assertThat(report.exitCode()).as(step.toString()).isZero();
    finished(step);
  }

  /** A step has come to its end in another process. */
  void finished(Step step) {
    String when = step + " after fault " + tally.faults();
    Map<String, String> expected = undisturbed(step).partitions();
    tally.compareEnd(when, market, expected);
    tally.compare(when, undisturbed.views(market, step.to()), List.of(undisturbed(step).views()));
    tally.count(step.name());
    progress = step.to();
  }

  @Override
  public void close() {
    market.close();
    undisturbed.close();
  }
}
