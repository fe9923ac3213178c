package io.bqx.features;

import java.util.ArrayList;
import java.util.List;

/**
 * BQX: how the rate index of the rows before a row compares with the index at that row (section 3
 * of {@code docs/features.md}).
 *
 * <p>For each BQX window {@code W}, over the {@code W} rows before {@code t} ({@code t} itself
 * excluded): return (sum of {@code (idx(t-i) - idx(t)) / idx(t)}, a fraction), highest, lowest and
 * average index (index points), sample standard deviation of the index ({@code n-1}, index points)
 * and endpoint ({@code (idx(t-W) - idx(t)) / idx(t)}, a fraction). The {@code agg_} columns repeat
 * the longest window and add range and volatility as fractions of the index. A positive return
 * means that the price has fallen.
 *
 * <p>Shape: 6 columns per window and 7 aggregates; 37 for the default windows. Missing in the first
 * {@code W} rows of the series.
 *
 * <p>Accuracy: within {@code max(1e-9 |exact|, 1e-12)} of an exact evaluation, however long the
 * series. The cost of a row does not depend on the window.
 */
public final class BackwardReturns implements Formula<Series> {

  private final Windows windows;
  private final List<FeatureColumn> columns;

  private BackwardReturns(Windows windows) {
    this.windows = windows;
    this.columns = columnsOf(windows);
  }

  /** The backward returns over the BQX windows. */
  public static BackwardReturns of(Windows windows) {
    return new BackwardReturns(windows);
  }

  private static List<FeatureColumn> columnsOf(Windows windows) {
    List<FeatureColumn> columns = new ArrayList<>();
    for (int w : windows.bqx()) {
      addWindow(columns, "w" + w + "_bqx_", w);
      columns.add(column("w" + w + "_bqx_endpoint", "fraction", w));
    }
    int w = windows.aggregate();
    addWindow(columns, "agg_bqx_", w);
    columns.add(column("agg_bqx_range", "fraction", w));
    columns.add(column("agg_bqx_volatility", "fraction", w));
    return List.copyOf(columns);
  }

  private static void addWindow(List<FeatureColumn> columns, String prefix, int w) {
    columns.add(column(prefix + "return", "fraction", w));
    columns.add(column(prefix + "max_index", "index points", w));
    columns.add(column(prefix + "min_index", "index points", w));
    columns.add(column(prefix + "avg_index", "index points", w));
    columns.add(column(prefix + "stdev_index", "index points", w));
  }

  private static FeatureColumn column(String name, String unit, int w) {
    return FeatureColumn.ofDouble(name, RateIndex.STAGE, unit, w);
  }

  /** The name of the column that is the source of {@code reg_bqx}: {@code w15_bqx_return}. */
  public static String regressionSource(Windows windows) {
    return "w" + windows.regressionSource() + "_bqx_return";
  }

  @Override
  public List<FeatureColumn> columns() {
    return columns;
  }

  @Override
  public int lookback() {
    return windows.aggregate();
  }

  @Override
  public FeatureFrame compute(Series rateIndex) {
    FeatureFrame out = FeatureFrame.allocate(rateIndex.axis(), columns);
    computeInto(rateIndex, out);
    return out;
  }

  @Override
  public void computeInto(Series rateIndex, FeatureFrame out) {
    out.requireColumns(columns, rateIndex.axis());
    int firstColumn = 0;
    for (int w : windows.bqx()) {
      new RollingReturns(w).compute(rateIndex, out, firstColumn);
      firstColumn += RollingReturns.COLUMNS;
    }
    computeAggregates(rateIndex.values(), out, firstColumn - RollingReturns.COLUMNS, firstColumn);
  }

  /**
   * The aggregates are the longest window's columns but its endpoint, then range and volatility.
   */
  private static void computeAggregates(
      double[] index, FeatureFrame out, int longest, int aggregates) {
    int copied = RollingReturns.COLUMNS - 1;
    for (int i = 0; i < copied; i++) {
      System.arraycopy(
          out.unsafeColumn(longest + i), 0, out.unsafeColumn(aggregates + i), 0, index.length);
    }
    double[] highest = out.unsafeColumn(longest + 1);
    double[] lowest = out.unsafeColumn(longest + 2);
    double[] deviation = out.unsafeColumn(longest + 4);
    double[] range = out.unsafeColumn(aggregates + copied);
    double[] volatility = out.unsafeColumn(aggregates + copied + 1);
    for (int t = 0; t < index.length; t++) {
      range[t] = RollingReturns.ratio(highest[t] - lowest[t], index[t]);
      volatility[t] = RollingReturns.ratio(deviation[t], index[t]);
    }
  }
}
