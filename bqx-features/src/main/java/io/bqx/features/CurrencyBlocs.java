package io.bqx.features;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

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

  /** The columns of each bloc that have no window, in order. */
  private enum Single {
    STRENGTH("fraction"),
    DISPERSION("fraction"),
    CONSENSUS("share"),
    RELATIVE_STRENGTH("fraction");

    static final int COUNT = values().length;

    private final String unit;

    Single(String unit) {
      this.unit = unit;
    }
  }

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
    requireFillLimit(fillLimit);
    return new CurrencyBlocs(universe, windows, fillLimit);
  }

  static void requireFillLimit(int fillLimit) {
    if (fillLimit < 0) {
      throw new IllegalArgumentException(
          "The fill limit must be 0 or more grid rows, not " + fillLimit);
    }
  }

  private static List<FeatureColumn> columnsOf(Universe universe, Windows windows) {
    List<FeatureColumn> columns = new ArrayList<>();
    for (CurrencyGroup bloc : universe.blocs()) {
      String prefix = bloc.name() + "_bloc_";
      for (Single single : Single.values()) {
        columns.add(column(prefix + single.name().toLowerCase(Locale.ROOT), single.unit, 0));
      }
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
    predictions.requireUniverse(universe);
    out.requireColumns(columns, predictions.grid());
    List<List<BlocMember>> members =
        universe.blocs().stream().map(bloc -> BlocMember.of(bloc, predictions)).toList();
    computeStrengths(predictions, members, out);
    computeRelativeStrengths(out);
    computeMomenta(out);
    computeCoherences(predictions, members, out);
  }

  private double[] single(int bloc, Single column, FeatureFrame out) {
    return out.unsafeColumn(firstColumn(bloc) + column.ordinal());
  }

  private double[] momentum(int bloc, int window, FeatureFrame out) {
    return out.unsafeColumn(firstColumn(bloc) + Single.COUNT + window);
  }

  private double[] coherence(int bloc, int window, FeatureFrame out) {
    return out.unsafeColumn(
        firstColumn(bloc) + Single.COUNT + windows.regression().size() + window);
  }

  private int firstColumn(int bloc) {
    return bloc * columns.size() / universe.blocs().size();
  }

  private void computeStrengths(
      MarketPanel predictions, List<List<BlocMember>> members, FeatureFrame out) {
    List<BlocStrength> blocs = members.stream().map(BlocStrength::new).toList();
    PresentValues[] ofPair = PresentValues.allocate(universe.pairs().size());
    for (int from = 0; from < out.rows(); from += PresentValues.TILE) {
      int rows = Math.min(PresentValues.TILE, out.rows() - from);
      for (int p = 0; p < ofPair.length; p++) {
        ofPair[p].load(predictions.values(p), from, rows);
      }
      for (int b = 0; b < blocs.size(); b++) {
        blocs.get(b).load(ofPair);
        blocs.get(b).writeStrength(single(b, Single.STRENGTH, out), from, rows);
        blocs.get(b).writeDispersion(single(b, Single.DISPERSION, out), from, rows);
        blocs.get(b).writeConsensus(single(b, Single.CONSENSUS, out), from, rows);
      }
    }
  }

  private void computeRelativeStrengths(FeatureFrame out) {
    PresentValues[] strengths = PresentValues.allocate(universe.blocs().size());
    PresentMean others = new PresentMean();
    for (int from = 0; from < out.rows(); from += PresentValues.TILE) {
      int rows = Math.min(PresentValues.TILE, out.rows() - from);
      for (int b = 0; b < strengths.length; b++) {
        strengths[b].load(single(b, Single.STRENGTH, out), from, rows);
      }
      for (int b = 0; b < strengths.length; b++) {
        others.clear();
        for (int other = 0; other < strengths.length; other++) {
          if (other != b) {
            others.add(strengths[other], 1);
          }
        }
        double[] strength = single(b, Single.STRENGTH, out);
        others.subtractFrom(strength, from, rows, single(b, Single.RELATIVE_STRENGTH, out));
      }
    }
  }

  private void computeMomenta(FeatureFrame out) {
    for (int b = 0; b < universe.blocs().size(); b++) {
      for (int i = 0; i < windows.regression().size(); i++) {
        Momentum.difference(
            single(b, Single.STRENGTH, out), windows.regression().get(i), momentum(b, i, out));
      }
    }
  }

  private void computeCoherences(
      MarketPanel predictions, List<List<BlocMember>> members, FeatureFrame out) {
    double[][] filled = new double[universe.pairs().size()][];
    for (int p = 0; p < filled.length; p++) {
      filled[p] = predictions.values(p) == null ? null : fill(predictions.values(p));
    }
    for (int i = 0; i < windows.regression().size(); i++) {
      double[][] coherences = new double[universe.blocs().size()][];
      for (int b = 0; b < coherences.length; b++) {
        coherences[b] = coherence(b, i, out);
      }
      new RollingCoherence(windows.regression().get(i))
          .compute(filled, predictions.grid(), members, coherences);
    }
  }

  /**
   * Repeats the last present value on the first {@code fillLimit} rows of each gap; without a gap
   * the array itself.
   */
  private double[] fill(double[] values) {
    double[] filled = values;
    int gap = fillLimit;
    for (int k = 0; k < values.length; k++) {
      gap = Double.isNaN(values[k]) ? gap + 1 : 0;
      if (gap > 0 && gap <= fillLimit) {
        filled = filled == values ? values.clone() : filled;
        filled[k] = filled[k - 1];
      }
    }
    return filled;
  }
}
