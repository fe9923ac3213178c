package io.bqx.core.track;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Locale;

/**
 * A stage that is complete over all months that were asked for.
 *
 * @param stage the stage's id
 * @param name what it computes, in a few words
 * @param completed when its last partition was finished, by the database's clock
 * @param partitions its partitions
 * @param rows rows of these
 * @param features columns that it adds to a table
 * @param time how long any worker was writing a table that it is part of, pauses left out
 * @param validation what a validation found
 */
public record StageCompletion(
    String stage,
    String name,
    Instant completed,
    int partitions,
    long rows,
    int features,
    Duration time,
    Validation validation) {

  /** What a validation of the stage found. */
  public enum Validation {
    /** Every check passed. */
    PASSED("passed"),
    /** A check did not pass. */
    FAILED("FAILED"),
    /** None was made. */
    NOT_MADE("not made");

    private final String words;

    Validation(String words) {
      this.words = words;
    }

    /** The result in words: {@code "not made"}. */
    @Override
    public String toString() {
      return words;
    }
  }

  /**
   * The completion in a sentence or two: {@code "Completed 2024-07-22 10:04 UTC. Results: 336
   * partitions, 10,425,134 rows updated, 224 features added, 1.5 hours. Validation: passed."}
   */
  public String note() {
    double hours = time.toMillis() / 3_600_000.0;
    return String.format(
        Locale.ROOT,
        "Completed %1$tF %1$tR UTC. Results: %2$,d partitions, %3$,d rows updated, %4$,d features added, %5$s hours. Validation: %6$s.",
        completed.atOffset(ZoneOffset.UTC),
        partitions,
        rows,
        features,
        String.format(Locale.ROOT, hours < 1 ? "%.2f" : "%.1f", hours),
        validation);
  }
}
