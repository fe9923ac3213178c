package io.bqx.examples;

import io.bqx.features.Currency;
import io.bqx.features.Universe;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;

/**
 * The random walks behind a synthetic market: the logarithm of each currency's value in dollars of
 * the first minute, minute by minute, with the volatility of the hour.
 */
final class CurrencyWalks {

  private static final double MINUTES_PER_YEAR = 260 * 1440;
  private static final double CLUSTER_PERSISTENCE = 0.995;
  private static final double CLUSTER_DEVIATION = 0.35;

  private static final Map<String, Double> FIRST_VALUES =
      Map.ofEntries(
          Map.entry("USD", 1.0),
          Map.entry("EUR", 1.08),
          Map.entry("JPY", 1 / 150.0),
          Map.entry("GBP", 1.27),
          Map.entry("AUD", 0.665),
          Map.entry("NZD", 0.605),
          Map.entry("CAD", 0.73),
          Map.entry("CHF", 1.12),
          Map.entry("SEK", 0.095),
          Map.entry("NOK", 0.094));

  private static final Map<String, Double> ANNUAL_DEVIATIONS =
      Map.of(
          "USD", 0.045, "EUR", 0.045, "JPY", 0.085, "GBP", 0.055, "AUD", 0.075, "NZD", 0.08, "CAD",
          0.04, "CHF", 0.055);

  private static final List<Session> SESSIONS =
      List.of(
          new Session(ZoneId.of("Asia/Tokyo"), 8, 18, 0.45),
          new Session(ZoneId.of("Europe/London"), 7, 17, 0.75),
          new Session(ZoneId.of("America/New_York"), 7, 17, 0.75));

  private final long seed;
  private final double[] logValue;
  private final double[] minuteDeviation;
  private double cluster;
  private long lastMinute = Long.MIN_VALUE;

  /**
   * Walks at their beginning; a currency that is not known begins at 1 with an annual deviation of
   * 6.5 %.
   */
  CurrencyWalks(Universe universe, long seed) {
    this.seed = seed;
    List<Currency> currencies = universe.currencies();
    this.logValue = new double[currencies.size()];
    this.minuteDeviation = new double[currencies.size()];
    for (int c = 0; c < currencies.size(); c++) {
      String code = currencies.get(c).code();
      logValue[c] = StrictMath.log(FIRST_VALUES.getOrDefault(code, 1.0));
      minuteDeviation[c] =
          ANNUAL_DEVIATIONS.getOrDefault(code, 0.065) / Math.sqrt(MINUTES_PER_YEAR);
    }
  }

  /**
   * Walks through all the minutes of a month, and returns the path through the first rows of them.
   */
  Path walk(YearMonth month, long[] minutes, int rows) {
    RandomNumbers random = RandomNumbers.of(seed, "currencies", month);
    Path path = new Path(minuteDeviation, rows);
    SessionClock clock = new SessionClock();
    for (int row = 0; row < minutes.length; row++) {
      if (lastMinute != Long.MIN_VALUE && minutes[row] - lastMinute > 24 * 60) {
        step(random, 10);
      }
      lastMinute = minutes[row];
      cluster = CLUSTER_PERSISTENCE * cluster + innovation() * random.gaussian();
      double activity = clock.activity(minutes[row]) * StrictMath.exp(cluster);
      if (row < rows) {
        path.activity[row] = activity;
        path.record(path.before, row, logValue);
      }
      step(random, activity);
      if (row < rows) {
        path.record(path.after, row, logValue);
      }
    }
    return path;
  }

  private static double innovation() {
    return CLUSTER_DEVIATION * Math.sqrt(1 - CLUSTER_PERSISTENCE * CLUSTER_PERSISTENCE);
  }

  private void step(RandomNumbers random, double activity) {
    for (int c = 0; c < logValue.length; c++) {
      logValue[c] += minuteDeviation[c] * activity * random.gaussian();
    }
  }

  /** What the walks did in the first rows of one month. */
  static final class Path {

    private final double[] minuteDeviation;
    private final double[] activity;
    private final double[][] before;
    private final double[][] after;

    private Path(double[] minuteDeviation, int rows) {
      this.minuteDeviation = minuteDeviation;
      this.activity = new double[rows];
      this.before = new double[minuteDeviation.length][rows];
      this.after = new double[minuteDeviation.length][rows];
    }

    private void record(double[][] into, int row, double[] logValue) {
      for (int c = 0; c < logValue.length; c++) {
        into[c][row] = logValue[c];
      }
    }

    /** The volatility of the minute in units of the average one. */
    double activity(int row) {
      return activity[row];
    }

    /** The log value of a currency at the start of a minute, after any gap before it. */
    double before(int currency, int row) {
      return before[currency][row];
    }

    /** The log value of a currency at the end of a minute. */
    double after(int currency, int row) {
      return after[currency][row];
    }

    /** The standard deviation of the log price of two currencies over the minute. */
    double minuteDeviation(int base, int quote, int row) {
      double b = minuteDeviation[base];
      double q = minuteDeviation[quote];
      return activity[row] * Math.sqrt(b * b + q * q);
    }
  }

  /**
   * The working hours of a place: volatility rises from its opening to the middle of the session
   * and falls again.
   */
  private record Session(ZoneId zone, int openingHour, int closingHour, double weight) {

    double activity(long epochMinute, int offsetMinutes) {
      double hour = Math.floorMod(epochMinute + offsetMinutes, 1440) / 60.0;
      if (hour <= openingHour || hour >= closingHour) {
        return 0;
      }
      return weight * StrictMath.sin(Math.PI * (hour - openingHour) / (closingHour - openingHour));
    }
  }

  /** The sessions' activity at a minute; looks up each zone's offset once an hour. */
  private static final class SessionClock {

    private static final double BACKGROUND = 0.4;

    private final int[] offsetMinutes = new int[SESSIONS.size()];
    private long hour = Long.MIN_VALUE;

    private double activity(long epochMinute) {
      if (Math.floorDiv(epochMinute, 60) != hour) {
        hour = Math.floorDiv(epochMinute, 60);
        Instant instant = Instant.ofEpochSecond(3600 * hour);
        for (int s = 0; s < offsetMinutes.length; s++) {
          offsetMinutes[s] =
              SESSIONS.get(s).zone().getRules().getOffset(instant).getTotalSeconds() / 60;
        }
      }
      double activity = BACKGROUND;
      for (int s = 0; s < offsetMinutes.length; s++) {
        activity += SESSIONS.get(s).activity(epochMinute, offsetMinutes[s]);
      }
      return activity;
    }
  }
}
