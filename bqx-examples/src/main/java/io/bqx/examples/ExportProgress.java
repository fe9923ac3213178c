package io.bqx.examples;

import io.bqx.core.export.ExportListener;
import io.bqx.core.export.ExportOutcome;
import io.bqx.core.watch.Stall;
import io.bqx.features.CurrencyPair;
import java.io.PrintWriter;
import java.time.YearMonth;
import java.util.Locale;

/** A line for every tenth of the files, and for everything unusual. */
final class ExportProgress implements ExportListener {

  private static final int STEPS = 10;

  private final PrintWriter err;
  private final String done;
  private int shown;

  ExportProgress(PrintWriter err, String done) {
    this.err = err;
    this.done = done;
  }

  @Override
  public void finished(ExportOutcome outcome, int finished, int total) {
    if (outcome.state() == ExportOutcome.State.FAILED) {
      print(
          String.format(
              Locale.ROOT,
              "failed: %s %s: %s",
              outcome.pair(),
              outcome.month(),
              outcome.message().orElse("")));
    }
    int step = STEPS * finished / total;
    if (step > shown) {
      shown = step;
      print(
          String.format(
              Locale.ROOT, "%d of %s %s", finished, Quantities.count(total, "file"), done));
    }
  }

  @Override
  public void retrying(CurrencyPair pair, YearMonth month, int attempt, String fault) {
    print(
        String.format(
            Locale.ROOT,
            "%s %s: attempt %d after a passing fault: %s",
            pair,
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
