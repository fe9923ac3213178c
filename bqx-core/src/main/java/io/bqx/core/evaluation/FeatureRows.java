package io.bqx.core.evaluation;

import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import java.util.List;

/** The features of a market, read in the order of time and never kept as a whole. */
public interface FeatureRows {

  /** Takes one row. */
  @FunctionalInterface
  interface RowConsumer {

    /**
     * Takes a row.
     *
     * @param epochMicros its time in microseconds UTC
     * @param values one value per column, {@code NaN} for a missing one; valid until the next row
     */
    void accept(long epochMicros, double[] values);
  }

  /** The columns, those of the foundation first; the row's own time is not among them. */
  List<FeatureColumn> columns();

  /**
   * Reads the rows of a pair in the order of their times. May be called by several threads for
   * different pairs.
   *
   * @param from the earliest time, in microseconds UTC
   * @param to the time before which it ends
   */
  void read(CurrencyPair pair, long from, long to, RowConsumer consumer);
}
