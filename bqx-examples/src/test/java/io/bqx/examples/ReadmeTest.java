package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bqx.core.export.ExportDestination;
import io.bqx.core.export.ExportReport;
import io.bqx.core.export.ExportVerification;
import io.bqx.core.export.ParquetExport;
import io.bqx.core.ingest.BarFormat;
import io.bqx.core.ingest.BarImport;
import io.bqx.core.ingest.ImportReport;
import io.bqx.core.run.Phase2;
import io.bqx.core.run.RunReport;
import io.bqx.core.validation.Check;
import io.bqx.core.validation.ValidationReport;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureEngine;
import io.bqx.features.FeatureFrame;
import io.bqx.features.MarketPanel;
import io.bqx.features.Series;
import io.bqx.features.TimeAxis;
import io.bqx.features.Universe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples of the README: they compile, do what it says, and stand there word for word. */
class ReadmeTest {

  private static final Path MODULE = Path.of(System.getProperty("basedir", "."));
  private static final Path SOURCE =
      MODULE.resolve("src/test/java").resolve("io/bqx/examples/ReadmeTest.java");
  private static final Path README = MODULE.resolve("../README.md");

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"index", "import", "phase2", "export"})
  void everyExampleStandsInTheReadmeWordForWord(String name) throws IOException {
    assertThat(Files.readString(README))
        .contains("<!-- example: " + name + " -->\n```java\n" + example(name) + "```\n");
  }

  @Test
  void theIndexExampleGivesTheNumberThatItsCommentTells() {
    // example: index
    TimeAxis minutes = TimeAxis.of(LongStream.range(0, 6).map(m -> m * 60_000_000).toArray());
    Series eurusd = Series.of(minutes, 1, 1.25, 1, 1.25, 2, 1);
    Series usdjpy = Series.of(minutes, 100, 125, 100, 80, 100, 125);
    Map<CurrencyPair, Series> closes =
        Map.of(CurrencyPair.of("eurusd"), eurusd, CurrencyPair.of("usdjpy"), usdjpy);
    FeatureFrame indices =
        FeatureEngine.forUniverse(Universe.g8())
            .windows(3)
            .bqxWindows(2)
            .currencyIndices()
            .compute(MarketPanel.align(Universe.g8(), closes));
    double dollar = indices.value("usd_basket_index", 5); // -0.905
    // end

    assertThat(dollar).isCloseTo(-0.905, within(1e-12));
  }

  @Test
  void theImportPhase2AndExportExamplesFillCheckAndReadADatabase() throws IOException {
    Path bars = folder;
    writeBars("eurusd", 1.1);
    writeBars("usdjpy", 150);
    writeBars("eurjpy", 165);
    try (EmbeddedServer server = EmbeddedServer.temporary()) {
      DataSource dataSource = server.dataSource();

      // example: import
      ImportReport imported = BarImport.into(dataSource).format(BarFormat.CSV).folder(bars).run();
      // end

      // example: phase2
      YearMonth from = YearMonth.of(2024, 7);
      YearMonth to = YearMonth.of(2024, 8);
      RunReport report = Phase2.on(dataSource).months(from, to).workers(2).run();
      report.failures().forEach(System.out::println);
      ValidationReport checks = Phase2.on(dataSource).months(from, to).validate();
      // end

      Path folder = this.folder.resolve("features");
      // example: export
      ExportDestination features = ExportDestination.directory(folder);
      ExportReport exported = ParquetExport.on(dataSource).to(features).run();
      ExportVerification verified = ParquetExport.on(dataSource).to(features).verify();
      // end

      assertThat(exported.manifest().files()).hasSize(6);
      assertThat(verified.exitCode()).isZero();
      assertThat(imported.exitCode()).isZero();
      assertThat(report.exitCode()).isZero();
      assertThat(report.rows()).isPositive();
      // The other 25 pairs have no bars, which is what the checks of the whole job find.
      assertThat(checks.failures()).extracting(Check::validator).containsOnly("whole");
      assertThat(checks.values()).isPositive();
    }
  }

  /** Bars of every tenth minute of the first hours of two months. */
  private void writeBars(String pair, double price) throws IOException {
    List<String> lines = new ArrayList<>(List.of("time,open,high,low,close,volume"));
    for (int month = 7; month <= 8; month++) {
      Instant first = LocalDateTime.of(2024, month, 1, 0, 0).toInstant(ZoneOffset.UTC);
      for (int row = 0; row < 90; row++) {
        double close = price * (1 + 1e-4 * (row * row % 17));
        lines.add(first.plusSeconds(600L * row) + ("," + close).repeat(4) + ",1");
      }
    }
    Files.write(folder.resolve(pair + ".csv"), lines);
  }

  /** The lines of this file between the markers of an example, without their indentation. */
  private static String example(String name) throws IOException {
    List<String> lines = Files.readAllLines(SOURCE);
    int begin = indexOf(lines, "// example: " + name, 0);
    int end = indexOf(lines, "// end", begin);
    int indentation = lines.get(begin).indexOf('/');
    StringBuilder text = new StringBuilder();
    for (String line : lines.subList(begin + 1, end)) {
      text.append(line.isEmpty() ? "" : line.substring(indentation)).append('\n');
    }
    return text.toString();
  }

  private static int indexOf(List<String> lines, String marker, int from) {
    for (int line = from; line < lines.size(); line++) {
      if (lines.get(line).strip().equals(marker)) {
        return line;
      }
    }
    throw new IllegalStateException("There is no line '" + marker + "' in " + SOURCE);
  }
}
