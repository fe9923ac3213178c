package io.bqx.features;

import io.bqx.features.RegressionTerms.Term;
import io.bqx.features.TermCovariance.Pairing;

/**
 * Sections 3 to 5 of the specification as one would write them down: every window of every row is
 * summed on its own, at a cost that grows with the window. What the benchmarks compare the rolling
 * formulas with.
 */
final class DirectSeries {

  private DirectSeries() {}

  static void backwardReturns(double[] index, int w, double[][] out) {
    for (int t = w; t < index.length; t++) {
      double sum = 0;
      double highest = Double.NEGATIVE_INFINITY;
      double lowest = Double.POSITIVE_INFINITY;
      for (int i = t - w; i < t; i++) {
        sum += index[i];
        highest = Math.max(highest, index[i]);
        lowest = Math.min(lowest, index[i]);
      }
      double mean = sum / w;
      double squares = 0;
      double difference = 0;
      for (int i = t - w; i < t; i++) {
        squares += (index[i] - mean) * (index[i] - mean);
        difference += index[i] - index[t];
      }
      out[0][t] = difference / index[t];
      out[1][t] = highest;
      out[2][t] = lowest;
      out[3][t] = mean;
      out[4][t] = Math.sqrt(squares / (w - 1));
      out[5][t] = (index[t - w] - index[t]) / index[t];
    }
  }

  static void regressionTerms(double[] y, int w, double[][] out) {
    double half = (w - 1) / 2.0;
    double n = w;
    double meanSquare = (n * n - 1) / 12;
    for (int t = w - 1; t < y.length; t++) {
      double sum = 0;
      double linear = 0;
      double quadratic = 0;
      for (int x = 0; x < w; x++) {
        double u = x - half;
        double value = y[t - w + 1 + x];
        sum += value;
        linear += u * value;
        quadratic += (u * u - meanSquare) * value;
      }
      double mean = sum / n;
      double b1 = 12 * linear / (n * (n * n - 1));
      double b2 = 180 * quadratic / (n * (n * n - 1) * (n * n - 4));
      double total = 0;
      double left = 0;
      for (int x = 0; x < w; x++) {
        double u = x - half;
        double deviation = y[t - w + 1 + x] - mean;
        double miss = deviation - b1 * u - b2 * (u * u - meanSquare);
        total += deviation * deviation;
        left += miss * miss;
      }
      double prediction = mean + b1 * half + b2 * (half * half - meanSquare);
      out[Term.QUADRATIC.ordinal()][t] = b2 * (n - 1) * (n - 1);
      out[Term.LINEAR.ordinal()][t] = (b1 - b2 * (n - 1)) * (n - 1);
      out[Term.CONSTANT.ordinal()][t] = mean - b1 * half + b2 * (half * half - meanSquare);
      out[Term.RESIDUAL.ordinal()][t] = y[t] - prediction;
      out[Term.R2.ordinal()][t] = 1 - left / (total + 1e-10);
      out[Term.RMSE.ordinal()][t] = Math.sqrt(left / n);
      out[Term.PREDICTION.ordinal()][t] = prediction;
    }
  }

  static void covariances(double[][] terms, int w, double[][] out) {
    for (Pairing pairing : Pairing.values()) {
      double[] a = terms[pairing.first.ordinal()];
      double[] b = terms[pairing.second.ordinal()];
      double[] covariance = out[pairing.ordinal()];
      for (int t = w - 1; t < a.length; t++) {
        double sumA = 0;
        double sumB = 0;
        for (int i = t - w + 1; i <= t; i++) {
          sumA += a[i];
          sumB += b[i];
        }
        double sum = 0;
        for (int i = t - w + 1; i <= t; i++) {
          sum += (a[i] - sumA / w) * (b[i] - sumB / w);
        }
        covariance[t] = sum / (w - 1);
      }
    }
  }
}
