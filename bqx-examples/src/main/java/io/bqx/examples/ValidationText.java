package io.bqx.examples;

import io.bqx.core.validation.Check;
import io.bqx.core.validation.ValidationReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The checks of a validation as a table, where they were broken, and the verdict. */
final class ValidationText {

  private ValidationText() {}

  static List<String> lines(ValidationReport report) {
    TextTable table =
        new TextTable().left("validator").left("result").right("partitions").left("rule");
    for (Check check : report.checks()) {
      String result = check.passed() ? "passed" : "FAILED";
      String partitions =
          check.passed()
              ? Quantities.count(check.partitions())
              : String.format(
                  Locale.ROOT,
                  "%s of %s",
                  Quantities.count(check.failed()),
                  Quantities.count(check.partitions()));
      table.row(check.validator(), result, partitions, check.rule());
    }
    List<String> lines = new ArrayList<>(table.lines());
    for (Check check : report.failures()) {
      lines.add("");
      lines.add("Broken: " + check.rule());
      check.examples().forEach(example -> lines.add("  " + example));
    }
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "%s; %s in %s read, %s recomputed, %s",
            verdict(report),
            Quantities.count(report.rows(), "row"),
            Quantities.count(report.partitions(), "partition"),
            Quantities.count(report.values(), "value"),
            Quantities.duration(report.elapsed())));
    return lines;
  }

  /** For example {@code 21 of 21 checks passed}. */
  static String verdict(ValidationReport report) {
    int all = report.checks().size();
    int failed = report.failures().size();
    String verdict =
        String.format(Locale.ROOT, "%d of %s passed", all - failed, Quantities.count(all, "check"));
    return failed == 0 ? verdict : verdict + ", " + failed + " FAILED";
  }
}
