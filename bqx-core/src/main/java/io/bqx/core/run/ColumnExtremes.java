package io.bqx.core.run;

import java.util.BitSet;
import java.util.OptionalDouble;

/**
 * The few smallest and the few largest values of a column and their rows, so that the extremes of
 * most of its rows are known without a look at all of them.
 */
final class ColumnExtremes {

  private static final int KEPT = 8;

  private final End least = new End();
  private final End greatest = new End();

  private ColumnExtremes() {}

  /** The extremes of the rows of a column from the given one on. */
  static ColumnExtremes of(double[] values, int from) {
    ColumnExtremes extremes = new ColumnExtremes();
    for (int row = from; row < values.length; row++) {
      double value = values[row];
      if (value == value) {
        extremes.least.see(value, row);
        extremes.greatest.see(-value, row);
      }
    }
    return extremes;
  }

  /** The smallest value of the rows that are not absent; empty if that is not known. */
  OptionalDouble leastWithout(BitSet absent) {
    return least.firstWithout(absent);
  }

  /** The largest value of the rows that are not absent; empty if that is not known. */
  OptionalDouble greatestWithout(BitSet absent) {
    OptionalDouble negated = greatest.firstWithout(absent);
    return negated.isPresent() ? OptionalDouble.of(-negated.getAsDouble()) : negated;
  }

  /** The smallest values, ascending; -0 is smaller than 0. */
  private static final class End {

    private final double[] values = new double[KEPT];
    private final int[] rows = new int[KEPT];
    private int count;

    void see(double value, int row) {
      if (count == KEPT && Double.compare(value, values[KEPT - 1]) >= 0) {
        return;
      }
      int at = count < KEPT ? count++ : KEPT - 1;
      while (at > 0 && Double.compare(value, values[at - 1]) < 0) {
        values[at] = values[at - 1];
        rows[at] = rows[at - 1];
        at--;
      }
      values[at] = value;
      rows[at] = row;
    }

    OptionalDouble firstWithout(BitSet absent) {
      for (int at = 0; at < count; at++) {
        if (!absent.get(rows[at])) {
          return OptionalDouble.of(values[at]);
        }
      }
      return OptionalDouble.empty();
    }
  }
}
