package io.bqx.features;

import java.util.Arrays;
import java.util.Locale;

/** One value per row of a time axis; {@code NaN} is a missing value. */
public final class Series {

  private final TimeAxis axis;
  private final double[] values;

  private Series(TimeAxis axis, double[] values) {
    this.axis = axis;
    this.values = values;
  }

  /**
   * A series of a copy of the values.
   *
   * @throws IllegalArgumentException if there is not exactly one value per row
   */
  public static Series of(TimeAxis axis, double... values) {
    return wrapping(axis, values.clone());
  }

  /**
   * A series over the given array, which the caller must not change afterwards.
   *
   * @throws IllegalArgumentException if there is not exactly one value per row
   */
  public static Series wrapping(TimeAxis axis, double[] values) {
    if (values.length != axis.rows()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "A series needs one value per row; the axis has %d rows, but there are %d values",
              axis.rows(),
              values.length));
    }
    return new Series(axis, values);
  }

  /** The times of the rows. */
  public TimeAxis axis() {
    return axis;
  }

  /** The number of rows. */
  public int rows() {
    return values.length;
  }

  /** The value of a row, {@code NaN} if it is missing. */
  public double value(int row) {
    return values[row];
  }

  /** A copy of all values. */
  public double[] toArray() {
    return values.clone();
  }

  /** The array behind this series, for kernels that only read it. */
  double[] values() {
    return values;
  }

  /** The rows {@code from} (inclusive) to {@code to} (exclusive) as a series of their own. */
  public Series slice(int from, int to) {
    return new Series(axis.slice(from, to), Arrays.copyOfRange(values, from, to));
  }

  /** For example {@code Series[TimeAxis[...]]}. */
  @Override
  public String toString() {
    return "Series[" + axis + "]";
  }
}
