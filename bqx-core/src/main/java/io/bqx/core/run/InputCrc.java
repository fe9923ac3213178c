package io.bqx.core.run;

import io.bqx.features.CurrencyPair;
import io.bqx.features.MarketPanel;
import io.bqx.features.Series;
import io.bqx.features.TimeAxis;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * CRC32C of the rows that a stage's month is computed from: times, values, and which pairs there
 * are.
 */
final class InputCrc {

  private final CRC32C crc = new CRC32C();
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16);

  private InputCrc() {}

  static long of(Series source, int from) {
    InputCrc input = new InputCrc();
    int first = Math.max(0, from);
    input.add(ordinal(source.axis(), first));
    for (int row = first; row < source.rows(); row++) {
      input.add(source.axis().epochMicros(row));
      input.add(Double.doubleToLongBits(source.value(row)));
    }
    return input.value();
  }

  static long of(MarketPanel source, int from) {
    InputCrc input = new InputCrc();
    int first = Math.max(0, from);
    input.add(ordinal(source.grid(), first));
    for (int row = first; row < source.rows(); row++) {
      input.add(source.grid().epochMicros(row));
    }
    for (CurrencyPair pair : source.presentPairs()) {
      input.flush();
      input.crc.update(pair.name().getBytes(StandardCharsets.US_ASCII));
      for (int row = first; row < source.rows(); row++) {
        input.add(Double.doubleToLongBits(source.value(pair, row)));
      }
    }
    return input.value();
  }

  /** The last bits of a value depend on where its rows stand in their month. */
  private static int ordinal(TimeAxis axis, int row) {
    return row < axis.rows() ? axis.ordinalInMonth(row) : 0;
  }

  private void add(long bits) {
    if (!buffer.hasRemaining()) {
      flush();
    }
    buffer.putLong(bits);
  }

  private void flush() {
    crc.update(buffer.flip());
    buffer.clear();
  }

  private long value() {
    flush();
    return crc.getValue();
  }
}
