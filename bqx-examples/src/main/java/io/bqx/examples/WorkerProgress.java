package io.bqx.examples;

import io.bqx.aws.worker.Decision;
import io.bqx.aws.worker.GateResult;
import io.bqx.aws.worker.WorkerListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** Shows what is decided, and what is waited for whenever that changes. */
final class WorkerProgress implements WorkerListener {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final PrintWriter err;
  private String shown = "";

  WorkerProgress(PrintWriter err) {
    this.err = err;
  }

  @Override
  public void decided(Decision decision) {
    print(TIME.format(decision.at()) + " " + decision.what());
    shown = "";
  }

  @Override
  public void gates(List<GateResult> gates) {
    WorkerText.lines(gates).forEach(this::print);
  }

  @Override
  public void waiting(String what, Duration elapsed, Duration bound) {
    if (!what.equals(shown)) {
      shown = what;
      print(
          String.format(
              Locale.ROOT, "waiting for %s (at most %s)", what, Quantities.duration(bound)));
    }
  }

  private void print(String line) {
    err.println(line);
    err.flush();
  }
}
