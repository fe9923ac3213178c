package io.bqx.core.report;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * A machine that was rented for a job.
 *
 * @param id its id
 * @param description what it is, in a few words
 * @param started when it began to run
 * @param ended when it ended, or when the report was made
 * @param usd what it has cost, in USD; empty if its price is not known
 * @param lost why it was lost before the job was done; empty if it was not
 */
public record MachineUse(
    String id,
    String description,
    Instant started,
    Instant ended,
    Optional<BigDecimal> usd,
    Optional<String> lost) {

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if it ended before it started
   */
  public MachineUse {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(description, "description");
    Objects.requireNonNull(usd, "usd");
    Objects.requireNonNull(lost, "lost");
    if (ended.isBefore(started)) {
      throw new IllegalArgumentException(
          "The machine " + id + " ended at " + ended + ", before it started at " + started);
    }
  }

  /** How long it ran. */
  public Duration elapsed() {
    return Duration.between(started, ended);
  }

  /** Whether it ran at a moment. */
  boolean ranAt(Instant moment) {
    return !moment.isBefore(started) && !moment.isAfter(ended);
  }
}
