package io.bqx.core.evaluation;

import java.util.Arrays;

/**
 * Ridge regression on standardised features: the weights {@code b} that minimise {@code mean((y - a
 * - z b)^2) + penalty * |b|^2}, where {@code z} are the features with mean 0 and variance 1 over
 * the training rows and the intercept {@code a} has no penalty.
 *
 * <p>With {@code R} the correlation matrix of the features and {@code c} their covariances with the
 * target, {@code b = (R + penalty I)^-1 c}. One eigendecomposition of {@code R} serves all
 * penalties and all targets.
 */
final class RidgeRegression {

  /**
   * From 0.001 to 1000 in half powers of ten; the eigenvalues of a correlation matrix average 1.
   */
  private static final double[] PENALTIES = halfPowersOfTen(-6, 6);

  private static final double CONSTANT = 1e-12;

  private final Moments train;
  private final int features;
  private final int[] varying;
  private final double[] scales;
  private final SymmetricEigen eigen;
  private final double[][] rotatedTargets;

  private RidgeRegression(Moments train, int features) {
    this.train = train;
    this.features = features;
    int[] found = new int[features];
    this.scales = new double[features];
    int count = 0;
    for (int j = 0; j < features; j++) {
      double variance = train.covariance(j, j);
      if (variance > CONSTANT * train.meanSquare(j)) {
        found[count++] = j;
        scales[j] = Math.sqrt(variance);
      }
    }
    this.varying = Arrays.copyOf(found, count);
    this.eigen = count == 0 ? null : SymmetricEigen.of(correlations(), count);
    this.rotatedTargets = new double[count][];
    for (int e = 0; e < count; e++) {
      rotatedTargets[e] = rotatedTargets(eigen.vectors()[e]);
    }
  }

  /**
   * The regressions of all targets on the leading features of the training rows.
   *
   * @param features how many of the features
   */
  static RidgeRegression of(Moments train, int features) {
    return new RidgeRegression(train, features);
  }

  private static double[] halfPowersOfTen(int from, int to) {
    double[] powers = new double[to - from + 1];
    Arrays.setAll(powers, i -> Math.pow(10, (from + i) / 2.0));
    return powers;
  }

  private double[] correlations() {
    int n = varying.length;
    double[] matrix = new double[n * n];
    for (int a = 0; a < n; a++) {
      for (int b = 0; b <= a; b++) {
        double value =
            train.covariance(varying[a], varying[b]) / (scales[varying[a]] * scales[varying[b]]);
        matrix[a * n + b] = value;
        matrix[b * n + a] = value;
      }
    }
    return matrix;
  }

  private double[] rotatedTargets(double[] vector) {
    double[] rotated = new double[train.targets()];
    for (int a = 0; a < varying.length; a++) {
      for (int k = 0; k < rotated.length; k++) {
        rotated[k] += vector[a] * train.covarianceWithTarget(varying[a], k) / scales[varying[a]];
      }
    }
    return rotated;
  }

  /** The forecasts with the given penalty of each target. */
  LinearForecast fit(double[] penalties) {
    int targets = train.targets();
    double[] weights = new double[features * targets];
    for (int e = 0; e < varying.length; e++) {
      double[] vector = eigen.vectors()[e];
      double[] share = new double[targets];
      for (int k = 0; k < targets; k++) {
        share[k] = rotatedTargets[e][k] / (eigen.values()[e] + penalties[k]);
      }
      for (int a = 0; a < varying.length; a++) {
        int base = varying[a] * targets;
        for (int k = 0; k < targets; k++) {
          weights[base + k] += vector[a] * share[k];
        }
      }
    }
    double[] means = new double[targets];
    double[] offsets = new double[targets];
    Arrays.setAll(means, train::targetMean);
    for (int j : varying) {
      for (int k = 0; k < targets; k++) {
        int at = j * targets + k;
        weights[at] /= scales[j];
        offsets[k] -= weights[at] * train.mean(j);
      }
    }
    return new LinearForecast(features, means, offsets, weights);
  }

  /**
   * For each target the penalty whose forecasts have the smallest mean squared error on other rows;
   * of several the largest.
   */
  double[] bestPenalties(Moments validation) {
    double[] best = new double[train.targets()];
    double[] least = new double[train.targets()];
    Arrays.fill(least, Double.POSITIVE_INFINITY);
    double[][] covariances = covariances(validation);
    for (double penalty : PENALTIES) {
      double[] equal = new double[best.length];
      Arrays.fill(equal, penalty);
      double[] errors = meanSquaredErrors(fit(equal), validation, covariances);
      for (int k = 0; k < best.length; k++) {
        if (errors[k] <= least[k]) {
          least[k] = errors[k];
          best[k] = penalty;
        }
      }
    }
    return best;
  }

  private double[][] covariances(Moments validation) {
    double[][] covariances = new double[varying.length][];
    for (int a = 0; a < varying.length; a++) {
      covariances[a] = new double[a + 1];
      for (int b = 0; b <= a; b++) {
        covariances[a][b] = validation.covariance(varying[a], varying[b]);
      }
    }
    return covariances;
  }

  private double[] meanSquaredErrors(
      LinearForecast forecast, Moments validation, double[][] covariances) {
    int targets = train.targets();
    double[] errors = new double[targets];
    double[] bias = new double[targets];
    double[][] weights = new double[varying.length][targets];
    for (int k = 0; k < targets; k++) {
      errors[k] = validation.targetVariance(k);
      bias[k] = validation.targetMean(k) - forecast.mean(k) - forecast.offset(k);
    }
    for (int a = 0; a < varying.length; a++) {
      for (int k = 0; k < targets; k++) {
        double weight = forecast.weight(varying[a], k);
        weights[a][k] = weight;
        bias[k] -= weight * validation.mean(varying[a]);
        errors[k] -= 2 * weight * validation.covarianceWithTarget(varying[a], k);
      }
    }
    for (int a = 0; a < varying.length; a++) {
      for (int b = 0; b <= a; b++) {
        double twice = (a == b ? 1 : 2) * covariances[a][b];
        double[] ofA = weights[a];
        double[] ofB = weights[b];
        for (int k = 0; k < targets; k++) {
          errors[k] += twice * ofA[k] * ofB[k];
        }
      }
    }
    for (int k = 0; k < targets; k++) {
      errors[k] += bias[k] * bias[k];
    }
    return errors;
  }
}
