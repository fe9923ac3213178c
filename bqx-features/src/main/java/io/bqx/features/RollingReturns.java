package io.bqx.features;

import java.util.Arrays;

/**
 * The backward returns of one window of {@code w} rows before each row, at a constant cost per row.
 *
 * <p>The variance is a difference of two sums, but never negative: with values relative to one of
 * the window's own and {@code r} the distance between the window's highest and lowest value, the
 * sum of squares is at most {@code w r^2} and the sum of squared deviations at least {@code r^2 /
 * 2}, and rounding moves the difference by less than {@code w^2 r^2 2^-53}. A constant window gives
 * exactly 0.
 */
final class RollingReturns {

  /** Columns of each window. */
  static final int COLUMNS = 6;

  private static final double ZERO_DENOMINATOR = 1e-12;

  private final int w;
  private final double[] index;
  private final double[] relative;
  private final double[] squares;
  private final double[] sums;
  private final double[] sumSquares;
  private final double[] highest;
  private final double[] lowest;

  RollingReturns(int w) {
    this.w = w;
    this.index = new double[2 * w - 1];
    this.relative = new double[2 * w - 1];
    this.squares = new double[2 * w - 1];
    this.sums = new double[w];
    this.sumSquares = new double[w];
    this.highest = new double[w];
    this.lowest = new double[w];
  }

  /**
   * Writes return, highest, lowest and average index, sample deviation and endpoint, beginning with
   * the given column. Row {@code t} takes the window that ends at row {@code t-1}.
   */
  void compute(Series rateIndex, FeatureFrame out, int firstColumn) {
    double[][] columns = new double[COLUMNS][];
    for (int i = 0; i < COLUMNS; i++) {
      columns[i] = out.unsafeColumn(firstColumn + i);
      Arrays.fill(columns[i], 0, Math.min(w, columns[i].length), Double.NaN);
    }
    double[] values = rateIndex.values();
    RollingWindows.forEachBlock(
        rateIndex.axis(),
        w,
        (restart, rows) ->
            computeBlock(values, restart, Math.min(rows, values.length - 1 - restart), columns));
    writeEndpoints(values, columns[5]);
  }

  private void computeBlock(double[] values, int restart, int rows, double[][] columns) {
    RollingWindows.load(values, 0, w, restart, rows, index);
    RollingWindows.load(values, values[restart], w, restart, rows, relative);
    for (int i = 0; i < w - 1 + rows; i++) {
      squares[i] = relative[i] * relative[i];
    }
    RollingWindows.sums(relative, squares, w, rows, sums, sumSquares);
    RollingWindows.maxima(index, w, rows, highest);
    RollingWindows.minima(index, w, rows, lowest);
    System.arraycopy(highest, 0, columns[1], restart + 1, rows);
    System.arraycopy(lowest, 0, columns[2], restart + 1, rows);
    writeReturns(values, restart, rows, columns[0]);
    writeMoments(values[restart], restart, rows, columns[3], columns[4]);
  }

  private void writeReturns(double[] values, int restart, int rows, double[] returns) {
    for (int k = 0; k < rows; k++) {
      double now = values[restart + 1 + k];
      returns[restart + 1 + k] = ratio(sums[k] - w * (now - values[restart]), now);
    }
  }

  private void writeMoments(
      double anchor, int restart, int rows, double[] averages, double[] deviations) {
    double reciprocal = 1.0 / w;
    double scale = 1.0 / (w - 1);
    for (int k = 0; k < rows; k++) {
      double mean = sums[k] * reciprocal;
      averages[restart + 1 + k] = anchor + mean;
      deviations[restart + 1 + k] = Math.sqrt((sumSquares[k] - sums[k] * mean) * scale);
    }
  }

  private void writeEndpoints(double[] values, double[] endpoints) {
    for (int t = w; t < values.length; t++) {
      endpoints[t] = ratio(values[t - w] - values[t], values[t]);
    }
  }

  /** {@code value / denominator}, missing where the denominator counts as zero. */
  static double ratio(double value, double denominator) {
    return Math.abs(denominator) < ZERO_DENOMINATOR ? Double.NaN : value / denominator;
  }
}
