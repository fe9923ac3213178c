package io.bqx.features;

import java.util.ArrayList;
import java.util.List;

/**
 * Currency blocs of stage 2.16B: how strong a bloc of currencies stands and how closely its members
 * move together, on the market grid (section 8 of {@code docs/features.md}).
 *
 * <p>The input is the prediction over the shortest regression window of every pair, a fraction.
 * Members of a bloc are the pairs of the source with exactly one leg inside; a member's value is
 * its prediction, negated if the quote is inside. A positive strength means that the bloc has
 * <em>weakened</em> over the window, because BQX looks backward.
 *
 * <p>Shape: per bloc 4 columns and 2 per window; 3 x 16 = 48 for the default universe and windows.
 */
public final class CurrencyBlocs implements Formula<MarketPanel> {

  /** Grid rows at the start of a member's gap that coherence fills with the last present value. */
  public static final int DEFAULT_FILL_LIMIT = 15;

  private final Universe universe;
  private final Windows windows;
  private final int fillLimit;
  private final List<FeatureColumn> columns;

  private CurrencyBlocs(Universe universe, Windows windows, int fillLimit) {
    this.universe = universe;
    this.windows = windows;
    this.fillLimit = fillLimit;
    this.columns = columnsOf(universe, windows);
  }

  /** The blocs of the universe over the regression windows, with the default fill limit. */
  public static CurrencyBlocs of(Universe universe, Windows windows) {
    return of(universe, windows, DEFAULT_FILL_LIMIT);
  }

  /**
   * The blocs of the universe over the regression windows.
   *
   * @param fillLimit grid rows at the start of a member's gap that coherence fills with the last
   *     present value
   * @throws IllegalArgumentException if the fill limit is negative
   */
  public static CurrencyBlocs of(Universe universe, Windows windows, int fillLimit) {
    if (fillLimit < 0) {
      throw new IllegalArgumentException(
          "The fill limit must be 0 or more grid rows, not " + fillLimit);
    }
    return new CurrencyBlocs(universe, windows, fillLimit);
  }

  private static List<FeatureColumn> columnsOf(Universe universe, Windows windows) {
    List<FeatureColumn> columns = new ArrayList<>();
    for (CurrencyGroup bloc : universe.blocs()) {
      String prefix = bloc.name() + "_bloc_";
      columns.add(column(prefix + "strength", "fraction", 0));
      columns.add(column(prefix + "dispersion", "fraction", 0));
      columns.add(column(prefix + "consensus", "share", 0));
      columns.add(column(prefix + "relative_strength", "fraction", 0));
      for (int w : windows.regression()) {
        columns.add(column(prefix + "momentum_" + w + "min", "fraction", w - 1));
      }
      for (int w : windows.regression()) {
        columns.add(column(prefix + "coherence_" + w + "min", "correlation", w - 1));
      }
    }
    return List.copyOf(columns);
  }

  private static FeatureColumn column(String name, String unit, int lookback) {
    return FeatureColumn.ofDouble(name, "2.16B", unit, lookback);
  }

  @Override
  public List<FeatureColumn> columns() {
    return columns;
  }

  @Override
  public int lookback() {
    return windows.longestRegression() - 1 + fillLimit;
  }

  @Override
  public FeatureFrame compute(MarketPanel predictions) {
    FeatureFrame out = FeatureFrame.allocate(predictions.grid(), columns);
    computeInto(predictions, out);
    return out;
  }

  @Override
  public void computeInto(MarketPanel predictions, FeatureFrame out) {
    throw new UnsupportedOperationException();
  }
}
