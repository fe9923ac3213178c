package io.bqx.core.report;

import io.bqx.core.validation.ValidationReport;
import java.math.BigDecimal;
import java.math.RoundingMode;
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

  static final String INTERRUPTIONS_NOTE =
      "Repeated: so many partitions may have been begun and not stored. USD: what rented machines"
          + " cost until the work went on.";

  private static final int CENTS = 2;

  private Wording() {}

  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  static String time(Instant time) {
    return String.format(Locale.ROOT, "%1$tF %1$tT", time.atOffset(ZoneOffset.UTC));
  }

  /** In its two largest units; below a minute in seconds. */
  static String duration(Duration time) {
    if (time.toMillis() < 9_995) {
      return String.format(Locale.ROOT, "%.2f s", time.toMillis() / 1000.0);
    }
    long seconds = Math.round(time.toMillis() / 1000.0);
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3600) {
      return seconds / 60 + " min " + seconds % 60 + " s";
    }
    long minutes = Math.round(seconds / 60.0);
    return minutes / 60 + " h " + minutes % 60 + " min";
  }

  static String repeated(Interruption interruption) {
    return interruption.repeated() == 0 ? "0" : "at most " + count(interruption.repeated());
  }

  static String planned(WorkComparison work, String otherwise) {
    return work.plannedTime().isZero() ? otherwise : duration(work.plannedTime());
  }

  static String actualTime(CompletionReport report) {
    return report.machines().isEmpty()
        ? "Actual is time by the clock, pauses left out."
        : "Actual is the time of the rented machines, divided among the stages that were being"
            + " written, in proportion to their columns; the rest is preparation, looking for what"
            + " is due, validation, export and waiting.";
  }

  static String usd(Optional<BigDecimal> amount, String otherwise) {
    return amount
        .map(found -> found.setScale(CENTS, RoundingMode.HALF_UP).toPlainString())
        .orElse(otherwise);
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
    int failed = report.failures().size();
    return failed == 0 ? "incomplete" : "incomplete, " + count(failed) + " failed";
  }

  /** For example {@code 1 cancelled, 2 killed}. */
  static String interruptions(CompletionReport report) {
    Map<JobRun.Ending, Long> endings =
        report.interruptions().stream()
            .collect(
                Collectors.groupingBy(
                    Interruption::ending,
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
