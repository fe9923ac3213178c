package io.bqx.features;

/**
 * The values of one tile of rows with their missing ones split off, so that loops over them need no
 * branch: a missing value is 0 and weighs 0, a present one weighs 1.
 */
final class PresentValues {

  /**
   * Rows that are computed at a time, so that all intermediate values stay in the processor's
   * cache.
   */
  static final int TILE = 512;

  final double[] value = new double[TILE];
  final double[] weight = new double[TILE];

  static PresentValues[] allocate(int count) {
    PresentValues[] all = new PresentValues[count];
    for (int i = 0; i < count; i++) {
      all[i] = new PresentValues();
    }
    return all;
  }

  /** Takes the rows from {@code from} on; {@code null} is missing everywhere. */
  void load(double[] x, int from, int rows) {
    for (int i = 0; i < rows; i++) {
      double at = x == null ? Double.NaN : x[from + i];
      boolean missing = Double.isNaN(at);
      value[i] = missing ? 0 : at;
      weight[i] = missing ? 0 : 1;
    }
  }
}
