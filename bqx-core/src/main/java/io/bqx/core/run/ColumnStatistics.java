package io.bqx.core.run;

import io.bqx.features.FeatureFrame;
import java.util.Arrays;

/**
 * Per column of a stage, over the rows written: missing values, smallest, largest and mean value;
 * {@code NaN} where no value is present.
 */
record ColumnStatistics(long[] nulls, double[] minima, double[] maxima, double[] means) {

  static ColumnStatistics of(FeatureFrame frame, int[] rows, int count) {
    int columns = frame.columns().size();
    ColumnStatistics statistics =
        new ColumnStatistics(
            new long[columns], new double[columns], new double[columns], new double[columns]);
    for (int c = 0; c < columns; c++) {
      statistics.gather(c, frame.unsafeColumn(c), rows, count);
    }
    return statistics;
  }

  private void gather(int column, double[] values, int[] rows, int count) {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    double sum = 0;
    int present = 0;
    for (int i = 0; i < count; i++) {
      double value = values[rows[i]];
      if (value == value) {
        min = Math.min(min, value);
        max = Math.max(max, value);
        sum += value;
        present++;
      }
    }
    nulls[column] = count - present;
    minima[column] = present == 0 ? Double.NaN : min;
    maxima[column] = present == 0 ? Double.NaN : max;
    means[column] = sum / present;
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
