package io.bqx.core.run;

import io.bqx.core.catalog.Scope;
import java.time.YearMonth;
import java.util.List;

/**
 * Hears of the progress of a run.
 *
 * <p>{@link #runStarted} comes first and {@link #runFinished} last, both once, also for a run with
 * nothing to do. The other calls come from worker threads, one at a time. A listener must return
 * quickly; what it throws is logged and ignored.
 */
public interface RunListener {

  /** The run begins; nothing has been read yet. */
  default void runStarted(RunProgress progress) {}

  /** A pair's month, or the market's, is about to be rewritten with the given stages. */
  default void partitionStarted(Scope scope, YearMonth month, List<String> stages) {}

  /** A pair's month, or the market's, has an outcome. */
  default void partitionFinished(PartitionOutcome outcome, RunProgress progress) {}

  /** A passing fault makes a pair's month, or the market's, start again after a pause. */
  default void retrying(Scope scope, YearMonth month, int attempt, String fault) {}

  /** The run waits for something outside, for example for another worker's claims. */
  default void waiting(String reason) {}

  /** The run is over. */
  default void runFinished(RunReport report) {}
}
