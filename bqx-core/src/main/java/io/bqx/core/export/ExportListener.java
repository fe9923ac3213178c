package io.bqx.core.export;

import io.bqx.core.watch.Stall;
import io.bqx.features.CurrencyPair;
import java.time.YearMonth;

/**
 * Hears of the progress of an export or a verification, on the threads that work, one call at a
 * time. What it throws is logged and does not disturb the work.
 */
public interface ExportListener {

  /**
   * A pair's month is done with, one way or the other.
   *
   * @param finished how many are, this one included
   * @param total how many there are in all
   */
  default void finished(ExportOutcome outcome, int finished, int total) {}

  /**
   * A passing fault of the database; the month is tried again after a pause.
   *
   * @param attempt the number of the attempt that failed, from 1
   */
  default void retrying(CurrencyPair pair, YearMonth month, int attempt, String fault) {}

  /** The work waits for something, such as a lock. */
  default void waiting(String reason) {}

  /** The work makes no progress. */
  default void stalled(Stall stall) {}
}
