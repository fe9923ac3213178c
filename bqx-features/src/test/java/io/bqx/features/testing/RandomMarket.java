package io.bqx.features.testing;

import io.bqx.features.Currency;
import io.bqx.features.CurrencyPair;
import io.bqx.features.MarketPanel;
import io.bqx.features.TimeAxis;
import io.bqx.features.Universe;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Panels at random: pairs follow their currencies and a noise of their own, stand still for a
 * while, jump, and have gaps of all lengths. Rows are half a day apart unless said otherwise, so
 * that the ends of months fall between them.
 */
public final class RandomMarket {

  /** USD EUR JPY GBP AUD CHF, in which EURCHF, GBPAUD and AUDCHF are not quoted. */
  public static final Universe INCOMPLETE =
      Universe.ofPairs(
          List.of(
              Currency.USD, Currency.EUR, Currency.JPY, Currency.GBP, Currency.AUD, Currency.CHF),
          List.of(
                  "audjpy", "audusd", "chfjpy", "euraud", "eurgbp", "eurjpy", "eurusd", "gbpchf",
                  "gbpjpy", "gbpusd", "usdchf", "usdjpy")
              .stream()
              .map(CurrencyPair::of)
              .toList());

  private static final long MINUTE = 60_000_000L;
  private static final long HALF_A_DAY = 720 * MINUTE;
  private static final long JULY_2024 = 1_719_792_000_000_000L;

  private final Universe universe;
  private final int rows;
  private final int ordinalOfFirstRow;
  private final SplittableRandom random;
  private double gapShare;
  private int absentPairs;
  private long step = HALF_A_DAY;

  /** The market that belongs to a seed; without gaps, and with all pairs, unless asked for. */
  public RandomMarket(Universe universe, int rows, long seed) {
    this.universe = universe;
    this.rows = rows;
    this.random = new SplittableRandom(seed);
    this.ordinalOfFirstRow = random.nextInt(62);
  }

  /** Puts rows a minute apart. */
  public RandomMarket byTheMinute() {
    step = MINUTE;
    return this;
  }

  /** Gives pairs gaps of 1 to 30 rows; a gap begins at each row with the given probability. */
  public RandomMarket withGaps(double probability) {
    gapShare = probability;
    return this;
  }

  /** Leaves a few pairs out of the source. */
  public RandomMarket withAbsentPairs() {
    absentPairs = random.nextInt(universe.pairs().size() / 2);
    return this;
  }

  /** Values like predictions: fractions of some 1e-3 on either side of 0. Others at each call. */
  public MarketPanel predictions() {
    return panel(scaled(withoutSome(walks()), 1e-3));
  }

  /** Positive values, consistent but for noise of some 0.01 percent. Others at each call. */
  public MarketPanel closes() {
    double[][] closes = withoutSome(walks());
    for (double[] ofPair : closes) {
      for (int k = 0; ofPair != null && k < rows; k++) {
        ofPair[k] = Math.exp(1e-4 * ofPair[k]);
      }
    }
    return panel(closes);
  }

  private MarketPanel panel(double[][] values) {
    long[] times = new long[rows];
    Arrays.setAll(times, row -> JULY_2024 + (ordinalOfFirstRow + row) * step);
    return MarketPanel.wrapping(universe, TimeAxis.wrapping(times, ordinalOfFirstRow), values);
  }

  private double[][] walks() {
    double[][] ofCurrency = new double[universe.currencies().size()][];
    Arrays.setAll(ofCurrency, c -> walk());
    double[][] ofPair = new double[universe.pairs().size()][rows];
    for (int p = 0; p < ofPair.length; p++) {
      CurrencyPair pair = universe.pairs().get(p);
      double[] base = ofCurrency[universe.currencies().indexOf(pair.base())];
      double[] quote = ofCurrency[universe.currencies().indexOf(pair.quote())];
      double[] own = walk();
      for (int k = 0; k < rows; k++) {
        ofPair[p][k] = base[k] - quote[k] + 0.3 * own[k];
      }
    }
    return ofPair;
  }

  private double[] walk() {
    double[] walk = new double[rows];
    double at = random.nextDouble() - 0.5;
    int stillUntil = 0;
    for (int k = 0; k < rows; k++) {
      if (random.nextDouble() < 0.02) {
        stillUntil = k + random.nextInt(40);
      }
      if (k >= stillUntil) {
        at = 0.95 * at + random.nextDouble() - 0.5;
        at += random.nextDouble() < 0.01 ? 100 * (random.nextDouble() - 0.5) : 0;
      }
      walk[k] = at;
    }
    return walk;
  }

  private double[][] withoutSome(double[][] values) {
    for (int i = 0; i < absentPairs; i++) {
      values[random.nextInt(values.length)] = null;
    }
    for (double[] ofPair : values) {
      for (int k = 0; ofPair != null && k < rows; k++) {
        if (random.nextDouble() < gapShare) {
          int end = Math.min(rows, k + 1 + random.nextInt(30));
          Arrays.fill(ofPair, k, random.nextBoolean() ? k + 1 : end, Double.NaN);
        }
      }
    }
    return values;
  }

  private static double[][] scaled(double[][] values, double factor) {
    for (double[] ofPair : values) {
      for (int k = 0; ofPair != null && k < ofPair.length; k++) {
        ofPair[k] *= factor;
      }
    }
    return values;
  }
}
