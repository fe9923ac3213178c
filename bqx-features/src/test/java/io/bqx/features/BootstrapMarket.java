package io.bqx.features;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The closes of 28 pairs from 2024-07-22 to 2024-08-09, for which {@code golden/bootstrap-m1} lists
 * expected values.
 */
final class BootstrapMarket {

  /** The pairs that have expected values. */
  static final List<String> GOLDEN_PAIRS =
      List.of("audcad", "cadchf", "chfjpy", "eurusd", "gbpnzd", "usdjpy");

  private static final long BASELINE = GoldenVectors.epochMicros("2024-07-22T00:00:00Z");

  private static final Map<String, Series> CLOSES = new ConcurrentHashMap<>();

  private BootstrapMarket() {}

  /** The closes of a pair. */
  static Series closes(String pair) {
    return CLOSES.computeIfAbsent(
        pair, p -> GoldenVectors.read("bootstrap-m1/" + p + ".csv.gz").series("close"));
  }

  /** The closes of all pairs of the default universe. */
  static Map<CurrencyPair, Series> closes() {
    Map<CurrencyPair, Series> all = new LinkedHashMap<>();
    for (CurrencyPair pair : Universe.g8().pairs()) {
      all.put(pair, closes(pair.name()));
    }
    return all;
  }

  /** The rate index of a pair: its first bar at or after the baseline instant is 100. */
  static Series rateIndex(String pair) {
    return rateIndexFrame(pair).series(RateIndex.COLUMN);
  }

  static FeatureFrame rateIndexFrame(String pair) {
    return rateIndexFrame(closes(pair), BASELINE);
  }

  static FeatureFrame rateIndexFrame(Series closes, long baseline) {
    int at = closes.axis().indexOf(baseline);
    double price = closes.value(at >= 0 ? at : -at - 1);
    return RateIndex.relativeTo(price).compute(closes);
  }

  /**
   * The source of {@code reg_bqx}: the return over the shortest BQX window, without the first rows,
   * where it is missing.
   */
  static Series regressionSource(String pair) {
    return regressionSource(rateIndex(pair), Windows.ofDefaults());
  }

  static Series regressionSource(Series rateIndex, Windows windows) {
    FeatureFrame returns = BackwardReturns.of(windows).compute(rateIndex);
    return returns
        .series(BackwardReturns.regressionSource(windows))
        .slice(windows.regressionSource(), returns.rows());
  }
}
