package io.bqx.core.export;

import io.bqx.core.BqxException;
import io.bqx.core.copy.CopyReader;
import io.bqx.core.copy.RowEncoder;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureType;
import java.util.List;
import java.util.Locale;

/**
 * Some rows of a partition, column by column, on their way between the database and a file. A
 * missing value is {@code NaN}, as everywhere in memory; a block is filled and emptied again and
 * again.
 */
final class RowBlock {

  /** Small enough that a few of them take little room beside a row group. */
  static final int CAPACITY = 512;

  private final long[] times = new long[CAPACITY];
  private final double[][] values;
  private int rows;

  /** A block without rows, of the row's own time and the given number of further columns. */
  RowBlock(int valueColumns) {
    this.values = new double[valueColumns][CAPACITY];
  }

  int rows() {
    return rows;
  }

  boolean isFull() {
    return rows == CAPACITY;
  }

  void clear() {
    rows = 0;
  }

  /** Microseconds since 1970, UTC; the first {@link #rows()} are those of the rows. */
  long[] times() {
    return times;
  }

  /** The values of the column after the time with the given number, from 0. */
  double[] values(int valueColumn) {
    return values[valueColumn];
  }

  /** Says how many rows were put into the arrays. */
  void setRows(int count) {
    rows = count;
  }

  /**
   * Takes in the row that the reader is on.
   *
   * @param columns all columns, the row's own time first
   * @param types their types, which are looked at for every value
   * @throws BqxException if a value is stored that is not a finite number
   */
  void add(CopyReader row, List<FeatureColumn> columns, FeatureType[] types) {
    times[rows] = row.epochMicros(0);
    for (int c = 1; c < types.length; c++) {
      double value =
          switch (types[c]) {
            case BOOLEAN -> row.bool(c);
            case SMALLINT -> row.int2(c);
            default -> row.float8(c);
          };
      if (!Double.isFinite(value) && !row.isNull(c)) {
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "%s is stored in the column %s at %s, which no feature may be; 'bqx validate' tells more",
                value,
                columns.get(c).name(),
                RowChecks.instant(times[rows])));
      }
      values[c - 1][rows] = value;
    }
    rows++;
  }

  /**
   * Appends a row to the encoder as the database encodes it in a COPY, with its field count.
   *
   * @param starts is told where each field begins, and at the end where the last one ends
   */
  void encode(int row, List<FeatureColumn> columns, RowEncoder encoder, int[] starts) {
    encoder.beginRow(columns.size());
    starts[0] = encoder.length();
    encoder.timestamp(times[row]);
    for (int c = 1; c < columns.size(); c++) {
      starts[c] = encoder.length();
      double value = values[c - 1][row];
      switch (columns.get(c).type()) {
        case BOOLEAN -> encoder.bool(value);
        case SMALLINT -> encoder.int2(value);
        default -> encoder.float8(value);
      }
    }
    starts[columns.size()] = encoder.length();
  }
}
