package io.bqx.features;

import java.util.List;

/**
 * The close as an index that is 100 at the baseline: {@code rate_index(t) = 100 * close(t) /
 * baseline}, in index points (section 3 of {@code docs/features.md}).
 */
public final class RateIndex implements Formula<Series> {

  /** The name of the only column. */
  public static final String COLUMN = "rate_index";

  static final String STAGE = "1.5";

  private static final List<FeatureColumn> COLUMNS =
      List.of(FeatureColumn.ofDouble(COLUMN, STAGE, "index points", 0));

  private final double baseline;

  private RateIndex(double baseline) {
    this.baseline = baseline;
  }

  /**
   * The index relative to a baseline price, normally the close of the pair's first bar at or after
   * the baseline instant.
   *
   * @throws IllegalArgumentException if the baseline is not a positive finite number; the message
   *     quotes it
   */
  public static RateIndex relativeTo(double baseline) {
    if (!(baseline > 0) || Double.isInfinite(baseline)) {
      throw new IllegalArgumentException(
          "The baseline price must be a positive finite number, not " + baseline);
    }
    return new RateIndex(baseline);
  }

  static List<FeatureColumn> columnsOfAnyBaseline() {
    return COLUMNS;
  }

  @Override
  public List<FeatureColumn> columns() {
    return COLUMNS;
  }

  @Override
  public int lookback() {
    return 0;
  }

  @Override
  public FeatureFrame compute(Series closes) {
    FeatureFrame out = FeatureFrame.allocate(closes.axis(), COLUMNS);
    computeInto(closes, out);
    return out;
  }

  @Override
  public void computeInto(Series closes, FeatureFrame out) {
    out.requireColumns(COLUMNS, closes.axis());
    double[] close = closes.values();
    double[] index = out.unsafeColumn(0);
    for (int t = 0; t < close.length; t++) {
      index[t] = 100 * close[t] / baseline;
    }
  }
}
