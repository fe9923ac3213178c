package io.bqx.core.doctor;

import io.bqx.core.internal.Quantities;
import java.time.Duration;
import java.util.Locale;

/** Numbers with their units, as they stand in findings. */
final class Amounts {

  private static final String[] UNITS = {"kB", "MB", "GB", "TB"};

  private Amounts() {}

  static String count(long number) {
    return Quantities.count(number);
  }

  static String count(long number, String noun) {
    return Quantities.count(number, noun);
  }

  /** Bytes in the units of PostgreSQL's settings, where a kB is 1024 bytes. */
  static String bytes(long number) {
    if (number < 1024) {
      return number + " B";
    }
    double scaled = number / 1024.0;
    int unit = 0;
    while (scaled >= 1023.95 && unit < UNITS.length - 1) {
      scaled /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, scaled < 10 ? "%.1f %s" : "%.0f %s", scaled, UNITS[unit])
        .replace(".0 ", " ");
  }

  static String duration(Duration time) {
    long millis = time.toMillis();
    if (millis < 10_000) {
      return millis % 1000 == 0
          ? millis / 1000 + " s"
          : String.format(Locale.ROOT, "%.2f s", millis / 1000.0);
    }
    long seconds = millis / 1000;
    if (seconds < 120) {
      return seconds + " s";
    }
    return seconds < 7200 ? seconds / 60 + " min" : seconds / 3600 + " h";
  }
}
