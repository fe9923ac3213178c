package io.bqx.features;

import java.util.Arrays;

/**
 * The mean of the present ones of several values, for each row of one tile; {@code NaN} where none
 * is present.
 */
final class PresentMean {

  private final double[] sum = new double[PresentValues.TILE];
  private final double[] weight = new double[PresentValues.TILE];

  void clear() {
    Arrays.fill(sum, 0);
    Arrays.fill(weight, 0);
  }

  /** Adds values multiplied by +1 or -1. */
  void add(PresentValues values, double sign) {
    double[] value = values.value;
    double[] present = values.weight;
    for (int i = 0; i < sum.length; i++) {
      sum[i] += sign * value[i];
      weight[i] += present[i];
    }
  }

  /** Writes the mean. */
  void write(int from, int rows, double[] out) {
    for (int i = 0; i < rows; i++) {
      out[from + i] = sum[i] / weight[i];
    }
  }

  /** Writes how far a series lies above the mean. */
  void subtractFrom(double[] series, int from, int rows, double[] out) {
    for (int i = 0; i < rows; i++) {
      out[from + i] = series[from + i] - sum[i] / weight[i];
    }
  }
}
