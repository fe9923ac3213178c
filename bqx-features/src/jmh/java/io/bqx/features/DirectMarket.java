package io.bqx.features;

import io.bqx.features.testing.PanelFormulaContract;
import java.util.Arrays;
import java.util.List;

/**
 * Sections 6 to 8 of the specification in plain loops, each value on its own from its window: what
 * the kernels are measured against.
 */
final class DirectMarket {

  private final Universe universe;
  private final Windows windows;
  private final double[][] values;
  private final int rows;

  DirectMarket(MarketPanel panel, Windows windows) {
    this.universe = panel.universe();
    this.windows = windows;
    this.rows = panel.rows();
    this.values = PanelFormulaContract.copy(panel);
  }

  /** The indices, momenta, volatilities and strengths; returns a checksum. */
  double currencyIndices() {
    double[][] indices = new double[universe.currencies().size()][rows];
    double[][] out = new double[4][rows];
    double checksum = 0;
    for (int c = 0; c < indices.length; c++) {
      fillIndex(universe.currencies().get(c), indices[c]);
      for (int w : windows.regression()) {
        for (int k = w - 1; k < rows; k++) {
          double[] b = indices[c];
          int first = k - w + 1;
          int mid = first + w / 2;
          out[0][k] = b[k] - b[first];
          out[1][k] = (b[k] - b[mid]) - (b[mid] - b[first]);
          out[2][k] = 100 * (b[k] - b[first]) / Math.abs(b[first]);
          out[3][k] = Math.sqrt(populationVariance(b, first, k));
        }
        checksum += Arrays.stream(out).mapToDouble(column -> column[rows - 1]).sum();
      }
    }
    return checksum + strengths(indices);
  }

  private void fillIndex(Currency currency, double[] index) {
    List<CurrencyPair> pairs = universe.pairsWith(currency);
    for (int k = 0; k < rows; k++) {
      double sum = 0;
      int present = 0;
      for (CurrencyPair pair : pairs) {
        double value = values[universe.indexOf(pair)][k];
        if (!Double.isNaN(value)) {
          sum += pair.signOf(currency) * value;
          present++;
        }
      }
      index[k] = sum / present;
    }
  }

  private double strengths(double[][] indices) {
    double checksum = 0;
    for (int c = 0; c < indices.length; c++) {
      for (CurrencyGroup group : universe.strengthGroups()) {
        for (int k = 0; k < rows; k++) {
          double sum = 0;
          int present = 0;
          for (int x = 0; x < indices.length; x++) {
            boolean other = x != c && group.contains(universe.currencies().get(x));
            if (other && !Double.isNaN(indices[x][k])) {
              sum += indices[x][k];
              present++;
            }
          }
          checksum += indices[c][k] - sum / present;
        }
      }
    }
    return checksum;
  }

  /** The best round trips of all pairs; returns a checksum. */
  double arbitrage() {
    int currencies = universe.currencies().size();
    double[][][] rates = rates();
    double checksum = 0;
    for (CurrencyPair pair : universe.pairs()) {
      int base = universe.currencies().indexOf(pair.base());
      int quote = universe.currencies().indexOf(pair.quote());
      for (int k = 0; k < rows; k++) {
        double best = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < currencies; c++) {
          if (c != base && c != quote) {
            double ratio = rates[base][c][k] * rates[c][quote][k] / rates[base][quote][k];
            if (!Double.isNaN(ratio)) {
              best = Math.max(best, Math.max(ratio, 1 / ratio));
            }
          }
        }
        checksum += best;
      }
    }
    return checksum;
  }

  private double[][][] rates() {
    int currencies = universe.currencies().size();
    double[][][] rates = new double[currencies][currencies][rows];
    for (int p = 0; p < values.length; p++) {
      int base = universe.currencies().indexOf(universe.pairs().get(p).base());
      int quote = universe.currencies().indexOf(universe.pairs().get(p).quote());
      for (int k = 0; k < rows; k++) {
        rates[base][quote][k] = values[p][k];
        rates[quote][base][k] = 1 / values[p][k];
      }
    }
    return rates;
  }

  /** Strength, dispersion and coherence of all blocs; returns a checksum. */
  double blocs() {
    double checksum = 0;
    for (CurrencyGroup bloc : universe.blocs()) {
      double[][] members =
          universe.pairs().stream()
              .filter(pair -> bloc.signOf(pair) != 0)
              .map(pair -> signed(values[universe.indexOf(pair)], bloc.signOf(pair)))
              .toArray(double[][]::new);
      for (int k = 0; k < rows; k++) {
        int row = k;
        double[] now = Arrays.stream(members).mapToDouble(member -> member[row]).sorted().toArray();
        checksum += (now[(now.length - 1) / 2] + now[now.length / 2]) / 2;
        checksum += Math.sqrt(populationVariance(now, 0, now.length - 1));
      }
      for (int w : windows.regression()) {
        for (int k = w - 1; k < rows; k++) {
          checksum += coherence(members, k - w + 1, k);
        }
      }
    }
    return checksum;
  }

  private static double[] signed(double[] values, int sign) {
    return Arrays.stream(values).map(value -> sign * value).toArray();
  }

  private static double coherence(double[][] members, int first, int last) {
    double[] total = new double[last - first + 1];
    double variances = 0;
    double deviations = 0;
    for (double[] member : members) {
      double variance = populationVariance(member, first, last);
      variances += variance;
      deviations += Math.sqrt(variance);
      for (int i = 0; i < total.length; i++) {
        total[i] += member[first + i];
      }
    }
    double together = populationVariance(total, 0, total.length - 1);
    return (together - variances) / (deviations * deviations - variances);
  }

  private static double populationVariance(double[] x, int first, int last) {
    double sum = 0;
    for (int j = first; j <= last; j++) {
      sum += x[j];
    }
    int n = last - first + 1;
    double mean = sum / n;
    double squares = 0;
    for (int j = first; j <= last; j++) {
      squares += (x[j] - mean) * (x[j] - mean);
    }
    return squares / n;
  }
}
