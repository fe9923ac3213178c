package io.bqx.aws.interruption;

import java.time.Instant;
import java.util.Objects;

/**
 * What EC2 announces to do with this Spot machine, two minutes ahead.
 *
 * @param action {@code terminate}, {@code stop} or {@code hibernate}
 * @param time when that is done, by the clock of AWS
 */
public record InterruptionNotice(String action, Instant time) {

  /** Refuses null. */
  public InterruptionNotice {
    Objects.requireNonNull(action, "action");
    Objects.requireNonNull(time, "time");
  }
}
