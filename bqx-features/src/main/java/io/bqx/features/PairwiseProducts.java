package io.bqx.features;

import java.util.Arrays;

/**
 * The sum over each two of several series of the product of their values, position by position.
 *
 * <p>Each series is multiplied by the sum of those before it. Unlike the square of the total less
 * the squares, this cancels nothing when one series is far larger than the rest.
 */
final class PairwiseProducts {

  private final double[] totals;
  private final double[] products;

  PairwiseProducts(int length) {
    this.totals = new double[length];
    this.products = new double[length];
  }

  void clear() {
    Arrays.fill(totals, 0);
    Arrays.fill(products, 0);
  }

  /** Adds a series multiplied by +1 or -1. */
  void add(double[] series, double sign) {
    for (int i = 0; i < totals.length; i++) {
      double value = sign * series[i];
      products[i] += value * totals[i];
      totals[i] += value;
    }
  }

  /** The sums of products, valid until the next call of {@link #clear()}. */
  double[] products() {
    return products;
  }
}
