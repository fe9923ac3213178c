package io.bqx.examples;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.TemporalAdjusters;
import java.util.Arrays;

/**
 * When currencies trade: from Sunday 17:00 to Friday 17:00 in New York, whatever that is in UTC.
 */
final class TradingHours {

  private static final ZoneId NEW_YORK = ZoneId.of("America/New_York");
  private static final LocalTime CLOSE = LocalTime.of(17, 0);

  private TradingHours() {}

  /**
   * The minutes since 1970 (UTC) of the calendar month (UTC) in which the market is open,
   * ascending.
   */
  static long[] minutesOf(YearMonth month) {
    long first = epochMinute(month.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant());
    long end = epochMinute(month.plusMonths(1).atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant());
    long[] minutes = new long[(int) (end - first)];
    int count = 0;
    LocalDate sunday = month.atDay(1).with(TemporalAdjusters.previous(DayOfWeek.SUNDAY));
    for (; sunday.isBefore(month.plusMonths(1).atDay(1)); sunday = sunday.plusWeeks(1)) {
      long opening = Math.max(first, newYorkClose(sunday));
      long closing = Math.min(end, newYorkClose(sunday.plusDays(5)));
      for (long minute = opening; minute < closing; minute++) {
        minutes[count++] = minute;
      }
    }
    return Arrays.copyOf(minutes, count);
  }

  private static long newYorkClose(LocalDate day) {
    return epochMinute(day.atTime(CLOSE).atZone(NEW_YORK).toInstant());
  }

  private static long epochMinute(Instant instant) {
    return Math.floorDiv(instant.getEpochSecond(), 60);
  }
}
