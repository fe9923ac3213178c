package io.bqx.core.evaluation;

import io.bqx.features.BackwardReturns;
import io.bqx.features.CurrencyPair;
import io.bqx.features.Series;
import io.bqx.features.Windows;
import java.util.Arrays;

/**
 * The targets of one pair's rows: the one that is asked for, those of the leakage checks, and
 * random ones.
 */
final class TargetValues {

  /** The target that is asked for. */
  static final int MAIN = 0;

  /** The target of the next row. */
  static final int LATER = 1;

  /** The target of the row before. */
  static final int EARLIER = 2;

  /** The return of the row itself, which is known at the row. */
  static final int LAST_ROW = 3;

  /** The return of the next row. */
  static final int NEXT_ROW = 4;

  /** The first random target. */
  static final int RANDOM = 5;

  private final Target target;
  private final double[] logarithms;
  private final double[] bqx;
  private final long seed;
  private final int[] ups;
  private int upsRow = -2;

  TargetValues(CurrencyPair pair, Series prices, EvaluationSettings settings) {
    this.target = settings.target();
    this.logarithms = prices.toArray();
    Arrays.setAll(logarithms, row -> Math.log(logarithms[row]));
    this.bqx = target.kind() == Target.Kind.BQX ? bqx(prices, target.window()) : new double[0];
    this.seed = mixed(settings.seed() + 31L * pair.name().hashCode());
    this.ups = new int[settings.randomTargets()];
  }

  private static double[] bqx(Series prices, int window) {
    Windows windows = Windows.ofDefaults().withBqx(window);
    return BackwardReturns.of(windows)
        .compute(prices)
        .series(BackwardReturns.regressionSource(windows))
        .toArray();
  }

  int count() {
    return RANDOM + ups.length;
  }

  /** The logarithm of a row's price. */
  double logarithm(int row) {
    return logarithms[row];
  }

  int rows() {
    return logarithms.length;
  }

  /** Whether all targets of a row are known. */
  boolean areKnown(int row) {
    return row >= 1
        && row + 1 + target.rows() < logarithms.length
        && (bqx.length == 0 || row - 1 + target.rows() >= target.window());
  }

  /** The target that is asked for, of a row whose targets are known. */
  double main(int row) {
    return value(row);
  }

  /** All targets of a row whose targets are known; rows come in order. */
  void at(int row, double[] out) {
    out[MAIN] = value(row);
    out[LATER] = value(row + 1);
    out[EARLIER] = value(row - 1);
    out[LAST_ROW] = logarithms[row] - logarithms[row - 1];
    out[NEXT_ROW] = logarithms[row + 1] - logarithms[row];
    walkTo(row);
    for (int r = 0; r < ups.length; r++) {
      out[RANDOM + r] = 2.0 * ups[r] - target.rows();
    }
  }

  private double value(int row) {
    return target.kind() == Target.Kind.RETURN
        ? logarithms[row + target.rows()] - logarithms[row]
        : bqx[row + target.rows()];
  }

  /** Random walks of steps up or down: one bit of a row's random number for each. */
  private void walkTo(int row) {
    if (row == upsRow + 1) {
      count(row, -1);
      count(row + target.rows(), 1);
    } else if (row != upsRow) {
      Arrays.fill(ups, 0);
      for (int step = 1; step <= target.rows(); step++) {
        count(row + step, 1);
      }
    }
    upsRow = row;
  }

  private void count(int row, int times) {
    long bits = mixed(seed + 0x9E3779B97F4A7C15L * (row + 1L));
    for (int r = 0; r < ups.length; r++) {
      ups[r] += (int) (bits >>> r & 1) * times;
    }
  }

  /** The finalizer of SplitMix64. */
  private static long mixed(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
