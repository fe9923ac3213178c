package io.bqx.examples;

import io.bqx.core.ingest.ImportReport;
import io.bqx.core.ingest.ImportReport.LoadedFile;
import io.bqx.core.ingest.ImportReport.SkippedFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What an import did: a line per loaded file, and the sums. */
final class ImportText {

  private ImportText() {}

  static List<String> lines(ImportReport report) {
    List<String> lines = new ArrayList<>();
    if (!report.loaded().isEmpty()) {
      lines.addAll(table(report.loaded()).lines());
      lines.add("");
    }
    for (SkippedFile skipped : report.skipped()) {
      lines.add(
          String.format(
              Locale.ROOT, "Skipped %s: %s", skipped.file().getFileName(), skipped.reason()));
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "%s loaded, %s refused: %s inserted, %s replaced, %s stored already",
            Quantities.count(report.loaded().size(), "file"),
            Quantities.count(report.failed().size()),
            Quantities.count(report.inserted(), "bar"),
            Quantities.count(report.replaced()),
            Quantities.count(report.unchanged())));
    return lines;
  }

  private static TextTable table(List<LoadedFile> files) {
    TextTable table =
        new TextTable()
            .left("pair")
            .right("bars")
            .right("inserted")
            .right("replaced")
            .right("unchanged")
            .left("first (UTC)")
            .left("last (UTC)")
            .left("times were");
    for (LoadedFile file : files) {
      table.row(
          file.pair(),
          Quantities.count(file.read()),
          Quantities.count(file.inserted()),
          Quantities.count(file.replaced()),
          Quantities.count(file.unchanged()),
          file.first(),
          file.last(),
          file.zone());
    }
    return table;
  }
}
