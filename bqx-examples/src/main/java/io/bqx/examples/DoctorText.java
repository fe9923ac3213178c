package io.bqx.examples;

import io.bqx.core.doctor.DoctorReport;
import io.bqx.core.doctor.Finding;
import io.bqx.core.doctor.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The findings about a server: all of them in a table, then what is not in order, in full. */
final class DoctorText {

  private DoctorText() {}

  static List<String> lines(DoctorReport report) {
    TextTable table = new TextTable().left("topic").left("verdict").left("found");
    report
        .findings()
        .forEach(finding -> table.row(finding.topic(), word(finding.verdict()), finding.found()));
    List<String> lines = new ArrayList<>(table.lines());
    List<Finding> problems = report.with(Verdict.PROBLEM);
    List<Finding> advice = report.with(Verdict.ADVICE);
    Stream.concat(problems.stream(), advice.stream())
        .forEach(
            finding -> {
              lines.add("");
              lines.add(word(finding.verdict()) + " " + finding.topic() + ": " + finding.found());
              lines.add("  why: " + finding.why());
              lines.add("  do:  " + finding.remedy());
            });
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "%s, %s of advice, %d in order",
            Quantities.count(problems.size(), "problem"),
            Quantities.count(advice.size(), "piece"),
            report.with(Verdict.OK).size()));
    return lines;
  }

  private static String word(Verdict verdict) {
    return verdict == Verdict.OK ? "ok" : verdict.name();
  }
}
