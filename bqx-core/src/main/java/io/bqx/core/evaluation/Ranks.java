package io.bqx.core.evaluation;

import java.util.Arrays;

/** Ranks of values. */
final class Ranks {

  private Ranks() {}

  /** The rank of each value from 0 to 1; equal values have the middle one of their ranks. */
  static double[] of(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double[] ranks = new double[values.length];
    for (int i = 0; i < ranks.length; i++) {
      int first = first(sorted, values[i], false);
      int after = first(sorted, values[i], true);
      ranks[i] = (first + after - 1) / 2.0 / Math.max(1, values.length - 1);
    }
    return ranks;
  }

  /** The first position whose value is not below the given one, or is above it. */
  private static int first(double[] sorted, double value, boolean above) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      boolean before = above ? sorted[middle] <= value : sorted[middle] < value;
      if (before) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
