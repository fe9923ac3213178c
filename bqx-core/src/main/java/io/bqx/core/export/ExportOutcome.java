package io.bqx.core.export;

import io.bqx.features.CurrencyPair;
import java.time.Duration;
import java.time.YearMonth;
import java.util.Optional;

/**
 * What became of one pair's month.
 *
 * @param pair the pair
 * @param month the month
 * @param state how it ended
 * @param file the file that is there now; empty if it is not known to be right
 * @param elapsed the time from its start to its end, retries included
 * @param message why it failed or was not done; empty if it was done
 */
public record ExportOutcome(
    CurrencyPair pair,
    YearMonth month,
    State state,
    Optional<ExportedFile> file,
    Duration elapsed,
    Optional<String> message) {

  /** How a pair's month ended. */
  public enum State {
    /** The file was written. */
    WRITTEN,
    /** The file was there already, with the content that the database has. */
    UP_TO_DATE,
    /** The file was read, and is what the database has; only of a verification. */
    VERIFIED,
    /** The pair has no bars in this month, so there is nothing to write. */
    NO_BARS,
    /** The work was cancelled before it. */
    CANCELLED,
    /** It could not be done, or is not right; what was there is unchanged. */
    FAILED;

    /** Whether nothing remains to be done. */
    public boolean isComplete() {
      return this != CANCELLED && this != FAILED;
    }
  }

  static ExportOutcome of(
      ExportTargets.Target target, State state, ExportedFile file, Duration elapsed) {
    return new ExportOutcome(
        target.pair(), target.month(), state, Optional.of(file), elapsed, Optional.empty());
  }

  static ExportOutcome without(
      ExportTargets.Target target, State state, Duration elapsed, String message) {
    return new ExportOutcome(
        target.pair(),
        target.month(),
        state,
        Optional.empty(),
        elapsed,
        Optional.ofNullable(message));
  }
}
