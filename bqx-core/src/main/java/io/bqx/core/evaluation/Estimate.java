package io.bqx.core.evaluation;

/**
 * A measured value and its 95 % interval.
 *
 * @param value as measured; {@code NaN} if it is not defined, for example for want of variation
 * @param low the lower end of the interval; {@code NaN} if there is none
 * @param high the upper end
 */
public record Estimate(double value, double low, double high) {

  /** Whether a value lies in the interval. */
  public boolean covers(double other) {
    return low <= other && other <= high;
  }

  /** Whether the interval lies wholly above a value. */
  public boolean isAbove(double other) {
    return low > other;
  }

  /** Whether the interval lies wholly below a value. */
  public boolean isBelow(double other) {
    return high < other;
  }
}
