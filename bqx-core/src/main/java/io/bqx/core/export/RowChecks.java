package io.bqx.core.export;

import io.bqx.core.BqxException;
import io.bqx.core.ledger.LedgerEntry;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.zip.CRC32C;

/**
 * Checks rows as they come, in the encoding of a COPY: that their times ascend, and by checksums
 * that the columns are what the ledger has recorded of them.
 */
final class RowChecks {

  private final PartitionState state;
  private final CRC32C whole = new CRC32C();
  private final CRC32C[] parts;
  private final boolean[] hasValues;
  private final ByteBuffer timeBytes = ByteBuffer.allocate(Long.BYTES);
  private long first;
  private long last = Long.MIN_VALUE;
  private long rows;

  RowChecks(PartitionState state) {
    this.state = state;
    this.parts = new CRC32C[state.parts().size()];
    this.hasValues = new boolean[parts.length];
    for (int p = 0; p < parts.length; p++) {
      parts[p] = new CRC32C();
    }
  }

  /**
   * Takes in a row.
   *
   * @param time its time in microseconds
   * @param bytes holds it
   * @param start where a field begins, its length included; for the number of fields, where the
   *     last one ends
   * @throws BqxException if its time is not after the one before
   */
  void add(long time, byte[] bytes, IntUnaryOperator start) {
    if (time <= last) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "the time %s comes after %s; each row must have a later one",
              instant(time),
              instant(last)));
    }
    first = rows == 0 ? time : first;
    last = time;
    rows++;
    int values = start.applyAsInt(1);
    whole.update(timeBytes.putLong(0, time).rewind());
    whole.update(bytes, values, start.applyAsInt(state.columns().size()) - values);
    for (int p = 0; p < parts.length; p++) {
      PartitionState.Part part = state.parts().get(p);
      int from = start.applyAsInt(part.first());
      int length = start.applyAsInt(part.first() + part.count()) - from;
      parts[p].update(timeBytes.rewind());
      parts[p].update(bytes, from, length);
      hasValues[p] |= length > Integer.BYTES * part.count();
    }
  }

  long rows() {
    return rows;
  }

  Optional<Instant> first() {
    return rows == 0 ? Optional.empty() : Optional.of(instant(first));
  }

  Optional<Instant> last() {
    return rows == 0 ? Optional.empty() : Optional.of(instant(last));
  }

  /** CRC32C over all rows of time and fields. */
  long crc() {
    return whole.getValue();
  }

  /** What is not as it should be; empty if all is well. */
  Optional<String> fault() {
    List<PartitionState.Part> all = state.parts();
    for (int p = 0; p < parts.length; p++) {
      Optional<String> fault =
          all.get(p).entry().isPresent()
              ? differs(all.get(p), parts[p].getValue(), all.get(p).entry().get())
              : isEmpty(all.get(p), hasValues[p]);
      if (fault.isPresent()) {
        return fault;
      }
    }
    return Optional.empty();
  }

  private Optional<String> differs(PartitionState.Part part, long crc, LedgerEntry entry) {
    return part.sameRows() && (crc != entry.contentCrc() || rows != entry.rows())
        ? Optional.of(
            String.format(
                Locale.ROOT,
                "stage %s has %d rows with checksum %s, but %d with %s are recorded: it was changed by hand. Run that stage with --redo",
                part.stage(),
                rows,
                ExportedFile.hex(crc),
                entry.rows(),
                ExportedFile.hex(entry.contentCrc())))
        : Optional.empty();
  }

  private Optional<String> isEmpty(PartitionState.Part part, boolean values) {
    return rows > 0 && !values && part.sameRows()
        ? Optional.of(
            String.format(
                Locale.ROOT,
                "no row has a value in the columns of stage %s, and the ledger does not know them; run that stage first",
                part.stage()))
        : Optional.empty();
  }

  static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
