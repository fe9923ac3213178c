package io.bqx.core.copy;

import io.bqx.core.BqxException;
import io.bqx.features.Series;
import io.bqx.features.TimeAxis;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Locale;
import org.jooq.Query;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/**
 * Binary COPY of a query's rows, one row at a time, without a copy of their bytes.
 *
 * <p>Fields are addressed by position. The bytes of a row are valid until the next call of {@link
 * #next()}. If it is closed before the last row, the state of the connection is unknown and it is
 * aborted, so that no pool hands it out again.
 */
public final class CopyReader implements AutoCloseable {

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final int FIXED_HEADER = 15;
  private static final int FIRST_ROWS = 1 << 12;

  private final Connection connection;
  private final CopyOut copy;
  private final String sql;
  private final CopyProgress progress;
  private final int[] offsets;
  private final int[] lengths;
  private byte[] message = new byte[0];
  private int position;
  private int rowStart;
  private int rowEnd;
  private boolean headerSeen;
  private boolean finished;

  private CopyReader(Connection connection, CopyOut copy, String sql, CopyProgress progress) {
    this.connection = connection;
    this.copy = copy;
    this.sql = sql;
    this.progress = progress;
    this.offsets = new int[copy.getFieldCount()];
    this.lengths = new int[copy.getFieldCount()];
  }

  /**
   * Starts a COPY of the query's rows, on a connection that nothing else uses until {@link
   * #close()}.
   *
   * @throws SQLException if the server refuses the query
   */
  public static CopyReader open(Connection connection, Query query) throws SQLException {
    String sql =
        "COPY ("
            + DSL.using(SQLDialect.POSTGRES).renderInlined(query)
            + ") TO STDOUT (FORMAT binary)";
    CopyProgress progress = CopyProgress.of(connection);
    progress.callBegins(sql);
    try {
      return new CopyReader(
          connection,
          connection.unwrap(PGConnection.class).getCopyAPI().copyOut(sql),
          sql,
          progress);
    } finally {
      progress.callEnds();
    }
  }

  /**
   * Reads all rows of a query of a time and a {@code double precision} value, in order of the time.
   *
   * @throws SQLException if the server refuses the query, or the connection is lost
   */
  public static Series series(Connection connection, Query query) throws SQLException {
    long[] times = new long[FIRST_ROWS];
    double[] values = new double[FIRST_ROWS];
    int count = 0;
    try (CopyReader rows = open(connection, query)) {
      while (rows.next()) {
        if (count == times.length) {
          times = Arrays.copyOf(times, 2 * count);
          values = Arrays.copyOf(values, 2 * count);
        }
        times[count] = rows.epochMicros(0);
        values[count++] = rows.float8(1);
      }
    }
    return Series.wrapping(
        TimeAxis.wrapping(Arrays.copyOf(times, count), 0), Arrays.copyOf(values, count));
  }

  /** The number of fields of every row. */
  public int fields() {
    return offsets.length;
  }

  /** Moves to the next row; false after the last one. */
  public boolean next() throws SQLException {
    if (finished || !fill()) {
      finished = true;
      return false;
    }
    int count = (short) SHORT.get(message, position);
    if (count == -1) {
      drain();
      return false;
    }
    if (count != offsets.length) {
      throw new BqxException(
          String.format(
              Locale.ROOT, "A row of the COPY has %d fields instead of %d", count, offsets.length));
    }
    rowStart = position;
    position += 2;
    for (int field = 0; field < count; field++) {
      lengths[field] = (int) INT.get(message, position);
      offsets[field] = position + 4;
      position += 4 + Math.max(0, lengths[field]);
    }
    rowEnd = position;
    return true;
  }

  private boolean fill() throws SQLException {
    while (position == message.length) {
      byte[] received = receive();
      if (received == null) {
        return false;
      }
      message = received;
      position = 0;
      if (!headerSeen) {
        position = FIXED_HEADER + 4 + (int) INT.get(message, FIXED_HEADER);
        headerSeen = true;
      }
    }
    return true;
  }

  private byte[] receive() throws SQLException {
    progress.callBegins(sql);
    try {
      return copy.readFromCopy();
    } finally {
      progress.callEnds();
    }
  }

  private void drain() throws SQLException {
    while (receive() != null) {
      continue;
    }
    finished = true;
  }

  /** Whether a field is {@code NULL}. */
  public boolean isNull(int field) {
    return lengths[field] < 0;
  }

  /** A timestamp field in microseconds UTC. */
  public long epochMicros(int field) {
    requireWide(field);
    return (long) LONG.get(message, offsets[field]) + RowEncoder.POSTGRES_EPOCH_MICROS;
  }

  /** A double precision field, {@code NaN} for {@code NULL}. */
  public double float8(int field) {
    if (isNull(field)) {
      return Double.NaN;
    }
    requireWide(field);
    return Double.longBitsToDouble((long) LONG.get(message, offsets[field]));
  }

  /** A boolean field as 0 or 1, {@code NaN} for {@code NULL}. */
  public double bool(int field) {
    return isNull(field) ? Double.NaN : message[offsets[field]];
  }

  /** A smallint field, {@code NaN} for {@code NULL}. */
  public double int2(int field) {
    return isNull(field) ? Double.NaN : (short) SHORT.get(message, offsets[field]);
  }

  private void requireWide(int field) {
    if (lengths[field] != 8) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Field %d of the COPY has %d bytes instead of 8",
              field + 1,
              lengths[field]));
    }
  }

  /** The array that holds the current row. */
  public byte[] bytes() {
    return message;
  }

  /**
   * Where a field begins in {@link #bytes()}, its length included; the end of the row for the field
   * after the last.
   */
  public int start(int field) {
    return field == offsets.length ? rowEnd : offsets[field] - 4;
  }

  /** Bytes of the current row, its field count included. */
  public int rowLength() {
    return rowEnd - rowStart;
  }

  /** Does nothing after the last row; otherwise aborts the connection. */
  @Override
  public void close() throws SQLException {
    if (!finished) {
      connection.abort(Runnable::run);
    }
  }
}
