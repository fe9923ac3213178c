package io.bqx.examples;

import io.bqx.core.run.PartitionOutcome;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.run.RunReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What a run did, in a few lines; every failure with its reason. */
final class ReportText {

  private static final int SHOWN_FAILURES = 20;

  private ReportText() {}

  static List<String> lines(RunReport report) {
    List<String> lines = new ArrayList<>();
    double seconds = report.elapsed().toMillis() / 1000.0;
    lines.add(
        String.format(
            Locale.ROOT,
            "%s in %s: %s",
            Quantities.count(report.outcomes().size(), "partition"),
            Quantities.duration(report.elapsed()),
            counts(report.counts())));
    if (report.rows() > 0) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%s written, %s, %s",
              Quantities.count(report.rows(), "row"),
              Quantities.bytes(report.bytes()),
              Quantities.rate(seconds == 0 ? 0 : report.rows() / seconds)));
    }
    List<PartitionOutcome> failures = report.failures();
    failures.stream()
        .limit(SHOWN_FAILURES)
        .forEach(
            o ->
                lines.add(
                    String.format(
                        Locale.ROOT,
                        "Failed: %s %s: %s",
                        o.scope(),
                        o.month(),
                        o.message().orElse("no reason"))));
    if (failures.size() > SHOWN_FAILURES) {
      lines.add("and " + (failures.size() - SHOWN_FAILURES) + " more; 'bqx status' lists them");
    }
    report.unfinished().ifPresent(what -> lines.add("Unfinished: " + what));
    return lines;
  }

  private static String counts(Map<State, Long> counts) {
    return counts.isEmpty()
        ? "nothing to do"
        : counts.entrySet().stream()
            .map(entry -> Quantities.count(entry.getValue()) + " " + words(entry.getKey()))
            .collect(Collectors.joining(", "));
  }

  private static String words(State state) {
    return state.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
