package io.bqx.features;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sixteen minutes of three pairs on numbers that can be checked by hand: {@code golden/tiny}. */
final class TinyMarket {

  static final Universe UNIVERSE =
      Universe.ofPairs(
          List.of(Currency.USD, Currency.EUR, Currency.JPY),
          List.of(CurrencyPair.of("eurjpy"), CurrencyPair.of("eurusd"), CurrencyPair.of("usdjpy")));

  static final Windows WINDOWS = new Windows(List.of(3, 4), List.of(2, 3));

  static final int FILL_LIMIT = 1;
  static final double COST_PERCENT = 0.3;
  static final double THRESHOLD_PERCENT = 0.05;

  private static final long BASELINE = GoldenVectors.epochMicros("2024-07-31T23:52:00Z");

  private static final Pattern FIELD = Pattern.compile("\"([^\"]*)\"|([^,]*)");

  private TinyMarket() {}

  /**
   * A value worked out by hand.
   *
   * @param table {@code bqx}, {@code reg_rate} or {@code reg_bqx}
   * @param time microseconds UTC
   * @param byHand the formula with the numbers put in
   * @param value {@code NaN} if it is missing
   */
  record Worked(String pair, String table, long time, String column, String byHand, double value) {}

  /** Every value worked out by hand, of all formulas. */
  static List<Worked> workedByHand() {
    try (BufferedReader lines = GoldenVectors.open("golden/tiny/tiny.csv")) {
      return lines.lines().skip(1).map(TinyMarket::worked).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the values worked out by hand", e);
    }
  }

  private static Worked worked(String line) {
    String[] fields = new String[6];
    Matcher matcher = FIELD.matcher(line);
    for (int f = 0, from = 0; f < fields.length; f++, from = matcher.end() + 1) {
      matcher.find(from);
      fields[f] = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
    }
    return new Worked(
        fields[0],
        fields[1],
        GoldenVectors.epochMicros(fields[2]),
        fields[3],
        fields[4],
        GoldenVectors.number(fields[5]));
  }

  /** The closes of a pair. */
  static Series closes(String pair) {
    return GoldenVectors.read("golden/tiny/input/" + pair + ".csv").series("close");
  }

  /** The closes of the three pairs. */
  static Map<CurrencyPair, Series> closes() {
    Map<CurrencyPair, Series> all = new LinkedHashMap<>();
    for (CurrencyPair pair : UNIVERSE.pairs()) {
      all.put(pair, closes(pair.name()));
    }
    return all;
  }

  /** The rate index of a pair: its bar at 23:52 is 100. */
  static Series rateIndex(String pair) {
    return rateIndexFrame(pair).series(RateIndex.COLUMN);
  }

  static FeatureFrame rateIndexFrame(String pair) {
    return BootstrapMarket.rateIndexFrame(closes(pair), BASELINE);
  }

  /** The source of {@code reg_bqx}: {@code w2_bqx_return} without the first two rows. */
  static Series regressionSource(String pair) {
    return BootstrapMarket.regressionSource(rateIndex(pair), WINDOWS);
  }
}
