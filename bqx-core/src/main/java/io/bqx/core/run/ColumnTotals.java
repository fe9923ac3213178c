package io.bqx.core.run;

/**
 * What the statistics of a column are made of, so that rows can be taken out of them again.
 *
 * @param rows rows, those without a value included
 * @param present rows with a value
 * @param least the smallest value, {@code NaN} if none is present
 * @param leastCount how many values are equal to the smallest one; 0 if that is not known
 * @param greatest the largest value, {@code NaN} if none is present
 * @param greatestCount how many values are equal to the largest one; 0 if that is not known
 * @param sum the sum of the values, rounded
 * @param rest what the rounding has left of it: both together have twice the digits, so that the
 *     sum of some rows is the same whether others were never in it or were taken out
 */
record ColumnTotals(
    int rows,
    int present,
    double least,
    int leastCount,
    double greatest,
    int greatestCount,
    double sum,
    double rest) {

  /** Totals of the first {@code count} of the given rows. */
  static ColumnTotals of(double[] values, int[] rows, int count) {
    Counter counter = new Counter();
    for (int i = 0; i < count; i++) {
      counter.add(values[rows[i]]);
    }
    return counter.totals(count);
  }

  /** Totals of all values. */
  static ColumnTotals of(double[] values) {
    Counter counter = new Counter();
    for (double value : values) {
      counter.add(value);
    }
    return counter.totals(values.length);
  }

  /** Adds one value to another. */
  private static final class Counter {

    private double least = Double.POSITIVE_INFINITY;
    private double greatest = Double.NEGATIVE_INFINITY;
    private int leastCount;
    private int greatestCount;
    private int present;
    private double sum;
    private double rest;

    void add(double value) {
      if (value != value) {
        return;
      }
      present++;
      if (value <= least) {
        leastCount = value == least ? leastCount + 1 : 1;
        least = Math.min(least, value);
      }
      if (value >= greatest) {
        greatestCount = value == greatest ? greatestCount + 1 : 1;
        greatest = Math.max(greatest, value);
      }
      double next = sum + value;
      double added = next - sum;
      rest += (sum - (next - added)) + (value - added);
      sum = next;
    }

    ColumnTotals totals(int rows) {
      return new ColumnTotals(
          rows,
          present,
          present == 0 ? Double.NaN : least,
          leastCount,
          present == 0 ? Double.NaN : greatest,
          greatestCount,
          sum,
          rest);
    }
  }

  /** Rows with no value. */
  int missing() {
    return rows - present;
  }

  /** The mean of the values, {@code NaN} if none is present. */
  double mean() {
    return (sum + rest) / present;
  }

  /** Whether the extremes of the remaining rows are known to be the same without the given ones. */
  boolean keepsExtremesWithout(ColumnTotals some) {
    return some.present == 0
        || ((some.least > least || some.leastCount < leastCount)
            && (some.greatest < greatest || some.greatestCount < greatestCount));
  }

  /** These totals without some of their rows that leave the extremes as they are. */
  ColumnTotals without(ColumnTotals some) {
    double next = sum - some.sum;
    double subtracted = sum - next;
    double lost = (sum - (next + subtracted)) + (subtracted - some.sum);
    return new ColumnTotals(
        rows - some.rows,
        present - some.present,
        least,
        leastCount,
        greatest,
        greatestCount,
        next,
        rest - some.rest + lost);
  }

  /** These totals with extremes that are known otherwise, and not how many values equal them. */
  ColumnTotals withExtremes(double smallest, double largest) {
    return new ColumnTotals(rows, present, smallest, 0, largest, 0, sum, rest);
  }
}
