package io.bqx.core.run;

import io.bqx.features.CurrencyPair;
import java.time.Duration;
import java.time.YearMonth;
import java.util.List;
import java.util.Optional;

/**
 * What became of one pair's month in a run.
 *
 * @param pair the pair
 * @param month the month
 * @param state how it ended
 * @param stages the stages that this run computed, in order; empty unless the state is {@link
 *     State#DONE}
 * @param rows rows written, over all tables of the pair
 * @param bytes bytes sent to the server, over all tables of the pair
 * @param elapsed the time from its start to its end, retries included
 * @param retries how often a passing fault made it start again
 * @param message why it failed or was not done; empty if it was done
 */
public record PartitionOutcome(
    CurrencyPair pair,
    YearMonth month,
    State state,
    List<String> stages,
    long rows,
    long bytes,
    Duration elapsed,
    int retries,
    Optional<String> message) {

  /** How a partition ended. */
  public enum State {
    /** Due stages were computed and swapped in. */
    DONE,
    /** Nothing was due. */
    UP_TO_DATE,
    /** Another worker with the same request did it in the meantime. */
    DONE_ELSEWHERE,
    /** The pair has no bars in this month. */
    NO_BARS,
    /** The run was cancelled before it. */
    CANCELLED,
    /** It could not be done; the old partition is unchanged. */
    FAILED;

    /** Whether nothing remains to be done. */
    public boolean isComplete() {
      return this != CANCELLED && this != FAILED;
    }
  }

  /** Takes a copy of the stages. */
  public PartitionOutcome {
    stages = List.copyOf(stages);
  }

  static PartitionOutcome withoutWork(
      CurrencyPair pair, YearMonth month, State state, String message) {
    return new PartitionOutcome(
        pair, month, state, List.of(), 0, 0, Duration.ZERO, 0, Optional.ofNullable(message));
  }
}
