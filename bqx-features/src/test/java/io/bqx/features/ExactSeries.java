package io.bqx.features;

import io.bqx.features.RegressionTerms.Term;
import java.util.Arrays;

/**
 * Sections 3 to 5 of the specification straight from the closes with 32 digits, for every row of a
 * long series.
 *
 * <p>Windows are running sums, each row added once and subtracted once and begun anew every {@value
 * #RENEWAL} rows: what doubles must not do, 16 spare digits can afford. Nothing here is shared with
 * the code under test.
 */
final class ExactSeries {

  private static final int RENEWAL = 4096;

  private ExactSeries() {}

  /** A value per row with 32 digits; {@code null} where it is missing. */
  static DoubleDouble[] rateIndex(double[] closes, double baseline) {
    DoubleDouble[] index = new DoubleDouble[closes.length];
    for (int t = 0; t < closes.length; t++) {
      index[t] = DoubleDouble.of(closes[t]).times(100).over(baseline);
    }
    return index;
  }

  /** {@code sum of (idx(t-i) - idx(t)) / idx(t)} over the {@code w} rows before each row. */
  static DoubleDouble[] backwardReturn(DoubleDouble[] index, int w) {
    DoubleDouble[] sums = sums(index, w, 0);
    DoubleDouble[] result = new DoubleDouble[index.length];
    for (int t = w; t < index.length; t++) {
      result[t] = sums[t - 1].over(index[t]).minus(DoubleDouble.of(w));
    }
    return result;
  }

  /** The seven terms of section 4, by ordinal of {@link Term}; {@code y} has no missing value. */
  static DoubleDouble[][] terms(DoubleDouble[] values, int w) {
    DoubleDouble level = values[0];
    DoubleDouble[] y = new DoubleDouble[values.length];
    Arrays.setAll(y, t -> values[t].minus(level));
    DoubleDouble[] sumY = sums(y, w, 0);
    DoubleDouble[] sumJy = sums(y, w, 1);
    DoubleDouble[] sumJjy = sums(y, w, 2);
    DoubleDouble[] sumYy = sums(products(y, y), w, 0);
    DoubleDouble[][] terms = new DoubleDouble[Term.COUNT][y.length];
    for (int t = w - 1; t < y.length; t++) {
      DoubleDouble[] row = terms(y[t], center(t, w), sumY[t], sumJy[t], sumJjy[t], sumYy[t], w);
      for (int i = 0; i < Term.COUNT; i++) {
        terms[i][t] = row[i];
      }
      terms[Term.CONSTANT.ordinal()][t] = row[Term.CONSTANT.ordinal()].plus(level);
      terms[Term.PREDICTION.ordinal()][t] = row[Term.PREDICTION.ordinal()].plus(level);
    }
    return terms;
  }

  private static double center(int t, int w) {
    return t % RENEWAL - (w - 1) / 2.0;
  }

  /**
   * The terms from the moments about row {@code 0} of the run, {@code center} rows before the
   * middle of the window.
   */
  private static DoubleDouble[] terms(
      DoubleDouble last,
      double center,
      DoubleDouble sumY,
      DoubleDouble sumJy,
      DoubleDouble sumJjy,
      DoubleDouble sumYy,
      int w) {
    double n = w;
    double h = (n - 1) / 2;
    DoubleDouble meanUu = DoubleDouble.of(n * n - 1).over(12);
    DoubleDouble sumUy = sumJy.minus(sumY.times(center));
    DoubleDouble sumUuy = sumJjy.minus(sumJy.times(2 * center)).plus(sumY.times(center * center));
    DoubleDouble sumPy = sumUuy.minus(meanUu.times(sumY));
    DoubleDouble mean = sumY.over(n);
    DoubleDouble b1 = sumUy.times(12).over(n * (n * n - 1));
    DoubleDouble b2 = sumPy.times(180).over(DoubleDouble.of(n * (n * n - 1)).times(n * n - 4));
    DoubleDouble total = sumYy.minus(sumY.times(mean));
    DoubleDouble left = total.minus(b1.times(sumUy)).minus(b2.times(sumPy));
    DoubleDouble quadratic = b2.times(2 * h).times(2 * h);
    DoubleDouble linear = b1.minus(b2.times(2 * h)).times(2 * h);
    DoubleDouble constant =
        mean.minus(b1.times(h)).plus(b2.times(DoubleDouble.of(h * h).minus(meanUu)));
    DoubleDouble prediction = quadratic.plus(linear).plus(constant);
    DoubleDouble r2 = DoubleDouble.of(1).minus(left.over(total.plus(DoubleDouble.of(1e-10))));
    DoubleDouble rmse = DoubleDouble.of(Math.sqrt(Math.max(0, left.over(n).value())));
    return new DoubleDouble[] {
      quadratic, linear, constant, last.minus(prediction), r2, rmse, prediction
    };
  }

  /** Sample standard deviation over the last {@code w} rows. */
  static DoubleDouble[] sampleDeviation(DoubleDouble[] values, int w) {
    DoubleDouble[] deviation = sampleCovariance(values, values, w);
    for (int t = 0; t < deviation.length; t++) {
      if (deviation[t] != null) {
        deviation[t] = DoubleDouble.of(Math.sqrt(Math.max(0, deviation[t].value())));
      }
    }
    return deviation;
  }

  /** Sample covariance over the last {@code w} rows. */
  static DoubleDouble[] sampleCovariance(DoubleDouble[] a, DoubleDouble[] b, int w) {
    DoubleDouble[] sumA = sums(a, w, 0);
    DoubleDouble[] sumB = sums(b, w, 0);
    DoubleDouble[] sumAb = sums(products(a, b), w, 0);
    DoubleDouble[] result = new DoubleDouble[a.length];
    for (int t = 0; t < a.length; t++) {
      if (sumAb[t] != null) {
        result[t] = sumAb[t].minus(sumA[t].times(sumB[t]).over(w)).over(w - 1);
      }
    }
    return result;
  }

  static DoubleDouble[] products(DoubleDouble[] a, DoubleDouble[] b) {
    DoubleDouble[] result = new DoubleDouble[a.length];
    Arrays.setAll(result, t -> a[t] == null || b[t] == null ? null : a[t].times(b[t]));
    return result;
  }

  /**
   * Sums of {@code j^power * values} over the last {@code w} rows, {@code j} being the row's
   * distance to the last multiple of {@value #RENEWAL} at or before the window's end; {@code null}
   * where a value of the window is missing.
   */
  static DoubleDouble[] sums(DoubleDouble[] values, int w, int power) {
    DoubleDouble[] sums = new DoubleDouble[values.length];
    int first = firstPresent(values) + w - 1;
    for (int start = first; start < values.length; start = nextRun(start)) {
      int origin = start - start % RENEWAL;
      DoubleDouble sum = DoubleDouble.ZERO;
      for (int row = start - w + 1; row < start; row++) {
        sum = sum.plus(weighted(values[row], row - origin, power));
      }
      for (int t = start; t < Math.min(nextRun(start), values.length); t++) {
        sum = sum.plus(weighted(values[t], t - origin, power));
        sums[t] = sum;
        sum = sum.minus(weighted(values[t - w + 1], t - w + 1 - origin, power));
      }
    }
    return sums;
  }

  private static int nextRun(int start) {
    return start - start % RENEWAL + RENEWAL;
  }

  private static DoubleDouble weighted(DoubleDouble value, int j, int power) {
    return switch (power) {
      case 0 -> value;
      case 1 -> value.times(j);
      default -> value.times((double) j * j);
    };
  }

  private static int firstPresent(DoubleDouble[] values) {
    int t = 0;
    while (t < values.length && values[t] == null) {
      t++;
    }
    return t;
  }
}
