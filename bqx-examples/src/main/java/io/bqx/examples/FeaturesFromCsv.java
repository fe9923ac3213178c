package io.bqx.examples;

import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureEngine;
import io.bqx.features.FeatureFrame;
import io.bqx.features.MarketPanel;
import io.bqx.features.Series;
import io.bqx.features.TimeAxis;
import io.bqx.features.Universe;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Computes features in memory from a CSV file of closes, with no database.
 *
 * <p>The file has a header {@code time,eurusd,gbpusd,...} and one line per minute: the time in ISO
 * 8601 and the close of each pair, empty where a pair has no bar.
 */
public final class FeaturesFromCsv {

  private static final List<String> SHOWN =
      List.of(
          "usd_basket_index",
          "eur_basket_index",
          "eur_basket_momentum_60min",
          "jpy_basket_strength_vs_safe_haven",
          "usd_bloc_strength",
          "usd_bloc_consensus");

  private FeaturesFromCsv() {}

  /** Prints features of the last row of the file that the one argument names. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      System.err.println(
          "Usage: FeaturesFromCsv FILE, a CSV file with the header time,eurusd,gbpusd,...");
      System.exit(2);
    }
    print(compute(Path.of(arguments[0])), System.out);
  }

  /**
   * The currency indices and blocs of the closes in a file.
   *
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if it is not a file of closes; the message names file and line
   */
  static FeatureFrame compute(Path file) throws IOException {
    MarketPanel closes = readCloses(file, Universe.g8());
    return FeatureEngine.forUniverse(Universe.g8())
        .windows(60, 90)
        .currencyIndices()
        .blocs()
        .compute(closes);
  }

  static void print(FeatureFrame features, PrintStream out) {
    int last = features.rows() - 1;
    out.println(
        features.columns().size()
            + " columns of "
            + features.rows()
            + " rows; at "
            + features.axis().instant(last));
    for (String column : SHOWN) {
      out.println("  " + column + " = " + features.value(column, last));
    }
  }

  private static MarketPanel readCloses(Path file, Universe universe) throws IOException {
    List<String> lines = Files.readAllLines(file);
    if (lines.size() < 2 || !lines.get(0).startsWith("time,")) {
      throw new IllegalArgumentException(
          file + " has no header such as time,eurusd,gbpusd and rows below it");
    }
    String[] header = lines.get(0).split(",");
    int rows = lines.size() - 1;
    long[] times = new long[rows];
    double[][] closes = new double[header.length - 1][rows];
    for (int row = 0; row < rows; row++) {
      String[] fields = lines.get(row + 1).split(",", -1);
      if (fields.length != header.length) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s line %d has %d fields; the header has %d",
                file,
                row + 2,
                fields.length,
                header.length));
      }
      times[row] = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(fields[0]));
      for (int column = 1; column < fields.length; column++) {
        closes[column - 1][row] =
            fields[column].isEmpty() ? Double.NaN : Double.parseDouble(fields[column]);
      }
    }
    TimeAxis grid = TimeAxis.wrapping(times, 0);
    Map<CurrencyPair, Series> series = new HashMap<>();
    for (int column = 1; column < header.length; column++) {
      series.put(CurrencyPair.of(header[column]), Series.wrapping(grid, closes[column - 1]));
    }
    return MarketPanel.align(universe, grid, series);
  }
}
