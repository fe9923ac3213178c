package io.bqx.core.run;

import io.bqx.core.copy.RowEncoder;
import io.bqx.features.FeatureFrame;
import io.bqx.features.TimeAxis;

/**
 * The encoded fields of one market stage for every grid row of a month, encoded once and spliced
 * into the rows of every pair.
 */
final class MarketBlock {

  private final FeatureFrame frame;
  private final byte[] fields;
  private final int[] offsets;

  private MarketBlock(FeatureFrame frame, byte[] fields, int[] offsets) {
    this.frame = frame;
    this.fields = fields;
    this.offsets = offsets;
  }

  /** Encodes the rows of a frame from the given one on. */
  static MarketBlock encode(FeatureFrame frame, int from, String stage) {
    FrameEncoder encoder = new FrameEncoder(frame, stage);
    int rows = frame.rows();
    RowEncoder out =
        new RowEncoder(Math.max(0, rows - from) * frame.columns().size() * RowEncoder.WIDE_FIELD);
    int[] offsets = new int[rows + 1];
    for (int row = from; row < rows; row++) {
      offsets[row] = out.length();
      encoder.append(row, out);
    }
    offsets[rows] = out.length();
    return new MarketBlock(frame, out.array(), offsets);
  }

  TimeAxis axis() {
    return frame.axis();
  }

  FeatureFrame frame() {
    return frame;
  }

  void append(int row, RowEncoder out) {
    out.raw(fields, offsets[row], offsets[row + 1] - offsets[row]);
  }
}
