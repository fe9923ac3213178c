package io.bqx.core.evaluation;

/** What the guide of the features promises that all columns add to the foundation's. */
public enum Expectation {
  /** Sharpe ratio from 1.5 to 1.65-1.75. */
  SHARPE(Measure.SHARPE, 0.15, 0.25),
  /** Directional accuracy 5 to 8 percent higher, read as percentage points. */
  DIRECTIONAL_ACCURACY(Measure.DIRECTIONAL_ACCURACY, 0.05, 0.08);

  /** What the data say to it. */
  public enum Verdict {
    /** The interval of the difference lies above 0: something is added. */
    ADDS,
    /** The interval covers 0: that anything is added is not shown. */
    NOT_SHOWN,
    /** The interval lies below 0: all columns are worse. */
    WORSE,
    /** There is no interval. */
    UNDEFINED
  }

  private final Measure measure;
  private final double low;
  private final double high;

  Expectation(Measure measure, double low, double high) {
    this.measure = measure;
    this.low = low;
    this.high = high;
  }

  /** What is promised to rise. */
  public Measure measure() {
    return measure;
  }

  /** The least rise. */
  public double low() {
    return low;
  }

  /** The largest rise. */
  public double high() {
    return high;
  }

  /** What a measured difference says. */
  public Verdict judge(Estimate difference) {
    if (Double.isNaN(difference.low())) {
      return Verdict.UNDEFINED;
    }
    if (difference.isAbove(0)) {
      return Verdict.ADDS;
    }
    return difference.isBelow(0) ? Verdict.WORSE : Verdict.NOT_SHOWN;
  }

  /** Whether a measured difference leaves the promised rise possible. */
  public boolean isPossible(Estimate difference) {
    return !difference.isBelow(low) && !difference.isAbove(high);
  }

  /**
   * How many times as much data it would take for the half width of the interval to be the least
   * rise: intervals shrink with the root of the length.
   */
  public double lengthNeeded(Estimate difference) {
    double halfWidth = (difference.high() - difference.low()) / 2;
    return halfWidth / low * (halfWidth / low);
  }
}
