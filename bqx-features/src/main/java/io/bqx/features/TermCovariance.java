package io.bqx.features;

import io.bqx.features.RegressionTerms.Term;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Sample covariance ({@code n-1}) of each two of a window's quadratic, linear and constant term and
 * residual over the last {@code w} rows (section 5 of {@code docs/features.md}), in squared units
 * of {@code y}.
 *
 * <p>Shape: 6 columns per window; 36 for the default windows. Missing unless all {@code w} rows
 * have both terms, so the first {@code 2 (w-1)} rows of a series have none.
 *
 * <p>Accuracy: within {@code max(1e-9 |exact|, 1e-15)} of an exact evaluation, however long the
 * series. The cost of a row does not depend on the window.
 */
public final class TermCovariance implements Formula<FeatureFrame> {

  /** The columns of each window, in order, and the two terms of each. */
  enum Pairing {
    QUAD_LIN(Term.QUADRATIC, Term.LINEAR),
    QUAD_CONST(Term.QUADRATIC, Term.CONSTANT),
    QUAD_RESID(Term.QUADRATIC, Term.RESIDUAL),
    LIN_CONST(Term.LINEAR, Term.CONSTANT),
    LIN_RESID(Term.LINEAR, Term.RESIDUAL),
    CONST_RESID(Term.CONSTANT, Term.RESIDUAL);

    static final int COUNT = values().length;

    final Term first;
    final Term second;

    Pairing(Term first, Term second) {
      this.first = first;
      this.second = second;
    }

    String columnOf(int w) {
      return "w" + w + "_cov_" + name().toLowerCase(Locale.ROOT);
    }
  }

  private final Windows windows;
  private final List<FeatureColumn> columns;

  private TermCovariance(Windows windows) {
    this.windows = windows;
    this.columns = columnsOf(windows);
  }

  /** The covariances of the terms of the regression windows (stage 2.14). */
  public static TermCovariance of(Windows windows) {
    return new TermCovariance(windows);
  }

  private static List<FeatureColumn> columnsOf(Windows windows) {
    List<FeatureColumn> columns = new ArrayList<>();
    for (int w : windows.regression()) {
      for (Pairing pairing : Pairing.values()) {
        columns.add(FeatureColumn.ofDouble(pairing.columnOf(w), "2.14", "fraction squared", w - 1));
      }
    }
    return List.copyOf(columns);
  }

  @Override
  public List<FeatureColumn> columns() {
    return columns;
  }

  @Override
  public int lookback() {
    return windows.longestRegression() - 1;
  }

  /**
   * Computes all covariances.
   *
   * @param terms a frame that holds at least the regression terms of the windows, as {@link
   *     RegressionTerms} computes them
   * @throws IllegalArgumentException if a term is not in the frame; the message names the column
   */
  @Override
  public FeatureFrame compute(FeatureFrame terms) {
    FeatureFrame out = FeatureFrame.allocate(terms.axis(), columns);
    computeInto(terms, out);
    return out;
  }

  @Override
  public void computeInto(FeatureFrame terms, FeatureFrame out) {
    out.requireColumns(columns, terms.axis());
    int firstColumn = 0;
    for (int w : windows.regression()) {
      new RollingCovariance(w).compute(terms, out, firstColumn);
      firstColumn += Pairing.COUNT;
    }
  }
}
