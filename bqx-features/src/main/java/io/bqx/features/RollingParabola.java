package io.bqx.features;

import io.bqx.features.RegressionTerms.Term;
import java.util.Arrays;

/**
 * Least squares of a parabola on every window of {@code w} rows, at a constant cost per row.
 *
 * <p>With {@code x = 0 .. w-1} the terms of the fit nearly cancel each other. It is evaluated in
 * {@code u = x - (w-1)/2} and the polynomials {@code 1, u, u^2 - mean(u^2)}, which are orthogonal
 * on the window, and converted to the terms in {@code x} last. The sums that it takes, over {@code
 * y}, {@code j y}, {@code j^2 y} and {@code y^2} with {@code j} counted from the restart row and
 * {@code y} relative to that row's value, are those of {@link RollingWindows}.
 */
final class RollingParabola {

  /**
   * Below this share of the sum of squares, too few digits of the residual sum survive the
   * subtractions.
   */
  private static final double CANCELLED_RESIDUAL = 1e-5;

  /** The same for the total sum of squares, whose ratio to the residual one is wanted to 1e-12. */
  private static final double CANCELLED_TOTAL = 1e-2;

  private static final int PARAMETERS = 3;
  private static final double R2_DENOMINATOR_OFFSET = 1e-10;

  private final int w;
  private final double half;
  private final double meanSquare;
  private final double linearNorm;
  private final double quadraticNorm;

  private final double[] steps;
  private final double[] centers;

  private final double[] y;
  private final double[] stepsY;
  private final double[] squaredStepsY;
  private final double[] squaredY;

  private final double[] sumY;
  private final double[] sumStepsY;
  private final double[] sumSquaredStepsY;
  private final double[] sumSquaredY;

  private final double[] mean;
  private final double[] slope;
  private final double[] curvature;
  private final double[] total;
  private final double[] residual;

  RollingParabola(int w) {
    double n = w;
    this.w = w;
    this.half = (n - 1) / 2;
    this.meanSquare = (n * n - 1) / 12;
    this.linearNorm = 12 / (n * (n * n - 1));
    this.quadraticNorm = 180 / (n * (n * n - 1) * (n * n - 4));
    this.steps = new double[2 * w - 1];
    Arrays.setAll(steps, i -> i - (w - 1));
    this.centers = new double[w];
    Arrays.setAll(centers, k -> k - half);
    this.y = new double[2 * w - 1];
    this.stepsY = new double[2 * w - 1];
    this.squaredStepsY = new double[2 * w - 1];
    this.squaredY = new double[2 * w - 1];
    this.sumY = new double[w];
    this.sumStepsY = new double[w];
    this.sumSquaredStepsY = new double[w];
    this.sumSquaredY = new double[w];
    this.mean = new double[w];
    this.slope = new double[w];
    this.curvature = new double[w];
    this.total = new double[w];
    this.residual = new double[w];
  }

  /**
   * Writes the terms of all windows: seven arrays in the order of {@link Term}, beginning with the
   * given one.
   */
  void compute(Series series, FeatureFrame out, int firstColumn) {
    double[][] terms = new double[Term.COUNT][];
    for (int i = 0; i < Term.COUNT; i++) {
      terms[i] = out.unsafeColumn(firstColumn + i);
      Arrays.fill(terms[i], 0, Math.min(w - 1, terms[i].length), Double.NaN);
    }
    double[] values = series.values();
    RollingWindows.forEachBlock(
        series.axis(), w, (restart, rows) -> computeBlock(values, restart, rows, terms));
  }

  private void computeBlock(double[] values, int restart, int rows, double[][] terms) {
    RollingWindows.load(values, values[restart], w, restart, rows, y);
    sumUp(rows);
    fit(rows);
    repairCancellation(rows);
    writeTerms(values[restart], restart, rows, terms);
    if (w == PARAMETERS) {
      leaveNoResidual(restart, rows, terms);
    }
    writeQuality(restart, rows, terms);
  }

  private void sumUp(int rows) {
    for (int i = 0; i < w - 1 + rows; i++) {
      double value = y[i];
      double stepped = steps[i] * value;
      stepsY[i] = stepped;
      squaredStepsY[i] = steps[i] * stepped;
      squaredY[i] = value * value;
    }
    RollingWindows.compensatedSums(y, w, rows, sumY);
    RollingWindows.compensatedSums(stepsY, w, rows, sumStepsY);
    RollingWindows.compensatedSums(squaredStepsY, w, rows, sumSquaredStepsY);
    RollingWindows.compensatedSums(squaredY, w, rows, sumSquaredY);
  }

  private void fit(int rows) {
    double reciprocal = 1.0 / w;
    for (int k = 0; k < rows; k++) {
      double c = centers[k];
      double s = sumY[k];
      double linear = sumStepsY[k] - c * s;
      double quadratic = sumSquaredStepsY[k] - 2 * c * sumStepsY[k] + (c * c - meanSquare) * s;
      mean[k] = s * reciprocal;
      slope[k] = linear * linearNorm;
      curvature[k] = quadratic * quadraticNorm;
      total[k] = sumSquaredY[k] - s * mean[k];
      residual[k] = total[k] - linear * slope[k] - quadratic * curvature[k];
    }
  }

  /** Adds up squares row by row where the difference of large sums has lost the digits. */
  private void repairCancellation(int rows) {
    for (int k = 0; k < rows; k++) {
      if (residual[k] < CANCELLED_RESIDUAL * sumSquaredY[k]
          || total[k] < CANCELLED_TOTAL * sumSquaredY[k]) {
        addUpSquares(k);
      }
    }
  }

  private void addUpSquares(int k) {
    double totals = 0;
    double residuals = 0;
    for (int x = 0; x < w; x++) {
      double u = x - half;
      double deviation = y[k + x] - mean[k];
      double miss = deviation - slope[k] * u - curvature[k] * (u * u - meanSquare);
      totals += deviation * deviation;
      residuals += miss * miss;
    }
    total[k] = totals;
    residual[k] = residuals;
  }

  private void writeTerms(double anchor, int restart, int rows, double[][] terms) {
    double span = w - 1;
    double edge = half * half - meanSquare;
    double[] quadraticTerm = terms[Term.QUADRATIC.ordinal()];
    double[] linearTerm = terms[Term.LINEAR.ordinal()];
    double[] constantTerm = terms[Term.CONSTANT.ordinal()];
    double[] lastResidual = terms[Term.RESIDUAL.ordinal()];
    double[] prediction = terms[Term.PREDICTION.ordinal()];
    for (int k = 0; k < rows; k++) {
      int t = restart + k;
      double rise = slope[k] * half;
      double atEnds = mean[k] + curvature[k] * edge;
      quadraticTerm[t] = curvature[k] * span * span;
      linearTerm[t] = (slope[k] - curvature[k] * span) * span;
      constantTerm[t] = anchor + (atEnds - rise);
      lastResidual[t] = y[w - 1 + k] - (atEnds + rise);
      prediction[t] = anchor + (atEnds + rise);
    }
  }

  /**
   * A parabola passes through any three points; what rounding leaves would be all there is to
   * covary with.
   */
  private void leaveNoResidual(int restart, int rows, double[][] terms) {
    double[] lastResidual = terms[Term.RESIDUAL.ordinal()];
    for (int k = 0; k < rows; k++) {
      double nothing = Double.isNaN(sumY[k]) ? Double.NaN : 0;
      residual[k] = nothing;
      lastResidual[restart + k] = nothing;
    }
  }

  private void writeQuality(int restart, int rows, double[][] terms) {
    double reciprocal = 1.0 / w;
    double[] r2 = terms[Term.R2.ordinal()];
    double[] rmse = terms[Term.RMSE.ordinal()];
    for (int k = 0; k < rows; k++) {
      r2[restart + k] = 1 - residual[k] / (total[k] + R2_DENOMINATOR_OFFSET);
      rmse[restart + k] = Math.sqrt(residual[k] * reciprocal);
    }
  }
}
