package io.bqx.features;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Computed features: one {@code double} per row and column, stored by column. {@code NaN} is a
 * missing value; booleans are 0 and 1.
 */
public final class FeatureFrame {

  private final TimeAxis axis;
  private final List<FeatureColumn> columns;
  private final double[][] values;
  private final Map<String, Integer> indexOfName;

  private FeatureFrame(TimeAxis axis, List<FeatureColumn> columns, double[][] values) {
    this.axis = axis;
    this.columns = List.copyOf(columns);
    this.values = values;
    this.indexOfName = new HashMap<>();
    for (int c = 0; c < columns.size(); c++) {
      if (indexOfName.put(columns.get(c).name(), c) != null) {
        throw new IllegalArgumentException("Column " + columns.get(c).name() + " is repeated");
      }
    }
  }

  /** A frame in which every value is missing. */
  public static FeatureFrame allocate(TimeAxis axis, List<FeatureColumn> columns) {
    double[][] values = new double[columns.size()][axis.rows()];
    for (double[] column : values) {
      Arrays.fill(column, Double.NaN);
    }
    return new FeatureFrame(axis, columns, values);
  }

  /** The times of the rows. */
  public TimeAxis axis() {
    return axis;
  }

  /** The number of rows. */
  public int rows() {
    return axis.rows();
  }

  /** The columns, in order; the row's own time is not among them. */
  public List<FeatureColumn> columns() {
    return columns;
  }

  /**
   * The position of the column with the given name.
   *
   * @throws IllegalArgumentException if there is none; the message quotes it
   */
  public int indexOf(String column) {
    Integer index = indexOfName.get(column);
    if (index == null) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "There is no column '%s'; the %d columns begin with %s",
              column,
              columns.size(),
              columns.stream().limit(5).map(FeatureColumn::name).toList()));
    }
    return index;
  }

  /** The value at a column's position and a row, {@code NaN} if it is missing. */
  public double value(int column, int row) {
    return values[column][row];
  }

  /**
   * The value of the named column at a row, {@code NaN} if it is missing.
   *
   * @throws IllegalArgumentException if there is no such column
   */
  public double value(String column, int row) {
    return values[indexOf(column)][row];
  }

  /**
   * The named column as a series that shares this frame's array.
   *
   * @throws IllegalArgumentException if there is no such column
   */
  public Series series(String column) {
    return Series.wrapping(axis, values[indexOf(column)]);
  }

  /**
   * The array of a column, not a copy: its values change if a formula computes into this frame
   * again.
   */
  public double[] unsafeColumn(int column) {
    return values[column];
  }

  /**
   * The columns of this frame followed by those of another one on the same rows; both share their
   * arrays with the result.
   *
   * @throws IllegalArgumentException if the rows differ or a column name is in both
   */
  public FeatureFrame and(FeatureFrame other) {
    if (!axis.equals(other.axis)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "Frames on different rows cannot be joined: %s and %s",
              axis,
              other.axis));
    }
    List<FeatureColumn> both = new ArrayList<>(columns);
    both.addAll(other.columns);
    double[][] arrays = Arrays.copyOf(values, values.length + other.values.length);
    System.arraycopy(other.values, 0, arrays, values.length, other.values.length);
    return new FeatureFrame(axis, both, arrays);
  }

  /**
   * Refuses to be the target of a formula with other columns or rows.
   *
   * @throws IllegalArgumentException if the columns or the number of rows differ
   */
  void requireColumns(List<FeatureColumn> expected, TimeAxis rows) {
    if (!columns.equals(expected)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "The frame has other columns than the formula: %d beginning with %s, not %d beginning with %s",
              columns.size(),
              columns.get(0).name(),
              expected.size(),
              expected.get(0).name()));
    }
    if (axis.rows() != rows.rows()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "The frame has %d rows, but the input has %d",
              axis.rows(),
              rows.rows()));
    }
  }

  /** For example {@code FeatureFrame[384 columns, TimeAxis[...]]}. */
  @Override
  public String toString() {
    return "FeatureFrame[" + columns.size() + " columns, " + axis + "]";
  }
}
