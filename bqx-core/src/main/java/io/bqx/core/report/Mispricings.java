package io.bqx.core.report;

import java.time.LocalDate;
import java.util.List;

/**
 * The largest triangular mispricing of each pair and day: the best gross profit, in percent before
 * costs, among the rows that were read.
 *
 * @param source the table that it was read from; in the wide layout the day's values are those at
 *     the times of that pair's bars
 * @param days the days that have rows, ascending, in UTC
 * @param pairs one series per pair with a value per day; NaN where there is none
 */
public record Mispricings(String source, List<LocalDate> days, List<MarketHistory.Line> pairs) {

  /** Takes copies of the lists. */
  public Mispricings {
    days = List.copyOf(days);
    pairs = List.copyOf(pairs);
  }
}
