package io.bqx.core.run;

import io.bqx.core.copy.CopyReader;
import io.bqx.core.copy.RowEncoder;
import io.bqx.core.stage.Stage;
import io.bqx.features.FeatureFrame;
import io.bqx.features.TimeAxis;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** The fields of one stage within the rows of a table, and where they come from. */
abstract class Segment {

  private final Stage<?> stage;

  private Segment(Stage<?> stage) {
    this.stage = stage;
  }

  Stage<?> stage() {
    return stage;
  }

  /**
   * Appends the stage's fields for the row at the given time; {@code old} is on the stored row at
   * that time, if any.
   */
  abstract void append(long time, CopyReader old, RowEncoder out);

  /** Fields that are computed by this run. */
  abstract static class Computed extends Segment {

    private final TimeAxis axis;
    private int[] written = new int[1 << 12];
    private int count;
    private int at;

    private Computed(Stage<?> stage, TimeAxis axis) {
      super(stage);
      this.axis = axis;
    }

    @Override
    final void append(long time, CopyReader old, RowEncoder out) {
      while (at < axis.rows() && axis.epochMicros(at) < time) {
        at++;
      }
      if (at == axis.rows() || axis.epochMicros(at) != time) {
        throw new RowWithoutBarException(time);
      }
      if (count == written.length) {
        written = Arrays.copyOf(written, 2 * count);
      }
      written[count++] = at;
      append(at, out);
    }

    /** Appends a row of the frame. */
    abstract void append(int row, RowEncoder out);

    /** CRC32C of the time and the fields of each row written. */
    abstract long crc();

    /** Statistics of the rows written. */
    final ColumnStatistics statistics() {
      return statistics(written, count);
    }

    abstract ColumnStatistics statistics(int[] rows, int count);
  }

  /** Fields of one pair, encoded as they are written. */
  static Computed ofPair(Stage<?> stage, FeatureFrame frame) {
    FrameEncoder encoder = new FrameEncoder(frame, stage.id());
    ByteBuffer time = ByteBuffer.allocate(Long.BYTES);
    CRC32C crc = new CRC32C();
    return new Computed(stage, frame.axis()) {
      @Override
      void append(int row, RowEncoder out) {
        int start = out.length();
        encoder.append(row, out);
        crc.update(time.putLong(0, frame.axis().epochMicros(row)).array());
        crc.update(out.array(), start, out.length() - start);
      }

      @Override
      long crc() {
        return crc.getValue();
      }

      @Override
      ColumnStatistics statistics(int[] rows, int count) {
        return ColumnStatistics.of(frame, rows, count);
      }
    };
  }

  /** Fields of the market, encoded once for all pairs. */
  static Computed ofMarket(Stage<?> stage, MarketBlock block) {
    ChainedCrc crc = new ChainedCrc();
    return new Computed(stage, block.axis()) {
      @Override
      void append(int row, RowEncoder out) {
        block.append(row, out);
        block.append(row, crc);
      }

      @Override
      long crc() {
        return crc.value();
      }

      @Override
      ColumnStatistics statistics(int[] rows, int count) {
        return block.statistics(rows, count);
      }
    };
  }

  /** Fields that stay what they are, computed again instead of read. */
  static final class Restored extends Segment {

    private final Computed computed;
    private final long recordedCrc;

    /**
     * Fields of one pair.
     *
     * @param recordedCrc the checksum that the ledger has of the stored ones
     */
    Restored(Stage<?> stage, FeatureFrame frame, long recordedCrc) {
      super(stage);
      this.computed = ofPair(stage, frame);
      this.recordedCrc = recordedCrc;
    }

    @Override
    void append(long time, CopyReader old, RowEncoder out) {
      computed.append(time, old, out);
    }

    /** Whether all rows written have the bytes that the ledger has recorded. */
    boolean isAsRecorded() {
      return computed.crc() == recordedCrc;
    }
  }

  /** Fields that stay what they are, byte for byte. */
  static final class Kept extends Segment {

    private final int firstField;
    private final int fields;
    private final ByteBuffer timeBytes = ByteBuffer.allocate(Long.BYTES);
    private final CRC32C crc = new CRC32C();

    /** Fields of the stored rows, from the given one on. */
    Kept(Stage<?> stage, int firstField) {
      super(stage);
      this.firstField = firstField;
      this.fields = stage.columns().size();
    }

    @Override
    void append(long time, CopyReader old, RowEncoder out) {
      int start = out.length();
      if (old == null) {
        appendNulls(fields, out);
      } else {
        int first = old.start(firstField);
        out.raw(old.bytes(), first, old.start(firstField + fields) - first);
      }
      crc.update(timeBytes.putLong(0, time).array());
      crc.update(out.array(), start, out.length() - start);
    }

    /** CRC32C of the time and the fields of each row written. */
    long crc() {
      return crc.getValue();
    }
  }

  /** Fields without a value: never computed, or computed from an input that has changed since. */
  static Segment missing(Stage<?> stage) {
    int fields = stage.columns().size();
    return new Segment(stage) {
      @Override
      void append(long time, CopyReader old, RowEncoder out) {
        appendNulls(fields, out);
      }
    };
  }

  private static void appendNulls(int fields, RowEncoder out) {
    for (int field = 0; field < fields; field++) {
      out.nullField();
    }
  }

  /** A stored row at a time at which the pair has no bar. */
  static final class RowWithoutBarException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final long epochMicros;

    RowWithoutBarException(long epochMicros) {
      super("A stored row has no bar");
      this.epochMicros = epochMicros;
    }

    long epochMicros() {
      return epochMicros;
    }
  }
}
