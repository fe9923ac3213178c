package io.bqx.examples;

import io.bqx.core.catalog.Scope;
import io.bqx.core.run.PartitionOutcome;
import io.bqx.core.run.RunListener;
import io.bqx.core.run.RunProgress;
import io.bqx.core.run.RunReport;
import io.bqx.core.watch.Stall;
import java.io.PrintWriter;
import java.time.YearMonth;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how far a run has come: a bar on a terminal, else a line for every tenth of the work. */
abstract class ProgressDisplay implements RunListener {

  private static final int STEPS = 10;

  private ProgressDisplay() {}

  /** A bar on standard error if this process has a terminal, else lines in the writer. */
  static ProgressDisplay choose(PrintWriter err) {
    boolean terminal = System.console() != null && !"dumb".equals(System.getenv("TERM"));
    return terminal ? new Bar(err) : new Lines(err);
  }

  /** A line for every tenth of the work, and for everything unusual. */
  static ProgressDisplay lines(PrintWriter err) {
    return new Lines(err);
  }

  private static String pace(RunProgress progress) {
    return String.format(
        Locale.ROOT,
        "%s, %s%s",
        Quantities.count(progress.rows(), "row"),
        Quantities.rate(progress.rowsPerSecond()),
        progress.failed() == 0 ? "" : ", " + progress.failed() + " failed");
  }

  private static String left(RunProgress progress) {
    return progress.finished() == progress.partitions()
        ? ""
        : progress.remaining().map(time -> ", " + Quantities.duration(time) + " left").orElse("");
  }

  private static final class Lines extends ProgressDisplay {

    private final PrintWriter err;
    private int shown;

    private Lines(PrintWriter err) {
      this.err = err;
    }

    @Override
    public void partitionFinished(PartitionOutcome outcome, RunProgress progress) {
      if (outcome.state() == PartitionOutcome.State.FAILED) {
        print(
            String.format(
                Locale.ROOT,
                "failed: %s %s: %s",
                outcome.scope(),
                outcome.month(),
                outcome.message().orElse("")));
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
      print(
          String.format(
              Locale.ROOT,
              "%s %s: attempt %d after a passing fault: %s",
              scope,
              month,
              attempt,
              fault));
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

  private static final class Bar extends ProgressDisplay {

    private final PrintWriter err;
    private ProgressBar bar;

    private Bar(PrintWriter err) {
      this.err = err;
    }

    @Override
    public void runStarted(RunProgress progress) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("partitions")
              .setInitialMax(progress.partitions())
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(200)
              .build();
    }

    @Override
    public void partitionFinished(PartitionOutcome outcome, RunProgress progress) {
      bar.stepTo(progress.finished());
      bar.setExtraMessage(pace(progress));
    }

    @Override
    public void retrying(Scope scope, YearMonth month, int attempt, String fault) {
      bar.setExtraMessage(String.format(Locale.ROOT, "%s %s: attempt %d", scope, month, attempt));
    }

    @Override
    public void waiting(String reason) {
      bar.setExtraMessage("waiting: " + reason);
    }

    /** On a line of its own: it is too long for the bar's, and worth keeping. */
    @Override
    public void stalled(Stall stall) {
      err.println();
      err.println("stalled: " + stall);
      err.flush();
    }

    @Override
    public void runFinished(RunReport report) {
      bar.close();
    }
  }
}
