package io.bqx.core.evaluation;

/**
 * Linear functions of the leading features, one for each target: by how much it will differ from
 * its mean over the training rows.
 */
final class LinearForecast {

  private final int features;
  private final double[] means;
  private final double[] offsets;
  private final double[] weights;

  /**
   * Forecasts with the given weights.
   *
   * @param means of the targets over the training rows
   * @param weights those of all targets for the first feature, then for the second, and so on
   */
  LinearForecast(int features, double[] means, double[] offsets, double[] weights) {
    this.features = features;
    this.means = means;
    this.offsets = offsets;
    this.weights = weights;
  }

  /** The differences of all targets from their means. */
  void differences(double[] x, double[] out) {
    int targets = offsets.length;
    System.arraycopy(offsets, 0, out, 0, targets);
    for (int j = 0; j < features; j++) {
      double value = x[j];
      int base = j * targets;
      for (int k = 0; k < targets; k++) {
        out[k] += value * weights[base + k];
      }
    }
  }

  double mean(int target) {
    return means[target];
  }

  double offset(int target) {
    return offsets[target];
  }

  double weight(int feature, int target) {
    return weights[feature * offsets.length + target];
  }
}
