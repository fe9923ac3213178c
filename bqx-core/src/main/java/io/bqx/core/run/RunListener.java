package io.bqx.core.run;

import io.bqx.core.catalog.Scope;
import io.bqx.core.rewrite.LockWait;
import io.bqx.core.watch.Stall;
import io.bqx.features.CurrencyPair;
import java.time.YearMonth;
import java.util.List;
import java.util.Optional;

/**
 * Hears of the progress of a run.
 *
 * <p>{@link #runStarted} comes first and {@link #runFinished} last, both once, also for a run with
 * nothing to do. The other calls come from worker threads, one at a time. A listener must return
 * quickly; what it throws is logged and ignored.
 */
public interface RunListener {

  /** A listener that passes everything on to the given ones, in order. */
  static RunListener all(RunListener... listeners) {
    return new RunListeners(List.of(listeners));
  }

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

  /**
   * A try to get a lock was in vain and is repeated after a pause. Told for every try, beside
   * {@link #waiting}, which is told once as long as the same sessions are in the way.
   *
   * @param pair the pair whose table it is; empty if the month is still being read
   */
  default void waitingForLock(Optional<CurrencyPair> pair, YearMonth month, LockWait wait) {}

  /**
   * Something makes no progress for longer than the stall policy allows. Told from a thread of its
   * own, again after twice the time, four times, and so on, until there is progress.
   */
  default void stalled(Stall stall) {}

  /** The run is over. */
  default void runFinished(RunReport report) {}
}
