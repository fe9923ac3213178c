package io.bqx.core.report;

import java.time.Duration;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Currency baskets and blocs over time, each point the mean of the values in an interval. All
 * values are fractions but coherences, which are correlations; NaN where there is none.
 *
 * @param source the table that they were read from
 * @param interval how much time each point stands for
 * @param times the beginnings of the intervals, ascending, in UTC; intervals without rows are left
 *     out
 * @param baskets the index of each currency's basket; positive means that the currency has weakened
 * @param strengths the strength of each bloc; positive means that it has weakened
 * @param coherences the coherence of each bloc over the shortest window, -1 to 1
 */
public record MarketHistory(
    String source,
    Duration interval,
    List<LocalDateTime> times,
    List<Line> baskets,
    List<Line> strengths,
    List<Line> coherences) {

  /** Takes copies of the lists. */
  public MarketHistory {
    times = List.copyOf(times);
    baskets = List.copyOf(baskets);
    strengths = List.copyOf(strengths);
    coherences = List.copyOf(coherences);
  }

  /** A named series with one value per time; NaN where there is none. */
  public static final class Line {

    private final String name;
    private final double[] values;

    /** A series of its own copy of the values. */
    public Line(String name, double... values) {
      this.name = Objects.requireNonNull(name, "name");
      this.values = values.clone();
    }

    /** The currency's code or the bloc's name. */
    public String name() {
      return name;
    }

    /** The values, one per time. */
    public double[] values() {
      return values.clone();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Line line
          && name.equals(line.name)
          && Arrays.equals(values, line.values);
    }

    @Override
    public int hashCode() {
      return 31 * name.hashCode() + Arrays.hashCode(values);
    }

    @Override
    public String toString() {
      return name + " " + values.length + " values";
    }
  }
}
