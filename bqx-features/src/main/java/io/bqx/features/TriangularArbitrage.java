package io.bqx.features;

import java.util.ArrayList;
import java.util.List;

/**
 * Triangular arbitrage of stage 2.4: for each pair, the best round trip that buys it directly and
 * sells it through a third currency, or the reverse (section 7 of {@code docs/features.md}).
 *
 * <p>The input is the close of every pair, never the rate index. A triangle counts where all three
 * bars are present at exactly that time. Costs and profits are in percent of the round trip.
 *
 * <p>Shape: 4 columns per pair; 112 for the default universe. All four are missing where no
 * triangle of the pair is complete.
 */
public final class TriangularArbitrage implements Formula<MarketPanel> {

  /** 0.02 percent for the whole round trip, about two thirds of a pip a leg. */
  public static final double DEFAULT_COST_PERCENT = 0.02;

  /** 0 percent: every profit after costs is an opportunity. */
  public static final double DEFAULT_THRESHOLD_PERCENT = 0;

  private final Universe universe;
  private final double costPercent;
  private final double thresholdPercent;
  private final List<FeatureColumn> columns;

  private TriangularArbitrage(Universe universe, double costPercent, double thresholdPercent) {
    this.universe = universe;
    this.costPercent = costPercent;
    this.thresholdPercent = thresholdPercent;
    this.columns = columnsOf(universe);
  }

  /** Round trips at the default cost and threshold. */
  public static TriangularArbitrage of(Universe universe) {
    return of(universe, DEFAULT_COST_PERCENT, DEFAULT_THRESHOLD_PERCENT);
  }

  /**
   * Round trips at the given cost and threshold.
   *
   * @param costPercent cost of the whole round trip in percent, 0 to below 100
   * @param thresholdPercent profit after costs, in percent, above which there is an opportunity
   * @throws IllegalArgumentException if the cost is outside its range or the threshold is not
   *     finite; the message names the setting
   */
  public static TriangularArbitrage of(
      Universe universe, double costPercent, double thresholdPercent) {
    if (!(costPercent >= 0 && costPercent < 100)) {
      throw new IllegalArgumentException(
          "The cost of a round trip must be 0 to below 100 percent, not " + costPercent);
    }
    if (!Double.isFinite(thresholdPercent)) {
      throw new IllegalArgumentException(
          "The threshold must be a finite number of percent, not " + thresholdPercent);
    }
    return new TriangularArbitrage(universe, costPercent, thresholdPercent);
  }

  private static List<FeatureColumn> columnsOf(Universe universe) {
    List<FeatureColumn> columns = new ArrayList<>();
    for (CurrencyPair pair : universe.pairs()) {
      String prefix = pair.name() + "_arbitrage_";
      columns.add(column(prefix + "profit_pct", FeatureType.DOUBLE, "percent"));
      columns.add(column(prefix + "opportunity", FeatureType.BOOLEAN, "true or false"));
      columns.add(
          column(
              prefix + "direction",
              FeatureType.SMALLINT,
              "+1 buy the pair directly, -1 sell it directly"));
      columns.add(column(prefix + "max_profit", FeatureType.DOUBLE, "percent"));
    }
    return List.copyOf(columns);
  }

  private static FeatureColumn column(String name, FeatureType type, String unit) {
    return new FeatureColumn(name, type, "2.4", unit, 0);
  }

  @Override
  public List<FeatureColumn> columns() {
    return columns;
  }

  @Override
  public int lookback() {
    return 0;
  }

  @Override
  public FeatureFrame compute(MarketPanel closes) {
    FeatureFrame out = FeatureFrame.allocate(closes.grid(), columns);
    computeInto(closes, out);
    return out;
  }

  @Override
  public void computeInto(MarketPanel closes, FeatureFrame out) {
    closes.requireUniverse(universe);
    out.requireColumns(columns, closes.grid());
    ExchangeRates rates = new ExchangeRates(universe);
    List<RoundTrips> roundTrips =
        universe.pairs().stream().map(pair -> new RoundTrips(pair, rates)).toList();
    for (int from = 0; from < out.rows(); from += ExchangeRates.TILE) {
      int rows = Math.min(ExchangeRates.TILE, out.rows() - from);
      rates.load(closes, from, rows);
      for (int p = 0; p < roundTrips.size(); p++) {
        roundTrips.get(p).findBest();
        write(roundTrips.get(p), from, rows, 4 * p, out);
      }
    }
  }

  private void write(RoundTrips roundTrips, int from, int rows, int firstColumn, FeatureFrame out) {
    double[] profit = out.unsafeColumn(firstColumn);
    double[] opportunity = out.unsafeColumn(firstColumn + 1);
    double[] direction = out.unsafeColumn(firstColumn + 2);
    double[] maxProfit = out.unsafeColumn(firstColumn + 3);
    double kept = 1 - costPercent / 100;
    for (int i = 0; i < rows; i++) {
      double gross = roundTrips.gross(i);
      double net = 100 * ((1 + gross / 100) * kept - 1);
      boolean missing = Double.isNaN(gross);
      boolean profitable = net > thresholdPercent;
      profit[from + i] = net;
      opportunity[from + i] = missing ? Double.NaN : profitable ? 1 : 0;
      direction[from + i] = missing ? Double.NaN : profitable ? roundTrips.direction(i) : 0;
      maxProfit[from + i] = gross;
    }
  }
}
