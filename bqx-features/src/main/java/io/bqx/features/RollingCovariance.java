package io.bqx.features;

import io.bqx.features.RegressionTerms.Term;
import io.bqx.features.TermCovariance.Pairing;
import java.util.Arrays;
import java.util.List;

/**
 * Sample covariances of the terms of one regression window over every window of {@code w} rows, at
 * a constant cost per row.
 *
 * <p>Terms are taken relative to their values at the restart row, see {@link RollingWindows}.
 */
final class RollingCovariance {

  private static final int TERMS = Term.RESIDUAL.ordinal() + 1;
  private static final List<Pairing> PAIRINGS = List.of(Pairing.values());

  private final int w;
  private final double[][] terms;
  private final double[][] sums;
  private final double[][] products;
  private final double[][] sumsOfProducts;

  RollingCovariance(int w) {
    this.w = w;
    this.terms = new double[TERMS][2 * w - 1];
    this.sums = new double[TERMS][w];
    this.products = new double[2][2 * w - 1];
    this.sumsOfProducts = new double[2][w];
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
    }
    for (int i = 0; i < TERMS; i += 2) {
      RollingWindows.sums(terms[i], terms[i + 1], w, rows, sums[i], sums[i + 1]);
    }
    for (int i = 0; i < PAIRINGS.size(); i += 2) {
      multiply(PAIRINGS.get(i), rows, products[0]);
      multiply(PAIRINGS.get(i + 1), rows, products[1]);
      RollingWindows.sums(products[0], products[1], w, rows, sumsOfProducts[0], sumsOfProducts[1]);
      write(PAIRINGS.get(i), sumsOfProducts[0], restart, rows, covariances[i]);
      write(PAIRINGS.get(i + 1), sumsOfProducts[1], restart, rows, covariances[i + 1]);
    }
  }

  private void multiply(Pairing pairing, int rows, double[] product) {
    double[] a = terms[pairing.first.ordinal()];
    double[] b = terms[pairing.second.ordinal()];
    for (int i = 0; i < w - 1 + rows; i++) {
      product[i] = a[i] * b[i];
    }
  }

  private void write(Pairing pairing, double[] sumsOfProduct, int restart, int rows, double[] out) {
    double[] a = sums[pairing.first.ordinal()];
    double[] b = sums[pairing.second.ordinal()];
    double reciprocal = 1.0 / w;
    double scale = 1.0 / (w - 1);
    for (int k = 0; k < rows; k++) {
      out[restart + k] = (sumsOfProduct[k] - a[k] * b[k] * reciprocal) * scale;
    }
  }
}
