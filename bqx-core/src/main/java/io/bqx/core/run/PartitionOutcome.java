package io.bqx.core.run;

import io.bqx.core.catalog.Scope;
import java.time.Duration;
import java.time.YearMonth;
import java.util.List;
import java.util.Optional;

/**
 * What became of one pair's month, or of the market's in the shared layout, in a run.
 *
 * @param scope the pair, or the market
 * @param month the month
 * @param state how it ended
 * @param stages the stages that this run computed or moved, in order; empty unless the state is
 *     {@link State#DONE}
 * @param rows rows written, over all its tables
 * @param bytes bytes sent to the server, over all its tables
 * @param elapsed the time from its start to its end, retries included
 * @param retries how often a passing fault made it start again
 * @param message why it failed or was not done; empty if it was done
 */
public record PartitionOutcome(
    Scope scope,
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
    /** The pair, or for the market every pair, has no bars in this month. */
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

  static PartitionOutcome withoutWork(Scope scope, YearMonth month, State state, String message) {
    return new PartitionOutcome(
        scope, month, state, List.of(), 0, 0, Duration.ZERO, 0, Optional.ofNullable(message));
  }
}
