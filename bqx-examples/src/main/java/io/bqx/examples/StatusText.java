package io.bqx.examples;

import io.bqx.core.ledger.ClaimInfo;
import io.bqx.core.run.JobStatus;
import io.bqx.core.run.JobStatus.StageMonth;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** How far the job has come, as a table: one line for all stages of a month that stand alike. */
final class StatusText {

  private StatusText() {}

  static List<String> lines(JobStatus status) {
    TextTable table =
        new TextTable()
            .left("month")
            .right("done")
            .right("running")
            .right("failed")
            .right("remaining")
            .left("stages");
    Map<StageMonth, List<String>> alike = new LinkedHashMap<>();
    for (StageMonth line : status.stages()) {
      StageMonth counts =
          new StageMonth(
              "", line.month(), line.done(), line.failed(), line.running(), line.remaining());
      alike.computeIfAbsent(counts, key -> new ArrayList<>()).add(line.stage());
    }
    alike.forEach(
        (counts, stages) ->
            table.row(
                counts.month(),
                counts.done(),
                counts.running(),
                counts.failed(),
                counts.remaining(),
                String.join(" ", stages)));
    List<String> lines = new ArrayList<>(table.lines());
    lines.add("");
    lines.add(summary(status));
    status.stalled().forEach(claim -> lines.add(stalled(claim)));
    status.failures().forEach(failure -> lines.add(failed(failure)));
    return lines;
  }

  private static String failed(JobStatus.Failure failure) {
    int more = failure.scopes().size() - 1;
    String what =
        failure.scopes().isEmpty()
            ? "the whole month"
            : failure.scopes().get(0) + (more == 0 ? "" : " and " + more + " more");
    return String.format(
        Locale.ROOT, "Failed: %s, %s: %s", failure.month(), what, failure.reason());
  }

  /** What is going on, in one line. */
  static String summary(JobStatus status) {
    int open =
        status.stages().stream().mapToInt(s -> s.running() + s.failed() + s.remaining()).sum();
    if (open == 0) {
      return "Everything is done; 'bqx plan' says whether something is due again";
    }
    String workers =
        status.claims().stream()
            .filter(claim -> !claim.expired())
            .map(claim -> claim.worker() + " on " + claim.month())
            .collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        "%s%s%s",
        workers.isEmpty() ? "No worker is running" : "Running: " + workers,
        status.rowsPerSecond() == 0
            ? ""
            : "; " + Quantities.rate(status.rowsPerSecond()) + " lately",
        status.remaining().map(time -> ", " + Quantities.duration(time) + " to go").orElse(""));
  }

  private static String stalled(ClaimInfo claim) {
    return String.format(
        Locale.ROOT,
        "Stalled: %s, claimed by %s, last sign of life %s ago; %s",
        claim.month(),
        claim.worker(),
        Quantities.duration(claim.heartbeatAge()),
        claim.exhausted()
            ? String.format(
                Locale.ROOT,
                "its workers died %d times in a row, so it is given to nobody any more",
                claim.attempts())
            : "the next run takes it over");
  }
}
