package io.bqx.examples;

import java.time.Duration;
import java.util.Locale;

/**
 * Numbers with their units, as people read them: {@code 10,425,134}, {@code 1.9 GB}, {@code 2 min 5
 * s}.
 */
final class Quantities {

  private static final String[] BYTE_UNITS = {"kB", "MB", "GB", "TB"};

  private Quantities() {}

  /** A count with thousands separators. */
  static String count(long number) {
    return io.bqx.core.internal.Quantities.count(number);
  }

  /** A count and its noun, in the plural unless it is one: {@code 2 bars}. */
  static String count(long number, String noun) {
    return io.bqx.core.internal.Quantities.count(number, noun);
  }

  /** Bytes in decimal units, to one digit after the point. */
  static String bytes(long number) {
    if (number < 1000) {
      return number + " B";
    }
    double scaled = number / 1000.0;
    int unit = 0;
    while (scaled >= 999.95 && unit < BYTE_UNITS.length - 1) {
      scaled /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %s", scaled, BYTE_UNITS[unit]);
  }

  /**
   * A length of time: to a hundredth of a second below ten seconds, else in its two largest units.
   */
  static String duration(Duration time) {
    return io.bqx.core.internal.Quantities.duration(time);
  }

  /** Rows per second. */
  static String rate(double rowsPerSecond) {
    return count(Math.round(rowsPerSecond)) + " rows/s";
  }
}
