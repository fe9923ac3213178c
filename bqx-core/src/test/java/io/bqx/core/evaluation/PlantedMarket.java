package io.bqx.core.evaluation;

import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureType;
import io.bqx.features.Series;
import io.bqx.features.TimeAxis;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A market whose returns are noise and, with a given strength, a signal that persists for a while
 * and stands in one column beside the foundation's.
 *
 * <p>{@code r(t+1) = strength * sigma * s(t) + sigma * e(t+1)}, {@code s(t+1) = 0.95 s(t) + sqrt(1
 * - 0.95^2) u(t+1)}. The foundation has the row's own return, a slow noise and a constant; the
 * other columns are the signal, a noise and one that is missing now and then.
 */
final class PlantedMarket implements FeatureRows {

  static final int FOUNDATION = 3;
  static final int SIGNAL = 3;

  private static final List<CurrencyPair> PAIRS =
      List.of(CurrencyPair.of("eurusd"), CurrencyPair.of("gbpjpy"), CurrencyPair.of("usdchf"));
  private static final double SIGMA = 1e-4;
  private static final double PERSISTENCE = 0.95;
  private static final long MINUTE = 60_000_000L;
  private static final long START = 1_720_000_000_000_000L;

  private final double strength;
  private final Map<CurrencyPair, Series> prices = new TreeMap<>();
  private final Map<CurrencyPair, double[][]> features = new TreeMap<>();

  private PlantedMarket(int rows, double strength, long seed) {
    this.strength = strength;
    SplittableRandom random = new SplittableRandom(seed);
    for (CurrencyPair pair : PAIRS) {
      plant(pair, rows, random.split());
    }
  }

  static PlantedMarket of(int rows, double strength, long seed) {
    return new PlantedMarket(rows, strength, seed);
  }

  private void plant(CurrencyPair pair, int rows, SplittableRandom random) {
    long[] times = new long[rows];
    double[] price = new double[rows];
    double[][] values = new double[rows][];
    double logarithm = 0;
    double signal = random.nextGaussian();
    double slow = 0;
    long time = START;
    for (int row = 0; row < rows; row++) {
      double change = row == 0 ? 0 : SIGMA * (strength * signal + random.nextGaussian());
      logarithm += change;
      if (row > 0) {
        signal =
            PERSISTENCE * signal + Math.sqrt(1 - PERSISTENCE * PERSISTENCE) * random.nextGaussian();
      }
      slow = 0.99 * slow + random.nextGaussian();
      time += random.nextInt(50) == 0 ? 3 * MINUTE : MINUTE;
      times[row] = time;
      price[row] = 100 * Math.exp(logarithm);
      values[row] =
          new double[] {
            change,
            slow,
            7,
            signal,
            random.nextGaussian(),
            random.nextInt(10) == 0 ? Double.NaN : random.nextGaussian()
          };
    }
    prices.put(pair, Series.wrapping(TimeAxis.wrapping(times, 0), price));
    features.put(pair, values);
  }

  /** The correlation of the best forecast with the return over the next rows. */
  double bestIc(int target) {
    double ofSignal = strength * (1 - Math.pow(PERSISTENCE, target)) / (1 - PERSISTENCE);
    double variance = target;
    for (int i = 0; i < target; i++) {
      for (int j = 0; j < target; j++) {
        variance += strength * strength * Math.pow(PERSISTENCE, Math.abs(i - j));
      }
    }
    return Math.abs(ofSignal) / Math.sqrt(variance);
  }

  /** The same market with other features and prices from a row of each pair on. */
  PlantedMarket changedFrom(int row, double by) {
    PlantedMarket changed = new PlantedMarket(0, strength, 0);
    prices.forEach(
        (pair, series) -> {
          double[] price = series.toArray();
          double[][] values = features.get(pair).clone();
          for (int t = Math.min(row, price.length); t < price.length; t++) {
            price[t] *= 1 + by * (t % 7 + 1);
            int at = t;
            values[t] = values[t].clone();
            Arrays.setAll(values[t], j -> values[at][j] + by * (j - at % 5));
          }
          changed.prices.put(pair, Series.wrapping(series.axis(), price));
          changed.features.put(pair, values);
        });
    return changed;
  }

  /** The same market with a column in another unit. */
  PlantedMarket scaled(int column, double factor, double offset) {
    PlantedMarket changed = new PlantedMarket(0, strength, 0);
    changed.prices.putAll(prices);
    features.forEach(
        (pair, rows) -> {
          double[][] values = new double[rows.length][];
          for (int t = 0; t < rows.length; t++) {
            values[t] = rows[t].clone();
            values[t][column] = factor * values[t][column] + offset;
          }
          changed.features.put(pair, values);
        });
    return changed;
  }

  /** The same market whose features at a row are those of the next one. */
  PlantedMarket lookingARowAhead() {
    PlantedMarket changed = new PlantedMarket(0, strength, 0);
    changed.prices.putAll(prices);
    features.forEach(
        (pair, rows) -> {
          double[][] values = Arrays.copyOfRange(rows, 1, rows.length + 1);
          values[rows.length - 1] = rows[rows.length - 1];
          changed.features.put(pair, values);
        });
    return changed;
  }

  Map<CurrencyPair, Series> prices() {
    return prices;
  }

  Evaluation evaluation(EvaluationSettings settings) {
    return Evaluation.of(this, prices).foundation(FOUNDATION).lookback(25).settings(settings);
  }

  @Override
  public List<FeatureColumn> columns() {
    return List.of(
        column("last_return", 1),
        column("slow_noise", 25),
        column("constant", 0),
        new FeatureColumn("signal", FeatureType.DOUBLE, "2.97", "fraction", 0),
        column("noise", 0),
        column("gappy_noise", 0));
  }

  private static FeatureColumn column(String name, int lookback) {
    return new FeatureColumn(name, FeatureType.DOUBLE, "2.99", "fraction", lookback);
  }

  @Override
  public void read(CurrencyPair pair, long from, long to, RowConsumer consumer) {
    TimeAxis axis = prices.get(pair).axis();
    for (int row = 0; row < axis.rows(); row++) {
      long time = axis.epochMicros(row);
      if (from <= time && time < to) {
        consumer.accept(time, features.get(pair)[row].clone());
      }
    }
  }
}
