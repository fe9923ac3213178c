package io.bqx.core.report;

import io.bqx.core.internal.Quantities;
import io.bqx.core.validation.ValidationReport;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** How numbers, times and states of a report are put into words. */
final class Wording {

  /** Where a month could not even be begun. */
  static final String WHOLE_MONTH = "the whole month";

  private Wording() {}

  static String time(Instant time) {
    return String.format(Locale.ROOT, "%1$tF %1$tT", time.atOffset(ZoneOffset.UTC));
  }

  static String percent(double percent) {
    return String.format(Locale.ROOT, "%+.1f %%", percent);
  }

  static long rowsPerSecond(Rewrite rewrite) {
    return rowsPerSecond(rewrite.rows(), rewrite.elapsed());
  }

  static long rowsPerSecond(long rows, Duration time) {
    return Math.round(rows / Math.max(1e-3, time.toNanos() / 1e9));
  }

  static String state(CompletionReport report) {
    if (report.isComplete()) {
      return "complete";
    }
    int partitions = report.failures().size();
    int months = report.monthFailures().size();
    return "incomplete"
        + (partitions == 0 ? "" : ", " + Quantities.count(partitions) + " failed")
        + (months == 0 ? "" : ", " + months + (months == 1 ? " month" : " months") + " not begun");
  }

  /** For example {@code 1 cancelled, 2 killed}. */
  static String interruptions(CompletionReport report) {
    Map<JobRun.Ending, Long> endings =
        report.interruptions().stream()
            .collect(
                Collectors.groupingBy(
                    JobRun::ending,
                    () -> new EnumMap<>(JobRun.Ending.class),
                    Collectors.counting()));
    return endings.isEmpty()
        ? "none"
        : endings.entrySet().stream()
            .map(entry -> entry.getValue() + " " + entry.getKey())
            .collect(Collectors.joining(", "));
  }

  static String verdict(Optional<ValidationReport> validation) {
    return validation
        .map(
            found ->
                String.format(
                    Locale.ROOT,
                    "%d of %d checks passed",
                    found.checks().size() - found.failures().size(),
                    found.checks().size()))
        .orElse("not made");
  }
}
