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
  private final double[] sums;
  private final double[] squares;
  private final double[] sumsBefore;
  private final double[] squaresBefore;

  RollingMoments(int w) {
    this.w = w;
    this.deviations = new double[2 * w - 1];
    this.sums = new double[w];
    this.squares = new double[w];
    this.sumsBefore = new double[w];
    this.squaresBefore = new double[w];
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
    sumWindows();
  }

  /** Both parts of all windows go in one loop: its four sums do not wait for each other. */
  private void sumWindows() {
    int last = w - 1;
    double sum = deviations[last];
    double square = sum * sum;
    double sumBefore = 0;
    double squareBefore = 0;
    sums[0] = sum;
    squares[0] = square;
    for (int i = 1; i <= last; i++) {
      double next = deviations[last + i];
      double previous = deviations[last - i];
      sum += next;
      square += next * next;
      sumBefore += previous;
      squareBefore += previous * previous;
      sums[i] = sum;
      squares[i] = square;
      sumsBefore[last - i] = sumBefore;
      squaresBefore[last - i] = squareBefore;
    }
    add(sumsBefore, sums);
    add(squaresBefore, squares);
  }

  private static void add(double[] more, double[] sums) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += more[i];
    }
  }

  /** Writes the population standard deviation of the windows of the block that was summed last. */
  void populationStdDev(double[] out, int rows) {
    double n = w;
    for (int i = 0; i < rows; i++) {
      out[i] = Math.sqrt((squares[i] - sums[i] * sums[i] / n) / n);
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
