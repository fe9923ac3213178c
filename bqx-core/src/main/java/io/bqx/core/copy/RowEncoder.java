package io.bqx.core.copy;

import io.bqx.core.BqxException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Encodes rows, or runs of fields that are spliced into rows later, in PostgreSQL's binary COPY
 * format.
 *
 * <p>A row is a 16-bit field count followed by its fields; a field is a 32-bit length, -1 for
 * {@code NULL}, and its bytes. Everything is big-endian. The buffer grows as needed and is used
 * again after {@link #clear()}.
 */
public final class RowEncoder {

  /** Bytes of an encoded timestamp or double field, its length included. */
  public static final int WIDE_FIELD = 12;

  /** Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL's timestamps begin. */
  static final long POSTGRES_EPOCH_MICROS = 946_684_800_000_000L;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

  private byte[] buffer;
  private int length;

  /** An encoder whose buffer begins with the given number of bytes. */
  public RowEncoder(int initialCapacity) {
    this.buffer = new byte[Math.max(16, initialCapacity)];
  }

  /** Begins a row of the given number of fields, which the caller then appends in column order. */
  public void beginRow(int fields) {
    require(2);
    SHORT.set(buffer, length, (short) fields);
    length += 2;
  }

  /** Appends a timestamp without time zone. */
  public void timestamp(long epochMicros) {
    wide(epochMicros - POSTGRES_EPOCH_MICROS);
  }

  /**
   * Appends a double precision field; {@code NaN} becomes {@code NULL}.
   *
   * @throws InfiniteValueException if the value is infinite; the caller knows the row and column to
   *     name
   */
  public void float8(double value) {
    if (value != value) {
      nullField();
    } else if (Double.isInfinite(value)) {
      throw new InfiniteValueException(value);
    } else {
      wide(Double.doubleToRawLongBits(value));
    }
  }

  /**
   * Appends double precision fields, as {@link #float8} does each, up to the first infinite value.
   *
   * @return how many were appended: fewer than {@code count} if there is an infinite value, which
   *     is the next one
   */
  public int float8s(double[] values, int offset, int count) {
    require(Math.multiplyExact(WIDE_FIELD, count));
    byte[] out = buffer;
    int at = length;
    int done = 0;
    while (done < count) {
      double value = values[offset + done];
      if (value != value) {
        INT.set(out, at, -1);
        at += 4;
      } else if (Double.isInfinite(value)) {
        break;
      } else {
        INT.set(out, at, 8);
        LONG.set(out, at + 4, Double.doubleToRawLongBits(value));
        at += WIDE_FIELD;
      }
      done++;
    }
    length = at;
    return done;
  }

  /** Appends a boolean field; {@code NaN} becomes {@code NULL}, 0 false and anything else true. */
  public void bool(double value) {
    if (value != value) {
      nullField();
      return;
    }
    require(5);
    INT.set(buffer, length, 1);
    buffer[length + 4] = (byte) (value == 0 ? 0 : 1);
    length += 5;
  }

  /** Appends a smallint field; {@code NaN} becomes {@code NULL}. */
  public void int2(double value) {
    if (value != value) {
      nullField();
      return;
    }
    require(6);
    INT.set(buffer, length, 2);
    SHORT.set(buffer, length + 4, (short) value);
    length += 6;
  }

  /** Appends {@code NULL}. */
  public void nullField() {
    require(4);
    INT.set(buffer, length, -1);
    length += 4;
  }

  /** Appends fields that are already encoded. */
  public void raw(byte[] source, int offset, int count) {
    require(count);
    System.arraycopy(source, offset, buffer, length, count);
    length += count;
  }

  private void wide(long bits) {
    require(WIDE_FIELD);
    INT.set(buffer, length, 8);
    LONG.set(buffer, length + 4, bits);
    length += WIDE_FIELD;
  }

  private void require(int more) {
    if (buffer.length - length < more) {
      int needed = Math.addExact(length, more);
      buffer =
          Arrays.copyOf(
              buffer, (int) Math.max(needed, Math.min(2L * buffer.length, Integer.MAX_VALUE - 8)));
    }
  }

  /**
   * The buffer; its first {@link #length()} bytes are encoded. It may be another one after more is
   * appended.
   */
  public byte[] array() {
    return buffer;
  }

  /** The number of encoded bytes. */
  public int length() {
    return length;
  }

  /** Forgets everything encoded so far and keeps the buffer. */
  public void clear() {
    length = 0;
  }

  /** An infinite value, which no column may hold. */
  public static final class InfiniteValueException extends BqxException {

    private static final long serialVersionUID = 1L;

    InfiniteValueException(double value) {
      super("An infinite value cannot be stored: " + value);
    }
  }
}
