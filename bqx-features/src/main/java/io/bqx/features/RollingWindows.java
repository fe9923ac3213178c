package io.bqx.features;

import java.util.Arrays;

/**
 * All windows of {@code w} rows that hold the same restart row of a {@link TimeAxis}, worked on
 * together.
 *
 * <p>Such a block is a piece of a series: the {@code w-1} rows before the restart row, then the
 * restart row and the rows that follow it up to the next one. Window {@code k} of the block is the
 * {@code w} values from position {@code k} on, and ends at the {@code k}-th row from the restart
 * row. Every window is the sum of two parts that meet before the restart row: a sum over values to
 * its left, accumulated backward, and one over the restart row and values to its right, accumulated
 * forward. Nothing is ever subtracted, so a value that has left a window leaves no trace in it, and
 * {@code NaN} reaches exactly those windows that hold one.
 */
final class RollingWindows {

  /** Works on one block. */
  @FunctionalInterface
  interface Block {

    /**
     * Computes the values of the rows {@code restart} to {@code restart + rows - 1}.
     *
     * @param restart the restart row
     * @param rows rows from the restart row to the next one, 1 to {@code w}
     */
    void compute(int restart, int rows);
  }

  private RollingWindows() {}

  /**
   * Visits the blocks of an axis in order. They cover all rows but those whose window begins before
   * the axis.
   */
  static void forEachBlock(TimeAxis axis, int w, Block block) {
    int[] restarts = axis.restarts(w);
    for (int i = 0; i < restarts.length; i++) {
      int end = i + 1 < restarts.length ? restarts[i + 1] : axis.rows();
      block.compute(restarts[i], end - restarts[i]);
    }
  }

  /**
   * Copies a block: value {@code i} of the target is that of row {@code restart - (w-1) + i}, less
   * the anchor, and {@code NaN} before row 0.
   *
   * <p>Sums take the value at the restart row as their anchor. It lies in all windows of the block,
   * so differences from it are no larger than the window's own range, and exactly 0 in a constant
   * window.
   */
  static void load(double[] series, double anchor, int w, int restart, int rows, double[] target) {
    int absent = Math.max(0, w - 1 - restart);
    int shift = restart - (w - 1);
    Arrays.fill(target, 0, absent, Double.NaN);
    for (int i = absent; i < w - 1 + rows; i++) {
      target[i] = series[shift + i] - anchor;
    }
  }

  /** Writes the sums of the windows of a block. */
  static void sums(double[] values, int w, int rows, double[] sums) {
    double left = 0;
    sums[w - 1] = 0;
    for (int i = w - 2; i >= 0; i--) {
      left += values[i];
      sums[i] = left;
    }
    double right = 0;
    for (int k = 0; k < rows; k++) {
      right += values[w - 1 + k];
      sums[k] += right;
    }
  }

  /**
   * Writes the sums of the windows of a block for two series at once: each addition waits for the
   * one before it, and two chains wait together.
   */
  static void sums(double[] a, double[] b, int w, int rows, double[] sumsOfA, double[] sumsOfB) {
    double leftA = 0;
    double leftB = 0;
    sumsOfA[w - 1] = 0;
    sumsOfB[w - 1] = 0;
    for (int i = w - 2; i >= 0; i--) {
      leftA += a[i];
      leftB += b[i];
      sumsOfA[i] = leftA;
      sumsOfB[i] = leftB;
    }
    double rightA = 0;
    double rightB = 0;
    for (int k = 0; k < rows; k++) {
      rightA += a[w - 1 + k];
      rightB += b[w - 1 + k];
      sumsOfA[k] += rightA;
      sumsOfB[k] += rightB;
    }
  }

  /**
   * Writes the sums of the windows of a block, each as exact as one rounding of each of its two
   * parts.
   */
  static void compensatedSums(double[] values, int w, int rows, double[] sums) {
    double left = 0;
    double leftLow = 0;
    sums[w - 1] = 0;
    for (int i = w - 2; i >= 0; i--) {
      double value = values[i];
      double sum = left + value;
      double rounded = sum - left;
      leftLow += (left - (sum - rounded)) + (value - rounded);
      left = sum;
      sums[i] = left + leftLow;
    }
    double right = 0;
    double rightLow = 0;
    for (int k = 0; k < rows; k++) {
      double value = values[w - 1 + k];
      double sum = right + value;
      double rounded = sum - right;
      rightLow += (right - (sum - rounded)) + (value - rounded);
      right = sum;
      sums[k] += right + rightLow;
    }
  }

  /** Writes the highest value of each window of a block. */
  static void maxima(double[] values, int w, int rows, double[] maxima) {
    double left = Double.NEGATIVE_INFINITY;
    maxima[w - 1] = left;
    for (int i = w - 2; i >= 0; i--) {
      left = Math.max(left, values[i]);
      maxima[i] = left;
    }
    double right = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < rows; k++) {
      right = Math.max(right, values[w - 1 + k]);
      maxima[k] = Math.max(maxima[k], right);
    }
  }

  /** Writes the lowest value of each window of a block. */
  static void minima(double[] values, int w, int rows, double[] minima) {
    double left = Double.POSITIVE_INFINITY;
    minima[w - 1] = left;
    for (int i = w - 2; i >= 0; i--) {
      left = Math.min(left, values[i]);
      minima[i] = left;
    }
    double right = Double.POSITIVE_INFINITY;
    for (int k = 0; k < rows; k++) {
      right = Math.min(right, values[w - 1 + k]);
      minima[k] = Math.min(minima[k], right);
    }
  }
}
