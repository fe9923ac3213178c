package io.bqx.core.ingest;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;

/**
 * The times of one file: text in the file's format to microseconds UTC.
 *
 * <p>Without a zone, only times that carry an offset can be read.
 */
final class BarTimes {

  private static final long SECOND = 1_000_000;
  private static final long DAY = 86_400 * SECOND;

  private final ZoneId zone;
  private boolean zoneUsed;

  /**
   * Times that are local in the given zone unless they carry an offset.
   *
   * @param zone the zone, or null if there is none
   */
  BarTimes(ZoneId zone) {
    this.zone = zone;
  }

  /** Whether a time without an offset has been read. */
  boolean zoneUsed() {
    return zoneUsed;
  }

  /** Reads {@code 2024-07-22T00:00[:00[.000000]][Z|+02:00]}; a space may stand for the T. */
  long iso(String text) throws BadLineException {
    Cursor at = new Cursor(text, "an ISO time such as 2024-07-22T00:00:00Z");
    long day = at.day(at.digits(4), '-', '-');
    at.expect(at.peek() == ' ' ? ' ' : 'T');
    long time = day * DAY + at.hoursAndMinutes();
    if (at.peek() == ':') {
      at.expect(':');
      time += at.digitsUpTo(2, 59) * SECOND;
      time += at.peek() == '.' ? at.fraction() : 0;
    }
    if (at.atEnd()) {
      return inZone(at, time);
    }
    if (at.peek() == 'Z') {
      at.expect('Z');
      at.expectEnd();
      return time;
    }
    return time - at.offset();
  }

  /** Reads {@code 20140430 190000}. */
  long histData(String text) throws BadLineException {
    Cursor at = new Cursor(text, "YYYYMMDD HHMMSS such as 20140430 190000");
    long day = at.day(at.digits(4), '\0', '\0');
    at.expect(' ');
    long time = day * DAY + at.digitsUpTo(2, 23) * 3600 * SECOND;
    time += at.digitsUpTo(2, 59) * 60 * SECOND;
    time += at.digitsUpTo(2, 59) * SECOND;
    at.expectEnd();
    return inZone(at, time);
  }

  /** Reads {@code 2014.05.01} and {@code 03:00:00}. */
  long metaTrader(String date, String clock) throws BadLineException {
    Cursor at =
        new Cursor(date + " " + clock, "YYYY.MM.DD and HH:MM:SS such as 2014.05.01 03:00:00");
    long day = at.day(at.digits(4), '.', '.');
    at.expect(' ');
    long time = day * DAY + at.hoursAndMinutes();
    at.expect(':');
    time += at.digitsUpTo(2, 59) * SECOND;
    at.expectEnd();
    return inZone(at, time);
  }

  /**
   * Reads {@code 01.05.2014 00:00:00.000}, with {@code GMT+0200} after it in files of local times.
   */
  long dukascopy(String text, boolean offsetAllowed) throws BadLineException {
    Cursor at = new Cursor(text, "dd.MM.yyyy HH:mm:ss.SSS such as 01.05.2014 00:00:00.000");
    int dayOfMonth = at.digits(2);
    at.expect('.');
    int month = at.digits(2);
    at.expect('.');
    long time = at.dayOf(at.digits(4), month, dayOfMonth) * DAY;
    at.expect(' ');
    time += at.hoursAndMinutes();
    at.expect(':');
    time += at.digitsUpTo(2, 59) * SECOND;
    time += at.fraction();
    if (offsetAllowed && !at.atEnd()) {
      at.expect(' ');
      at.expect('G');
      at.expect('M');
      at.expect('T');
      return time - at.offset();
    }
    at.expectEnd();
    return inZone(at, time);
  }

  private long inZone(Cursor at, long local) throws BadLineException {
    if (zone == null) {
      throw BadLineException.commonToAllLines(
          String.format(
              Locale.ROOT,
              "time '%s' has no offset, and no zone is given; name the zone that the file's times are in",
              at.shown()));
    }
    zoneUsed = true;
    if (zone instanceof ZoneOffset offset) {
      return local - offset.getTotalSeconds() * SECOND;
    }
    LocalDateTime wanted =
        LocalDateTime.ofEpochSecond(Math.floorDiv(local, SECOND), 0, ZoneOffset.UTC);
    List<ZoneOffset> offsets = zone.getRules().getValidOffsets(wanted);
    if (offsets.size() != 1) {
      throw new BadLineException(
          offsets.isEmpty()
              ? String.format(
                  Locale.ROOT,
                  "time '%s' does not exist in %s: the clocks were put forward over it",
                  at.shown(),
                  zone)
              : String.format(
                  Locale.ROOT,
                  "time '%s' is ambiguous in %s: the clocks were put back, and it occurred at %s and %s",
                  at.shown(),
                  zone,
                  offsets.get(0),
                  offsets.get(1)));
    }
    return local - offsets.get(0).getTotalSeconds() * SECOND;
  }

  /** A position in a time's text. */
  private static final class Cursor {

    private final String text;
    private final String expected;
    private int position;

    Cursor(String text, String expected) {
      this.text = text;
      this.expected = expected;
    }

    String shown() {
      return BarText.shown(text);
    }

    boolean atEnd() {
      return position == text.length();
    }

    char peek() {
      return atEnd() ? '\0' : text.charAt(position);
    }

    void expect(char wanted) throws BadLineException {
      if (atEnd() || text.charAt(position) != wanted) {
        throw unreadable();
      }
      position++;
    }

    void expectEnd() throws BadLineException {
      if (!atEnd()) {
        throw unreadable();
      }
    }

    int digits(int count) throws BadLineException {
      int value = 0;
      for (int i = 0; i < count; i++) {
        char digit = peek();
        if (digit < '0' || digit > '9') {
          throw unreadable();
        }
        value = 10 * value + digit - '0';
        position++;
      }
      return value;
    }

    long digitsUpTo(int count, int largest) throws BadLineException {
      int value = digits(count);
      if (value > largest) {
        throw unreadable();
      }
      return value;
    }

    /** Microseconds of {@code HH:MM}. */
    long hoursAndMinutes() throws BadLineException {
      long hours = digitsUpTo(2, 23);
      expect(':');
      return (hours * 60 + digitsUpTo(2, 59)) * 60 * SECOND;
    }

    /** Microseconds of {@code .5}, {@code .500} or at most six digits. */
    long fraction() throws BadLineException {
      expect('.');
      long micros = 0;
      long unit = SECOND;
      do {
        unit /= 10;
        micros += digits(1) * unit;
      } while (unit > 1 && peek() >= '0' && peek() <= '9');
      return micros;
    }

    /**
     * Microseconds of {@code +02}, {@code +0200} or {@code +02:00}, at most 18 hours, to the end.
     */
    long offset() throws BadLineException {
      boolean west = peek() == '-';
      expect(west ? '-' : '+');
      long minutes = 60 * digitsUpTo(2, 18);
      if (!atEnd()) {
        if (peek() == ':') {
          expect(':');
        }
        minutes += digitsUpTo(2, minutes == 18 * 60 ? 0 : 59);
      }
      expectEnd();
      return (west ? -minutes : minutes) * 60 * SECOND;
    }

    /**
     * Days since 1970-01-01 of the month and day that follow the year, each after its separator if
     * it has one.
     */
    long day(int year, char beforeMonth, char beforeDay) throws BadLineException {
      if (beforeMonth != '\0') {
        expect(beforeMonth);
      }
      int month = digits(2);
      if (beforeDay != '\0') {
        expect(beforeDay);
      }
      return dayOf(year, month, digits(2));
    }

    long dayOf(int year, int month, int dayOfMonth) throws BadLineException {
      try {
        return LocalDate.of(year, month, dayOfMonth).toEpochDay();
      } catch (DateTimeException e) {
        throw new BadLineException(
            String.format(Locale.ROOT, "time '%s' has no such day", shown()));
      }
    }

    BadLineException unreadable() {
      return new BadLineException(
          String.format(Locale.ROOT, "time '%s' is not %s", shown(), expected));
    }
  }
}
