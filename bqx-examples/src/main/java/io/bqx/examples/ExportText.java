package io.bqx.examples;

import io.bqx.core.export.ExportDestination;
import io.bqx.core.export.ExportOutcome;
import io.bqx.core.export.ExportReport;
import io.bqx.core.export.ExportVerification;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What an export or its verification did, in a few lines; every failure with its reason. */
final class ExportText {

  private static final int SHOWN = 20;

  private ExportText() {}

  static List<String> lines(ExportReport report, ExportDestination to) {
    List<String> lines = new ArrayList<>();
    double seconds = Math.max(1e-3, report.elapsed().toMillis() / 1e3);
    lines.add(
        String.format(
            Locale.ROOT,
            "%s in %s: %s",
            Quantities.count(report.outcomes().size(), "file"),
            Quantities.duration(report.elapsed()),
            report.counts().entrySet().stream()
                .map(entry -> Quantities.count(entry.getValue()) + " " + words(entry.getKey()))
                .collect(Collectors.joining(", "))));
    if (report.rows() > 0) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%s written, %s, %s",
              Quantities.count(report.rows(), "row"),
              Quantities.bytes(report.bytes()),
              Quantities.rate(report.rows() / seconds)));
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "%s holds %s, %s, %s",
            to,
            Quantities.count(report.manifest().files().size(), "file"),
            Quantities.count(report.manifest().rows(), "row"),
            Quantities.bytes(report.manifest().bytes())));
    addFailures(lines, report.failures());
    return lines;
  }

  static List<String> lines(ExportVerification verification) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%s of %s verified in %s: %s, %s by checksum, %s compared with the database",
            Quantities.count(verification.files()),
            Quantities.count(verification.outcomes().size(), "file"),
            Quantities.duration(verification.elapsed()),
            Quantities.count(verification.rows(), "row"),
            Quantities.count(verification.values(), "value"),
            Quantities.count(verification.sampledRows(), "row")));
    addFailures(lines, verification.failures());
    List<String> foreign = verification.foreign();
    foreign.stream().limit(SHOWN).forEach(name -> lines.add("Foreign: " + name));
    if (foreign.size() > SHOWN) {
      lines.add("and " + (foreign.size() - SHOWN) + " more that no export has put there");
    }
    lines.add(
        verification.exitCode() == 0 ? "The export is verified" : "The export is NOT verified");
    return lines;
  }

  private static void addFailures(List<String> lines, List<ExportOutcome> failures) {
    failures.stream()
        .limit(SHOWN)
        .forEach(
            o ->
                lines.add(
                    String.format(
                        Locale.ROOT,
                        "Failed: %s %s: %s",
                        o.pair(),
                        o.month(),
                        o.message().orElse("no reason"))));
    if (failures.size() > SHOWN) {
      lines.add("and " + (failures.size() - SHOWN) + " more that failed");
    }
  }

  private static String words(ExportOutcome.State state) {
    return state.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
