package io.bqx.features;

import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Locale;

/**
 * The times of the rows of a series or grid: microseconds UTC, strictly increasing.
 *
 * <p>The axis also decides where rolling sums restart. A value over a window of {@code w} rows is
 * the sum of two parts that meet at a <em>restart row</em>: every row whose ordinal within its
 * calendar month (UTC) is a multiple of {@code w}. Each window of {@code w} rows holds such a row,
 * no sum is ever older than its window, and a value depends on nothing but the rows of its window
 * and their ordinals. Therefore a series that is cut anywhere gives the same bits as one
 * uninterrupted series, as long as each piece knows the ordinal of its first row.
 */
public final class TimeAxis {

  private final long[] epochMicros;
  private final int ordinalOfFirstRow;
  private final int[] monthStarts;

  private TimeAxis(long[] epochMicros, int ordinalOfFirstRow) {
    this.epochMicros = epochMicros;
    this.ordinalOfFirstRow = ordinalOfFirstRow;
    this.monthStarts = findMonthStarts();
  }

  /**
   * An axis whose first row is the first one of its series, or the first one of its calendar month.
   *
   * @param epochMicros microseconds UTC; a copy is kept
   * @throws IllegalArgumentException if the times do not increase strictly; the message names the
   *     row
   */
  public static TimeAxis of(long... epochMicros) {
    return wrapping(epochMicros.clone(), 0);
  }

  /**
   * An axis over the given array, which the caller must not change afterwards.
   *
   * @param epochMicros microseconds UTC
   * @param ordinalOfFirstRow how many rows of the whole series precede the first one in its
   *     calendar month (UTC)
   * @throws IllegalArgumentException if the times do not increase strictly or the ordinal is
   *     negative; the message names the row
   */
  public static TimeAxis wrapping(long[] epochMicros, int ordinalOfFirstRow) {
    if (ordinalOfFirstRow < 0) {
      throw new IllegalArgumentException(
          "ordinalOfFirstRow is " + ordinalOfFirstRow + "; it cannot be negative");
    }
    for (int row = 1; row < epochMicros.length; row++) {
      if (epochMicros[row] <= epochMicros[row - 1]) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "Times must increase strictly; row %d is at %s, after %s",
                row,
                instantOf(epochMicros[row]),
                instantOf(epochMicros[row - 1])));
      }
    }
    return new TimeAxis(epochMicros, ordinalOfFirstRow);
  }

  /** The number of rows. */
  public int rows() {
    return epochMicros.length;
  }

  /** The time of a row in microseconds UTC. */
  public long epochMicros(int row) {
    return epochMicros[row];
  }

  /** The time of a row. */
  public Instant instant(int row) {
    return instantOf(epochMicros[row]);
  }

  /** A copy of all times in microseconds UTC. */
  public long[] toEpochMicros() {
    return epochMicros.clone();
  }

  /**
   * The row at exactly the given time, or a negative number {@code -(insertion point) - 1} if there
   * is none.
   */
  public int indexOf(long time) {
    return Arrays.binarySearch(epochMicros, time);
  }

  /** How many rows of the whole series precede the given row in its calendar month (UTC). */
  public int ordinalInMonth(int row) {
    int at = Arrays.binarySearch(monthStarts, row);
    int month = at >= 0 ? at : -at - 2;
    return row - monthStarts[month];
  }

  /**
   * The rows {@code from} (inclusive) to {@code to} (exclusive) as an axis of their own, which
   * restarts at the same rows as this one.
   */
  public TimeAxis slice(int from, int to) {
    int ordinal = from < to ? ordinalInMonth(from) : 0;
    return new TimeAxis(Arrays.copyOfRange(epochMicros, from, to), ordinal);
  }

  /**
   * The restart rows for windows of {@code w} rows, ascending. Rows before the first one belong to
   * windows that begin before this axis does.
   */
  int[] restarts(int w) {
    int[] found = new int[rows() / w + monthStarts.length + 1];
    int count = 0;
    for (int month = 0; month < monthStarts.length; month++) {
      int end = month + 1 < monthStarts.length ? monthStarts[month + 1] : rows();
      int start = monthStarts[month];
      int first = start >= 0 ? start : start + (-start + w - 1) / w * w;
      for (int row = first; row < end; row += w) {
        if (count == found.length) {
          found = Arrays.copyOf(found, 2 * count);
        }
        found[count++] = row;
      }
    }
    return Arrays.copyOf(found, count);
  }

  /** Rows at which a calendar month begins; the first is {@code -ordinalOfFirstRow}. */
  private int[] findMonthStarts() {
    int[] starts = new int[16];
    int count = 0;
    long monthEnd = Long.MIN_VALUE;
    for (int row = 0; row < epochMicros.length; row++) {
      if (epochMicros[row] >= monthEnd) {
        if (count == starts.length) {
          starts = Arrays.copyOf(starts, 2 * count);
        }
        starts[count++] = row == 0 ? -ordinalOfFirstRow : row;
        monthEnd = endOfMonth(epochMicros[row]);
      }
    }
    return Arrays.copyOf(starts, count);
  }

  private static long endOfMonth(long time) {
    YearMonth next = YearMonth.from(instantOf(time).atOffset(ZoneOffset.UTC)).plusMonths(1);
    return ChronoUnit.MICROS.between(
        Instant.EPOCH, next.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant());
  }

  private static Instant instantOf(long time) {
    return Instant.EPOCH.plus(time, ChronoUnit.MICROS);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TimeAxis axis
        && ordinalOfFirstRow == axis.ordinalOfFirstRow
        && Arrays.equals(epochMicros, axis.epochMicros);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(epochMicros) + ordinalOfFirstRow;
  }

  /** For example {@code TimeAxis[31000 rows, 2024-07-01T00:00:00Z to 2024-07-31T23:59:00Z]}. */
  @Override
  public String toString() {
    return rows() == 0
        ? "TimeAxis[0 rows]"
        : String.format(
            Locale.ROOT, "TimeAxis[%d rows, %s to %s]", rows(), instant(0), instant(rows() - 1));
  }
}
