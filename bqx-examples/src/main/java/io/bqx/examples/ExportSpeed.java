package io.bqx.examples;

import io.bqx.core.BqxException;
import io.bqx.core.export.EncodingTime;
import io.bqx.core.export.ExportDestination;
import io.bqx.core.export.ExportReport;
import io.bqx.core.export.ParquetExport;
import io.bqx.features.CurrencyPair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Measures, by turns, the encoder alone on rows in memory, and the export of the same rows from the
 * database by one worker and by several.
 */
final class ExportSpeed {

  private static final int PAIRS = 4;

  private final BenchDatabase bench;
  private final Console console;
  private final int workers;
  private final List<Round> rounds = new ArrayList<>();

  ExportSpeed(BenchDatabase bench, Console console, int workers) {
    this.bench = bench;
    this.console = console;
    this.workers = workers;
  }

  /** One round: the same files made in three ways. */
  private record Round(Measured encoder, Measured one, Measured several) {

    double ratio() {
      return encoder.seconds() / one.seconds();
    }
  }

  /**
   * Measures rounds until there are as many as wanted, or no more are.
   *
   * @return the figures for the JSON file, empty if nothing was measured
   */
  Map<String, Object> run(int wanted, Supplier<Boolean> stopped) {
    bench.measure(bench.job(1));
    try {
      Path folder = Files.createTempDirectory("bqx-bench-export");
      try (ExportDestination to = ExportDestination.directory(folder)) {
        // The compiler has the same work behind it in all rounds.
        measure(to);
        while (rounds.size() < wanted && !stopped.get()) {
          Round round = measure(to);
          rounds.add(round);
          console.print(
              String.format(
                  Locale.ROOT,
                  "Round %d: encoder alone %.2f s, export by 1 worker %.2f s (%.0f %% of the encoder's speed), by %d %.2f s",
                  rounds.size(),
                  round.encoder().seconds(),
                  round.one().seconds(),
                  100 * round.ratio(),
                  workers,
                  round.several().seconds()));
        }
      } finally {
        Directories.deleteRecursively(folder);
      }
    } catch (IOException e) {
      throw new BqxException(
          "The benchmark cannot use a temporary folder: " + Directories.reason(e), e);
    }
    return rounds.isEmpty() ? Map.of() : summary();
  }

  private Round measure(ExportDestination to) {
    Measured encoder;
    try (UsageMeter meter = UsageMeter.start(bench.database())) {
      EncodingTime time = export(to, 1).encodeFromMemory();
      Usage alone =
          new Usage(
              time.elapsed(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              meter.read().peakHeap());
      encoder = new Measured(time.rows(), time.bytes(), alone);
    }
    return new Round(encoder, measure(to, 1), measure(to, workers));
  }

  private Measured measure(ExportDestination to, int number) {
    try (UsageMeter meter = UsageMeter.start(bench.database())) {
      ExportReport report = export(to, number).redo().run();
      Usage usage = meter.read();
      if (report.exitCode() != 0) {
        throw new BqxException("An export of the benchmark failed: " + report.failures());
      }
      return new Measured(report.rows(), report.bytes(), usage);
    }
  }

  private ParquetExport export(ExportDestination to, int number) {
    return ParquetExport.on(bench.database().dataSource())
        .schema(bench.database().schema())
        .universe(bench.universe())
        .pairs(bench.universe().pairs().stream().limit(PAIRS).toArray(CurrencyPair[]::new))
        .workers(number)
        .to(to);
  }

  private Map<String, Object> summary() {
    double ratio = Figures.median(rounds.stream().map(Round::ratio).toList());
    TextTable table = Figures.table("what").right("of the encoder's speed");
    Figures.row(table, "encoder alone, from memory", median(Round::encoder), "100 %");
    Figures.row(table, "export by 1 worker", median(Round::one), percent(ratio));
    Figures.row(table, "export by " + workers, median(Round::several), "");
    console.print("");
    console.print(table.lines());
    console.print("");
    console.print(
        String.format(
            Locale.ROOT,
            "Medians of %s; %d files of one month",
            Quantities.count(rounds.size(), "round"),
            PAIRS));
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("rounds", rounds.size());
    figures.put("ratio_export", ratio);
    figures.put("encoder", median(Round::encoder).figures());
    figures.put("export_by_one", median(Round::one).figures());
    figures.put("export_by_several", median(Round::several).figures());
    return figures;
  }

  private Measured median(Function<Round, Measured> what) {
    return Measured.median(rounds.stream().map(what).toList());
  }

  private static String percent(double ratio) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * ratio);
  }
}
