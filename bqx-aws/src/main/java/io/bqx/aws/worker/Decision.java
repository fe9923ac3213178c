package io.bqx.aws.worker;

import java.time.Instant;
import java.util.Objects;

/**
 * Something that was decided or done for a worker, and why.
 *
 * @param at when
 * @param what one sentence, with the ids of what it is about
 */
public record Decision(Instant at, String what) {

  /** Checks that nothing is missing. */
  public Decision {
    Objects.requireNonNull(at, "at");
    Objects.requireNonNull(what, "what");
  }
}
