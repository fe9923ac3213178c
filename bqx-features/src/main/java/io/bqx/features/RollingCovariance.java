package io.bqx.features;

import io.bqx.features.RegressionTerms.Term;
import io.bqx.features.TermCovariance.Pairing;
import java.util.Arrays;

/**
 * Sample covariances of the terms of one regression window over every window of {@code w} rows, at
 * a constant cost per row.
 *
 * <p>Terms are taken relative to their values at the restart row, see {@link RollingWindows}.
 */
final class RollingCovariance {

  private static final int TERMS = Term.RESIDUAL.ordinal() + 1;

  private final int w;
  private final double[][] terms;
  private final double[][] sums;
  private final double[] products;
  private final double[] sumProducts;

  RollingCovariance(int w) {
    this.w = w;
    this.terms = new double[TERMS][2 * w - 1];
    this.sums = new double[TERMS][w];
    this.products = new double[2 * w - 1];
    this.sumProducts = new double[w];
  }

  /**
   * Writes the covariances of all windows: one array per {@link Pairing}, beginning with the given
   * column.
   */
  void compute(FeatureFrame source, FeatureFrame out, int firstColumn) {
    double[][] series = new double[TERMS][];
    for (int i = 0; i < TERMS; i++) {
      series[i] = source.unsafeColumn(source.indexOf(Term.values()[i].columnOf(w)));
    }
    double[][] covariances = new double[Pairing.COUNT][];
    for (int i = 0; i < Pairing.COUNT; i++) {
      covariances[i] = out.unsafeColumn(firstColumn + i);
      Arrays.fill(covariances[i], 0, Math.min(w - 1, covariances[i].length), Double.NaN);
    }
    RollingWindows.forEachBlock(
        source.axis(), w, (restart, rows) -> computeBlock(series, restart, rows, covariances));
  }

  private void computeBlock(double[][] series, int restart, int rows, double[][] covariances) {
    for (int i = 0; i < TERMS; i++) {
      RollingWindows.load(series[i], series[i][restart], w, restart, rows, terms[i]);
      RollingWindows.sums(terms[i], w, rows, sums[i]);
    }
    for (Pairing pairing : Pairing.values()) {
      computePairing(pairing.first.ordinal(), pairing.second.ordinal(), rows);
      writeCovariance(pairing, restart, rows, covariances[pairing.ordinal()]);
    }
  }

  private void computePairing(int first, int second, int rows) {
    double[] a = terms[first];
    double[] b = terms[second];
    for (int i = 0; i < w - 1 + rows; i++) {
      products[i] = a[i] * b[i];
    }
    RollingWindows.sums(products, w, rows, sumProducts);
  }

  private void writeCovariance(Pairing pairing, int restart, int rows, double[] covariance) {
    double[] a = sums[pairing.first.ordinal()];
    double[] b = sums[pairing.second.ordinal()];
    double reciprocal = 1.0 / w;
    double scale = 1.0 / (w - 1);
    for (int k = 0; k < rows; k++) {
      covariance[restart + k] = (sumProducts[k] - a[k] * b[k] * reciprocal) * scale;
    }
  }
}
