package io.bqx.features;

import java.util.ArrayList;
import java.util.List;

/**
 * Currency baskets of stage 2.3: how each currency's pairs are predicted to stand, on the market
 * grid (section 6 of {@code docs/features.md}).
 *
 * <p>The input is the prediction over the shortest regression window of every pair, a fraction. The
 * basket index of a currency is the mean of its pairs' predictions, each with the sign of the
 * currency in the pair. A positive index means that the currency has <em>weakened</em> over the
 * window, because BQX looks backward.
 *
 * <p>Shape: per currency 1 index, 4 columns per window and 1 strength per group; 8 x 28 = 224 for
 * the default universe and windows.
 */
public final class CurrencyIndices implements Formula<MarketPanel> {

  private final Universe universe;
  private final Windows windows;
  private final List<FeatureColumn> columns;

  private CurrencyIndices(Universe universe, Windows windows) {
    this.universe = universe;
    this.windows = windows;
    this.columns = columnsOf(universe, windows);
  }

  /** The baskets of every currency of the universe, over the regression windows. */
  public static CurrencyIndices of(Universe universe, Windows windows) {
    return new CurrencyIndices(universe, windows);
  }

  private static List<FeatureColumn> columnsOf(Universe universe, Windows windows) {
    List<FeatureColumn> columns = new ArrayList<>();
    for (Currency currency : universe.currencies()) {
      String prefix = currency.lowerCode() + "_basket_";
      columns.add(column(prefix + "index", "fraction", 0));
      for (int w : windows.regression()) {
        columns.add(column(prefix + "momentum_" + w + "min", "fraction", w - 1));
        columns.add(column(prefix + "momentum_accel_" + w + "min", "fraction", w - 1));
        columns.add(column(prefix + "momentum_roc_" + w + "min", "percent", w - 1));
        columns.add(column(prefix + "volatility_" + w + "min", "fraction", w - 1));
      }
      for (CurrencyGroup group : universe.strengthGroups()) {
        columns.add(column(prefix + "strength_vs_" + group.name(), "fraction", 0));
      }
    }
    return List.copyOf(columns);
  }

  private static FeatureColumn column(String name, String unit, int lookback) {
    return FeatureColumn.ofDouble(name, "2.3", unit, lookback);
  }

  @Override
  public List<FeatureColumn> columns() {
    return columns;
  }

  @Override
  public int lookback() {
    return windows.longestRegression() - 1;
  }

  @Override
  public FeatureFrame compute(MarketPanel predictions) {
    FeatureFrame out = FeatureFrame.allocate(predictions.grid(), columns);
    computeInto(predictions, out);
    return out;
  }

  @Override
  public void computeInto(MarketPanel predictions, FeatureFrame out) {
    predictions.requireUniverse(universe);
    out.requireColumns(columns, predictions.grid());
    computeIndices(predictions, out);
    for (int c = 0; c < universe.currencies().size(); c++) {
      double[] index = out.unsafeColumn(indexColumn(c));
      for (int i = 0; i < windows.regression().size(); i++) {
        computeWindow(
            index, predictions.grid(), windows.regression().get(i), windowColumn(c, i), out);
      }
    }
    computeStrengths(out);
  }

  private int indexColumn(int currency) {
    return currency * columns.size() / universe.currencies().size();
  }

  private int windowColumn(int currency, int window) {
    return indexColumn(currency) + 1 + 4 * window;
  }

  private int strengthColumn(int currency, int group) {
    return windowColumn(currency, windows.regression().size()) + group;
  }

  private void computeIndices(MarketPanel predictions, FeatureFrame out) {
    PresentValues[] ofPair = PresentValues.allocate(universe.pairs().size());
    PresentMean mean = new PresentMean();
    for (int from = 0; from < out.rows(); from += PresentValues.TILE) {
      int rows = Math.min(PresentValues.TILE, out.rows() - from);
      for (int p = 0; p < ofPair.length; p++) {
        ofPair[p].load(predictions.values(p), from, rows);
      }
      for (int c = 0; c < universe.currencies().size(); c++) {
        Currency currency = universe.currencies().get(c);
        mean.clear();
        for (CurrencyPair pair : universe.pairsWith(currency)) {
          mean.add(ofPair[universe.indexOf(pair)], pair.signOf(currency));
        }
        mean.write(from, rows, out.unsafeColumn(indexColumn(c)));
      }
    }
  }

  private static void computeWindow(
      double[] b, TimeAxis grid, int w, int firstColumn, FeatureFrame out) {
    Momentum.difference(b, w, out.unsafeColumn(firstColumn));
    Momentum.acceleration(b, w, out.unsafeColumn(firstColumn + 1));
    Momentum.rateOfChange(b, w, out.unsafeColumn(firstColumn + 2));
    new RollingMoments(w).populationStdDev(b, grid, out.unsafeColumn(firstColumn + 3));
  }

  private void computeStrengths(FeatureFrame out) {
    PresentValues[] indices = PresentValues.allocate(universe.currencies().size());
    PresentMean others = new PresentMean();
    for (int from = 0; from < out.rows(); from += PresentValues.TILE) {
      int rows = Math.min(PresentValues.TILE, out.rows() - from);
      for (int c = 0; c < indices.length; c++) {
        indices[c].load(out.unsafeColumn(indexColumn(c)), from, rows);
      }
      for (int c = 0; c < indices.length; c++) {
        for (int g = 0; g < universe.strengthGroups().size(); g++) {
          addOthers(indices, c, universe.strengthGroups().get(g), others);
          others.subtractFrom(
              out.unsafeColumn(indexColumn(c)), from, rows, out.unsafeColumn(strengthColumn(c, g)));
        }
      }
    }
  }

  private void addOthers(
      PresentValues[] indices, int currency, CurrencyGroup group, PresentMean mean) {
    mean.clear();
    for (int x = 0; x < indices.length; x++) {
      if (x != currency && group.contains(universe.currencies().get(x))) {
        mean.add(indices[x], 1);
      }
    }
  }
}
