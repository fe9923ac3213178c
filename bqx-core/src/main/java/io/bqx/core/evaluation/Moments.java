package io.bqx.core.evaluation;

import java.util.Arrays;

/**
 * Sums and sums of products of rows of features and targets, which is all that a linear regression
 * needs of them. Those of two sets of rows add up, so that of a year of rows with hundreds of
 * columns none has to be kept.
 */
final class Moments {

  private static final int TILE = 4;

  private final int features;
  private final int targets;
  private long rows;
  private final double[] featureSums;
  private final double[] targetSums;
  private final double[] targetSquares;
  private final double[] crossProducts;
  private final double[] products;
  private final double[][] pending;
  private int pendingRows;

  Moments(int features, int targets) {
    this.features = features;
    this.targets = targets;
    this.featureSums = new double[features];
    this.targetSums = new double[targets];
    this.targetSquares = new double[targets];
    this.crossProducts = new double[features * targets];
    this.products = new double[triangle(features)];
    this.pending = new double[TILE][features];
  }

  private Moments(Moments other) {
    this(other.features, other.targets);
    add(other, 1);
  }

  private static int triangle(int n) {
    return n * (n + 1) / 2;
  }

  Moments copy() {
    return new Moments(this);
  }

  /** Adds a row. */
  void add(double[] x, double[] y) {
    System.arraycopy(x, 0, pending[pendingRows], 0, features);
    for (int j = 0; j < features; j++) {
      featureSums[j] += x[j];
      double value = x[j];
      int base = j * targets;
      for (int k = 0; k < targets; k++) {
        crossProducts[base + k] += value * y[k];
      }
    }
    for (int k = 0; k < targets; k++) {
      targetSums[k] += y[k];
      targetSquares[k] += y[k] * y[k];
    }
    rows++;
    if (++pendingRows == TILE) {
      settle();
    }
  }

  /** Several rows at a time, because their products are bound by memory and not by arithmetic. */
  private void settle() {
    if (pendingRows == 0) {
      return;
    }
    for (int row = pendingRows; row < TILE; row++) {
      Arrays.fill(pending[row], 0);
    }
    double[] x0 = pending[0];
    double[] x1 = pending[1];
    double[] x2 = pending[2];
    double[] x3 = pending[3];
    double[] sums = products;
    for (int i = 0; i < features; i++) {
      addScaled(sums, triangle(i), i + 1, x0, x1, x2, x3, i);
    }
    pendingRows = 0;
  }

  private static void addScaled(
      double[] sums,
      int base,
      int count,
      double[] x0,
      double[] x1,
      double[] x2,
      double[] x3,
      int i) {
    double a0 = x0[i];
    double a1 = x1[i];
    double a2 = x2[i];
    double a3 = x3[i];
    for (int j = 0; j < count; j++) {
      sums[base + j] += a0 * x0[j] + a1 * x1[j] + a2 * x2[j] + a3 * x3[j];
    }
  }

  /** These and others. */
  Moments plus(Moments other) {
    Moments sum = copy();
    sum.add(other, 1);
    return sum;
  }

  /** These without others that they contain. */
  Moments minus(Moments other) {
    Moments rest = copy();
    rest.add(other, -1);
    return rest;
  }

  private void add(Moments other, int sign) {
    settle();
    other.settle();
    rows += sign * other.rows;
    add(featureSums, other.featureSums, sign);
    add(targetSums, other.targetSums, sign);
    add(targetSquares, other.targetSquares, sign);
    add(crossProducts, other.crossProducts, sign);
    add(products, other.products, sign);
  }

  private static void add(double[] to, double[] from, int sign) {
    for (int i = 0; i < to.length; i++) {
      to[i] += sign * from[i];
    }
  }

  int targets() {
    return targets;
  }

  long rows() {
    return rows;
  }

  double mean(int feature) {
    return featureSums[feature] / rows;
  }

  double targetMean(int target) {
    return targetSums[target] / rows;
  }

  double targetVariance(int target) {
    double mean = targetMean(target);
    return targetSquares[target] / rows - mean * mean;
  }

  /** Population covariance of two features, the first not before the second. */
  double covariance(int i, int j) {
    settle();
    return products[triangle(i) + j] / rows - mean(i) * mean(j);
  }

  /** Population covariance of a feature and a target. */
  double covarianceWithTarget(int feature, int target) {
    return crossProducts[feature * targets + target] / rows - mean(feature) * targetMean(target);
  }

  /** The mean of a feature's squares. */
  double meanSquare(int feature) {
    settle();
    return products[triangle(feature) + feature] / rows;
  }
}
