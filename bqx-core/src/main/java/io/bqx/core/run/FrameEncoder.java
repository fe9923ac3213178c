package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.copy.RowEncoder;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureFrame;
import io.bqx.features.FeatureType;
import java.util.Locale;

/** Appends the fields of a frame's rows, in column order. */
final class FrameEncoder {

  private final FeatureFrame frame;
  private final String stage;
  private final FeatureType[] types;
  private final double[][] values;

  FrameEncoder(FeatureFrame frame, String stage) {
    this.frame = frame;
    this.stage = stage;
    int columns = frame.columns().size();
    this.types = new FeatureType[columns];
    this.values = new double[columns][];
    for (int c = 0; c < columns; c++) {
      types[c] = frame.columns().get(c).type();
      values[c] = frame.unsafeColumn(c);
    }
  }

  void append(int row, RowEncoder out) {
    for (int c = 0; c < types.length; c++) {
      append(c, values[c][row], row, out);
    }
  }

  private void append(int column, double value, int row, RowEncoder out) {
    switch (types[column]) {
      case DOUBLE -> {
        if (Double.isInfinite(value)) {
          throw infinite(frame.columns().get(column), row, value);
        }
        out.float8(value);
      }
      case BOOLEAN -> out.bool(value);
      case SMALLINT -> out.int2(value);
      case TIMESTAMP -> throw new IllegalStateException("Only a row's own time is a timestamp");
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
