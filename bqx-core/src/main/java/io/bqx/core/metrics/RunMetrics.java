package io.bqx.core.metrics;

import io.bqx.core.catalog.Scope;
import io.bqx.core.rewrite.LockWait;
import io.bqx.core.run.PartitionOutcome;
import io.bqx.core.run.RunListener;
import io.bqx.core.run.RunProgress;
import io.bqx.core.run.RunReport;
import io.bqx.core.watch.Stall;
import io.bqx.features.CurrencyPair;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.YearMonth;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Meters of a run in a registry of Micrometer.
 *
 * <table>
 * <caption>Meters</caption>
 * <tr><th>meter</th><th>kind</th><th>counts</th></tr>
 * <tr><td>{@code bqx.partitions}, tag {@code state}</td><td>counter</td><td>outcomes of pair-months</td></tr>
 * <tr><td>{@code bqx.rows}</td><td>counter</td><td>rows written</td></tr>
 * <tr><td>{@code bqx.bytes}</td><td>counter</td><td>bytes sent to the server</td></tr>
 * <tr><td>{@code bqx.partition.time}</td><td>timer</td><td>pair-months that were worked on</td></tr>
 * <tr><td>{@code bqx.retries}</td><td>counter</td><td>pair-months begun again after a passing fault</td></tr>
 * <tr><td>{@code bqx.lock.waits}</td><td>counter</td><td>tries in vain to get a lock</td></tr>
 * <tr><td>{@code bqx.stalls}</td><td>counter</td><td>stalls that were told</td></tr>
 * <tr><td>{@code bqx.partitions.asked}</td><td>gauge</td><td>pair-months that were asked for</td></tr>
 * <tr><td>{@code bqx.partitions.remaining}</td><td>gauge</td><td>pair-months without an outcome</td></tr>
 * <tr><td>{@code bqx.partitions.in.hand}</td><td>gauge</td><td>pair-months that are being rewritten</td></tr>
 * <tr><td>{@code bqx.remaining.time}</td><td>gauge, seconds</td><td>estimated time to the end; NaN if not known</td></tr>
 * <tr><td>{@code bqx.running}</td><td>gauge</td><td>1 while a run is at work, else 0</td></tr>
 * </table>
 */
public final class RunMetrics implements RunListener {

  private static final RunProgress NOTHING =
      new RunProgress(0, 0, 0, 0, 0, Duration.ZERO, Optional.empty());

  private final MeterRegistry registry;
  private final AtomicReference<RunProgress> progress = new AtomicReference<>(NOTHING);
  private final AtomicInteger inHand = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();

  private RunMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** A listener whose meters are in the given registry; they are there at once. */
  public static RunMetrics in(MeterRegistry registry) {
    RunMetrics metrics = new RunMetrics(Objects.requireNonNull(registry, "registry"));
    metrics.register();
    return metrics;
  }

  private void register() {
    registry.gauge("bqx.partitions.asked", progress, p -> p.get().partitions());
    registry.gauge(
        "bqx.partitions.remaining", progress, p -> p.get().partitions() - p.get().finished());
    registry.gauge("bqx.partitions.in.hand", inHand);
    registry.gauge("bqx.running", running);
    registry.gauge(
        "bqx.remaining.time",
        progress,
        p -> p.get().remaining().map(time -> time.toMillis() / 1000.0).orElse(Double.NaN));
    for (PartitionOutcome.State state : PartitionOutcome.State.values()) {
      registry.counter("bqx.partitions", "state", word(state));
    }
    List.of("bqx.rows", "bqx.bytes", "bqx.retries", "bqx.lock.waits", "bqx.stalls")
        .forEach(registry::counter);
    timer();
  }

  private Timer timer() {
    return registry.timer("bqx.partition.time");
  }

  private static String word(PartitionOutcome.State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public void runStarted(RunProgress started) {
    progress.set(started);
    running.set(1);
  }

  @Override
  public void partitionStarted(Scope scope, YearMonth month, List<String> stages) {
    inHand.incrementAndGet();
  }

  @Override
  public void partitionFinished(PartitionOutcome outcome, RunProgress now) {
    progress.set(now);
    registry.counter("bqx.partitions", "state", word(outcome.state())).increment();
    registry.counter("bqx.rows").increment(outcome.rows());
    registry.counter("bqx.bytes").increment(outcome.bytes());
    if (!outcome.elapsed().isZero()) {
      inHand.updateAndGet(number -> Math.max(0, number - 1));
      timer().record(outcome.elapsed());
    }
  }

  @Override
  public void retrying(Scope scope, YearMonth month, int attempt, String fault) {
    registry.counter("bqx.retries").increment();
  }

  @Override
  public void waitingForLock(Optional<CurrencyPair> pair, YearMonth month, LockWait wait) {
    registry.counter("bqx.lock.waits").increment();
  }

  @Override
  public void stalled(Stall stall) {
    registry.counter("bqx.stalls").increment();
  }

  @Override
  public void runFinished(RunReport report) {
    inHand.set(0);
    running.set(0);
  }
}
