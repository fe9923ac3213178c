package io.bqx.examples;

import io.bqx.core.catalog.Scope;
import io.bqx.core.run.PartitionOutcome;
import io.bqx.core.run.RunListener;
import io.bqx.core.run.RunProgress;
import io.bqx.core.watch.Stall;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.time.YearMonth;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Shows how far a run has come: a view that is replaced in place on a terminal, else a line for
 * every tenth of the work. Closed when the run is over or could not begin.
 */
final class ProgressDisplay implements AutoCloseable {

  private static final int STEPS = 10;
  private static final long REDRAWN_AFTER_MILLIS = 500;

  private final RunListener listener;
  private final Runnable end;

  private ProgressDisplay(RunListener listener, Runnable end) {
    this.listener = listener;
    this.end = end;
  }

  /** A live view on standard error if this process has a terminal, else lines in the writer. */
  static ProgressDisplay choose(PrintWriter err) {
    return TerminalScreen.open()
        .map(ProgressDisplay::live)
        .orElseGet(() -> new ProgressDisplay(lines(err), () -> {}));
  }

  private static ProgressDisplay live(Screen screen) {
    LiveView view = new LiveView(screen, InstantSource.system());
    ScheduledExecutorService clock =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "bqx-live-view");
              thread.setDaemon(true);
              return thread;
            });
    clock.scheduleAtFixedRate(
        view::draw, REDRAWN_AFTER_MILLIS, REDRAWN_AFTER_MILLIS, TimeUnit.MILLISECONDS);
    return new ProgressDisplay(
        view,
        () -> {
          clock.shutdownNow();
          view.close();
        });
  }

  /** A line for every tenth of the work, and for everything unusual. */
  static RunListener lines(PrintWriter err) {
    return new Lines(err);
  }

  /** Who is to hear of the run. */
  RunListener listener() {
    return listener;
  }

  @Override
  public void close() {
    end.run();
  }

  static String failure(PartitionOutcome outcome) {
    return String.format(
        Locale.ROOT,
        "failed: %s %s: %s",
        outcome.scope(),
        outcome.month(),
        outcome.message().orElse(""));
  }

  static String retry(Scope scope, YearMonth month, int attempt, String fault) {
    return String.format(
        Locale.ROOT, "%s %s: attempt %d after a passing fault: %s", scope, month, attempt, fault);
  }

  private static String pace(RunProgress progress) {
    return String.format(
        Locale.ROOT,
        "%s, %s%s",
        Quantities.count(progress.rows(), "row"),
        Quantities.rate(progress.rowsPerSecond()),
        progress.failed() == 0 ? "" : ", " + progress.failed() + " failed");
  }

  /** For example {@code ", 12 min 3 s left"}; nothing if it is not known. */
  static String left(RunProgress progress) {
    return progress.finished() == progress.partitions()
        ? ""
        : progress.remaining().map(time -> ", " + Quantities.duration(time) + " left").orElse("");
  }

  private static final class Lines implements RunListener {

    private final PrintWriter err;
    private int shown;

    private Lines(PrintWriter err) {
      this.err = err;
    }

    @Override
    public void partitionFinished(PartitionOutcome outcome, RunProgress progress) {
      if (outcome.state() == PartitionOutcome.State.FAILED) {
        print(failure(outcome));
      }
      int step = STEPS * progress.finished() / Math.max(1, progress.partitions());
      if (step > shown) {
        shown = step;
        print(
            String.format(
                Locale.ROOT,
                "%d of %s, %s%s",
                progress.finished(),
                Quantities.count(progress.partitions(), "partition"),
                pace(progress),
                left(progress)));
      }
    }

    @Override
    public void retrying(Scope scope, YearMonth month, int attempt, String fault) {
      print(retry(scope, month, attempt, fault));
    }

    @Override
    public void waiting(String reason) {
      print("waiting: " + reason);
    }

    @Override
    public void stalled(Stall stall) {
      print("stalled: " + stall);
    }

    private void print(String line) {
      err.println(line);
      err.flush();
    }
  }
}
