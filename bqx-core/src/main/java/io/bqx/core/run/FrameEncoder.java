package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.copy.RowEncoder;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureFrame;
import io.bqx.features.FeatureType;
import java.util.Locale;

/**
 * Appends the fields of a frame's rows, in column order.
 *
 * <p>A frame is stored by columns. A few rows at a time are copied side by side first: to jump from
 * column to column for every value of a row would wait for memory at each.
 */
final class FrameEncoder {

  private static final int ROWS_AT_A_TIME = 16;

  private final FeatureFrame frame;
  private final String stage;
  private final FeatureType[] types;
  private final double[][] columns;
  private final double[] copied;
  private int firstCopied;
  private int endCopied;

  FrameEncoder(FeatureFrame frame, String stage) {
    this.frame = frame;
    this.stage = stage;
    int count = frame.columns().size();
    this.types = new FeatureType[count];
    this.columns = new double[count][];
    for (int c = 0; c < count; c++) {
      types[c] = frame.columns().get(c).type();
      columns[c] = frame.unsafeColumn(c);
    }
    this.copied = new double[ROWS_AT_A_TIME * count];
  }

  void append(int row, RowEncoder out) {
    if (row < firstCopied || row >= endCopied) {
      copyFrom(row);
    }
    int start = (row - firstCopied) * types.length;
    int c = 0;
    while (c < types.length) {
      if (types[c] == FeatureType.DOUBLE) {
        int end = c + 1;
        while (end < types.length && types[end] == FeatureType.DOUBLE) {
          end++;
        }
        appendDoubles(c, start, end, row, out);
        c = end;
      } else {
        append(types[c], copied[start + c], out);
        c++;
      }
    }
  }

  private void copyFrom(int row) {
    firstCopied = row;
    endCopied = Math.min(row + ROWS_AT_A_TIME, frame.rows());
    for (int c = 0; c < columns.length; c++) {
      double[] column = columns[c];
      for (int r = row, at = c; r < endCopied; r++, at += columns.length) {
        copied[at] = column[r];
      }
    }
  }

  private void appendDoubles(int from, int start, int end, int row, RowEncoder out) {
    int encoded = out.float8s(copied, start + from, end - from);
    if (from + encoded < end) {
      throw infinite(frame.columns().get(from + encoded), row, copied[start + from + encoded]);
    }
  }

  private static void append(FeatureType type, double value, RowEncoder out) {
    switch (type) {
      case BOOLEAN -> out.bool(value);
      case SMALLINT -> out.int2(value);
      default -> throw new IllegalStateException("Only a row's own time is a timestamp");
    }
  }

  private BqxException infinite(FeatureColumn column, int row, double value) {
    return new BqxException(
        String.format(
            Locale.ROOT,
            "Stage %s computed %s for the column %s at %s; an infinite value cannot be stored. Look for a wrong price near that time",
            stage,
            value,
            column.name(),
            frame.axis().instant(row)));
  }
}
