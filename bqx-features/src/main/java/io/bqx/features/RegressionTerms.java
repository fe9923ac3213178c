package io.bqx.features;

import java.util.ArrayList;
import java.util.List;

/**
 * Least squares of a parabola {@code y = a2 x^2 + a1 x + a0} on the rows of each window, {@code x =
 * 0 .. w-1} (section 4 of {@code docs/features.md}).
 *
 * <p>The window at row {@code t} is the {@code w} rows ending at and including {@code t}. Its
 * columns, in order:
 *
 * <ul>
 *   <li>{@code quadratic_term}: {@code a2 (w-1)^2}
 *   <li>{@code linear_term}: {@code a1 (w-1)}
 *   <li>{@code constant_term}: {@code a0}
 *   <li>{@code residual}: {@code y(t) - prediction}
 *   <li>{@code r2}: {@code 1 - ss_res / (ss_tot + 1e-10)}, a share
 *   <li>{@code rmse}: {@code sqrt(ss_res / w)}
 *   <li>{@code prediction}: the fit at row {@code t}, the sum of the first three
 * </ul>
 *
 * <p>Shape: 7 columns per window; 42 for the default windows. All but {@code r2} are in units of
 * {@code y}. Missing where the window reaches before the first row of the series or holds a missing
 * value. Three points determine a parabola: at a window of 3 rows the residual is exactly 0.
 *
 * <p>{@code r2} alone is not invariant to scaling: its denominator holds the absolute constant
 * 1e-10 of the specification.
 *
 * <p>Accuracy: within {@code max(1e-9 |exact|, 1e-12)} of an exact evaluation, however long the
 * series. The cost of a row does not depend on the window.
 */
public final class RegressionTerms implements Formula<Series> {

  /** The columns of each window, in order. */
  enum Term {
    QUADRATIC("quadratic_term"),
    LINEAR("linear_term"),
    CONSTANT("constant_term"),
    RESIDUAL("residual"),
    R2("r2"),
    RMSE("rmse"),
    PREDICTION("prediction");

    static final int COUNT = values().length;

    private final String suffix;

    Term(String suffix) {
      this.suffix = suffix;
    }

    String columnOf(int w) {
      return "w" + w + "_" + suffix;
    }
  }

  private final Windows windows;
  private final List<FeatureColumn> columns;

  private RegressionTerms(Windows windows, String stage, String unit) {
    this.windows = windows;
    this.columns = columnsOf(windows, stage, unit);
  }

  /**
   * The terms of the shortest BQX return, for {@code reg_bqx} (stage 2.12); {@code y} is a
   * fraction.
   */
  public static RegressionTerms of(Windows windows) {
    return new RegressionTerms(windows, "2.12", "fraction");
  }

  /**
   * The terms of the rate index, for {@code reg_rate} (stage 2.11); {@code y} is in index points.
   */
  public static RegressionTerms ofRateIndex(Windows windows) {
    return new RegressionTerms(windows, "2.11", "index points");
  }

  private static List<FeatureColumn> columnsOf(Windows windows, String stage, String unit) {
    List<FeatureColumn> columns = new ArrayList<>();
    for (int w : windows.regression()) {
      for (Term term : Term.values()) {
        columns.add(
            FeatureColumn.ofDouble(
                term.columnOf(w), stage, term == Term.R2 ? "share" : unit, w - 1));
      }
    }
    return List.copyOf(columns);
  }

  /** The name of the column that baskets and blocs are made of: {@code w60_prediction}. */
  public static String prediction(Windows windows) {
    return Term.PREDICTION.columnOf(windows.prediction());
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
  public FeatureFrame compute(Series y) {
    FeatureFrame out = FeatureFrame.allocate(y.axis(), columns);
    computeInto(y, out);
    return out;
  }

  @Override
  public void computeInto(Series y, FeatureFrame out) {
    out.requireColumns(columns, y.axis());
    int firstColumn = 0;
    for (int w : windows.regression()) {
      new RollingParabola(w).compute(y, out, firstColumn);
      firstColumn += Term.COUNT;
    }
  }
}
