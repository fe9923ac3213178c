package io.bqx.core.run;

import io.bqx.core.copy.RowEncoder;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureFrame;
import io.bqx.features.TimeAxis;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * The encoded fields of one market stage for every grid row of a month, encoded once and spliced
 * into the rows of every pair; with checksums and statistics, so that what a pair takes of them
 * needs not be looked at again.
 */
final class MarketBlock {

  private final TimeAxis axis;
  private final int from;
  private final byte[] fields;
  private final ByteBuffer values;
  private final int[] offsets;
  private final int[] crcs;
  private final ColumnTotals[] totals;

  /** Where the fields of a row without a missing value begin, and its length at the end. */
  private final int[] fullRow;

  private MarketBlock(FeatureFrame frame, int from, RowEncoder encoded, int[] offsets, int[] crcs) {
    this.axis = frame.axis();
    this.from = from;
    this.fields = encoded.array();
    this.values = ByteBuffer.wrap(fields);
    this.offsets = offsets;
    this.crcs = crcs;
    this.totals = totals(frame, from);
    this.fullRow = fullRow(frame.columns());
  }

  /** Encodes the rows of a frame from the given one on. */
  static MarketBlock encode(FeatureFrame frame, int from, String stage) {
    FrameEncoder encoder = new FrameEncoder(frame, stage);
    int rows = frame.rows();
    RowEncoder out = new RowEncoder(Math.max(0, rows - from) * widestRow(frame.columns()));
    int[] offsets = new int[rows + 1];
    int[] crcs = new int[rows];
    CRC32C crc = new CRC32C();
    ByteBuffer time = ByteBuffer.allocate(Long.BYTES);
    for (int row = from; row < rows; row++) {
      offsets[row] = out.length();
      encoder.append(row, out);
      crc.reset();
      crc.update(time.putLong(0, frame.axis().epochMicros(row)).array());
      crc.update(out.array(), offsets[row], out.length() - offsets[row]);
      crcs[row] = (int) crc.getValue();
    }
    offsets[rows] = out.length();
    return new MarketBlock(frame, from, out, offsets, crcs);
  }

  private static int widestRow(List<FeatureColumn> columns) {
    int[] fullRow = fullRow(columns);
    return fullRow[columns.size()];
  }

  private static int[] fullRow(List<FeatureColumn> columns) {
    int[] starts = new int[columns.size() + 1];
    for (int c = 0; c < columns.size(); c++) {
      int bytes =
          switch (columns.get(c).type()) {
            case BOOLEAN -> 1;
            case SMALLINT -> 2;
            default -> 8;
          };
      starts[c + 1] = starts[c] + Integer.BYTES + bytes;
    }
    return starts;
  }

  private static ColumnTotals[] totals(FeatureFrame frame, int from) {
    int[] rows = IntStream.range(from, frame.rows()).toArray();
    return IntStream.range(0, frame.columns().size())
        .mapToObj(c -> ColumnTotals.of(frame.unsafeColumn(c), rows, rows.length))
        .toArray(ColumnTotals[]::new);
  }

  TimeAxis axis() {
    return axis;
  }

  void append(int row, RowEncoder out) {
    out.raw(fields, offsets[row], offsets[row + 1] - offsets[row]);
  }

  /** Appends the row's time and fields to a checksum. */
  void append(int row, ChainedCrc crc) {
    crc.append(crcs[row], Long.BYTES + offsets[row + 1] - offsets[row]);
  }

  /**
   * Statistics of the first {@code count} of the given rows, ascending. Few are left out, so those
   * are taken out of the totals.
   */
  ColumnStatistics statistics(int[] rows, int count) {
    double[][] absent = decode(absent(rows, count));
    ColumnStatistics statistics = ColumnStatistics.ofColumns(totals.length);
    for (int c = 0; c < totals.length; c++) {
      ColumnTotals leftOut = ColumnTotals.of(absent[c]);
      statistics.set(
          c,
          totals[c].keepsExtremesWithout(leftOut)
              ? totals[c].without(leftOut)
              : totalsOf(c, rows, count));
    }
    return statistics;
  }

  private int[] absent(int[] rows, int count) {
    int[] absent = new int[axis.rows() - from - count];
    int found = 0;
    int row = from;
    for (int i = 0; i <= count; i++) {
      int next = i == count ? axis.rows() : rows[i];
      while (row < next) {
        absent[found++] = row++;
      }
      row++;
    }
    return absent;
  }

  /** The values of the given rows, by column. */
  private double[][] decode(int[] rows) {
    double[][] decoded = new double[totals.length][rows.length];
    for (int i = 0; i < rows.length; i++) {
      int at = offsets[rows[i]];
      for (double[] column : decoded) {
        column[i] = valueAt(at);
        at = next(at);
      }
    }
    return decoded;
  }

  private ColumnTotals totalsOf(int column, int[] rows, int count) {
    double[] decoded = new double[count];
    for (int i = 0; i < count; i++) {
      decoded[i] = value(rows[i], column);
    }
    return ColumnTotals.of(decoded);
  }

  private double value(int row, int column) {
    int start = offsets[row];
    boolean full = offsets[row + 1] - start == fullRow[totals.length];
    int at = start + (full ? fullRow[column] : 0);
    for (int c = full ? column : 0; c < column; c++) {
      at = next(at);
    }
    return valueAt(at);
  }

  private double valueAt(int at) {
    return switch (values.getInt(at)) {
      case -1 -> Double.NaN;
      case 1 -> values.get(at + Integer.BYTES);
      case 2 -> values.getShort(at + Integer.BYTES);
      default -> values.getDouble(at + Integer.BYTES);
    };
  }

  private int next(int at) {
    return at + Integer.BYTES + Math.max(0, values.getInt(at));
  }
}
