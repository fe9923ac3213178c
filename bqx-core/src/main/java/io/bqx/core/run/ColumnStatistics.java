package io.bqx.core.run;

import io.bqx.features.FeatureFrame;
import java.util.Arrays;

/**
 * Per column of a stage, over the rows written: missing values, smallest, largest and mean value;
 * {@code NaN} where no value is present.
 */
record ColumnStatistics(long[] nulls, double[] minima, double[] maxima, double[] means) {

  /** Statistics of the first {@code count} of the given rows of a frame. */
  static ColumnStatistics of(FeatureFrame frame, int[] rows, int count) {
    ColumnStatistics statistics = ofColumns(frame.columns().size());
    for (int c = 0; c < statistics.nulls.length; c++) {
      statistics.set(c, ColumnTotals.of(frame.unsafeColumn(c), rows, count));
    }
    return statistics;
  }

  static ColumnStatistics ofColumns(int columns) {
    return new ColumnStatistics(
        new long[columns], new double[columns], new double[columns], new double[columns]);
  }

  void set(int column, ColumnTotals totals) {
    nulls[column] = totals.missing();
    minima[column] = totals.least();
    maxima[column] = totals.greatest();
    means[column] = totals.mean();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ColumnStatistics that
        && Arrays.equals(nulls, that.nulls)
        && Arrays.equals(minima, that.minima)
        && Arrays.equals(maxima, that.maxima)
        && Arrays.equals(means, that.means);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(nulls) + 31 * Arrays.hashCode(means);
  }
}
