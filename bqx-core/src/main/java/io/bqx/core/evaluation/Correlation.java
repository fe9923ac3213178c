package io.bqx.core.evaluation;

/** Correlations and covariances from sums, several of which may stand in one array. */
final class Correlation {

  /** How many sums there are of two variables. */
  static final int SUMS = 6;

  private static final int ROWS = 0;
  private static final int X = 1;
  private static final int Y = 2;
  private static final int XX = 3;
  private static final int YY = 4;
  private static final int XY = 5;

  private Correlation() {}

  /** Adds a row to the sums that begin at a position. */
  static void add(double[] sums, int at, double x, double y) {
    sums[at + ROWS]++;
    sums[at + X] += x;
    sums[at + Y] += y;
    sums[at + XX] += x * x;
    sums[at + YY] += y * y;
    sums[at + XY] += x * y;
  }

  /** Pearson's correlation; {@code NaN} if a variable does not vary. */
  static double of(double[] sums, int at) {
    return covariance(sums, at) / (deviationOfX(sums, at) * deviationOfY(sums, at));
  }

  static double covariance(double[] sums, int at) {
    double rows = sums[at + ROWS];
    return sums[at + XY] / rows - sums[at + X] / rows * (sums[at + Y] / rows);
  }

  static double deviationOfX(double[] sums, int at) {
    return deviation(sums[at + ROWS], sums[at + X], sums[at + XX]);
  }

  static double deviationOfY(double[] sums, int at) {
    return deviation(sums[at + ROWS], sums[at + Y], sums[at + YY]);
  }

  private static double deviation(double rows, double sum, double squares) {
    double mean = sum / rows;
    double variance = squares / rows - mean * mean;
    return variance > 1e-14 * squares / rows ? Math.sqrt(variance) : Double.NaN;
  }
}
