package io.bqx.features;

import java.util.Arrays;

/**
 * First and second moments of a series over every window of {@code w} rows, at a constant cost per
 * row.
 *
 * <p>Values are taken relative to the one at the restart row, see {@link RollingWindows}. A
 * constant window therefore has the sums 0 and 0. As the restart row lies inside the window, the
 * sum of squares is at most {@code w * range^2} while the {@code w}-fold variance is at least
 * {@code range^2 / 2}: rounding cannot make the variance of a window that varies 0 or less.
 */
final class RollingMoments {

  private final int w;
  private final double[] deviations;
  private final double[] squares;
  private final double[] sums;
  private final double[] sumsOfSquares;

  RollingMoments(int w) {
    this.w = w;
    this.deviations = new double[2 * w - 1];
    this.squares = new double[2 * w - 1];
    this.sums = new double[w];
    this.sumsOfSquares = new double[w];
  }

  /**
   * Writes the population standard deviation of every window, {@code NaN} where a window begins
   * before the first row or holds a missing value.
   */
  void populationStdDev(double[] series, TimeAxis axis, double[] out) {
    double[] ofBlock = new double[w];
    Arrays.fill(out, 0, Math.min(w - 1, out.length), Double.NaN);
    RollingWindows.forEachBlock(
        axis,
        w,
        (restart, rows) -> {
          sumBlock(series, restart, rows);
          populationStdDev(ofBlock, rows);
          System.arraycopy(ofBlock, 0, out, restart, rows);
        });
  }

  /** Sums the windows of one block. */
  void sumBlock(double[] series, int restart, int rows) {
    RollingWindows.load(series, series[restart], w, restart, rows, deviations);
    square(deviations, squares);
    RollingWindows.sums(deviations, squares, w, rows, sums, sumsOfSquares);
  }

  private static void square(double[] values, double[] squares) {
    for (int i = 0; i < values.length; i++) {
      squares[i] = values[i] * values[i];
    }
  }

  /** Writes the population standard deviation of the windows of the block that was summed last. */
  void populationStdDev(double[] out, int rows) {
    double reciprocal = 1.0 / w;
    for (int i = 0; i < rows; i++) {
      double variance = (sumsOfSquares[i] - sums[i] * sums[i] * reciprocal) * reciprocal;
      out[i] = Math.sqrt(variance);
    }
  }

  /** The values of the block that was summed last, less the one at its restart row. */
  double[] deviations() {
    return deviations;
  }

  /** The sums of the deviations of each window of the block that was summed last. */
  double[] sums() {
    return sums;
  }
}
