package io.bqx.aws.worker;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * When a step of a run was made, and what came of it.
 *
 * @param step the step
 * @param started when it was begun last
 * @param finished when it was complete; empty if it failed or was cut off
 * @param result what came of it, in a few words; what it was doing if it is not complete
 */
public record StepRecord(RunStep step, Instant started, Optional<Instant> finished, String result) {

  /** Checks that nothing is missing. */
  public StepRecord {
    Objects.requireNonNull(step, "step");
    Objects.requireNonNull(started, "started");
    Objects.requireNonNull(finished, "finished");
    Objects.requireNonNull(result, "result");
  }
}
