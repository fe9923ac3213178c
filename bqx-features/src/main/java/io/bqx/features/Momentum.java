package io.bqx.features;

import java.util.Arrays;

/**
 * How far a series has moved over windows of {@code w} rows. Missing for the first {@code w-1} rows
 * and where a value that is used is missing; windows may hold missing values elsewhere.
 */
final class Momentum {

  private static final double ZERO = 1e-12;

  private Momentum() {}

  /** {@code b[k] - b[first]} with {@code first = k-w+1}. */
  static void difference(double[] b, int w, double[] out) {
    for (int k = fillWarmUp(w, out); k < out.length; k++) {
      out[k] = b[k] - b[k - w + 1];
    }
  }

  /** {@code (b[k] - b[mid]) - (b[mid] - b[first])} with {@code mid = first + floor(w/2)}. */
  static void acceleration(double[] b, int w, double[] out) {
    for (int k = fillWarmUp(w, out); k < out.length; k++) {
      int first = k - w + 1;
      int mid = first + w / 2;
      out[k] = (b[k] - b[mid]) - (b[mid] - b[first]);
    }
  }

  /**
   * {@code 100 * (b[k] - b[first]) / |b[first]|}, missing where {@code |b[first]|} is below 1e-12.
   */
  static void rateOfChange(double[] b, int w, double[] out) {
    for (int k = fillWarmUp(w, out); k < out.length; k++) {
      double first = b[k - w + 1];
      double size = Math.abs(first);
      out[k] = size < ZERO ? Double.NaN : 100 * (b[k] - first) / size;
    }
  }

  private static int fillWarmUp(int w, double[] out) {
    int warmUp = Math.min(w - 1, out.length);
    Arrays.fill(out, 0, warmUp, Double.NaN);
    return warmUp;
  }
}
