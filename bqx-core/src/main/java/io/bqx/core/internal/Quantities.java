package io.bqx.core.internal;

import java.time.Duration;
import java.util.Locale;

/** Numbers with their units, as people read them: {@code 10,425,134}, {@code 2 min 5 s}. */
public final class Quantities {

  private Quantities() {}

  /** A count with thousands separators. */
  public static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** A count and its noun, in the plural unless it is one: {@code 2 bars}. */
  public static String count(long number, String noun) {
    return count(number) + " " + noun + (number == 1 ? "" : "s");
  }

  /**
   * A length of time: to a hundredth of a second below ten seconds, else in its two largest units.
   */
  public static String duration(Duration time) {
    if (time.toMillis() < 9_995) {
      return String.format(Locale.ROOT, "%.2f s", time.toMillis() / 1000.0);
    }
    long seconds = Math.round(time.toMillis() / 1000.0);
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3600) {
      return seconds / 60 + " min " + seconds % 60 + " s";
    }
    long minutes = Math.round(seconds / 60.0);
    return minutes / 60 + " h " + minutes % 60 + " min";
  }
}
