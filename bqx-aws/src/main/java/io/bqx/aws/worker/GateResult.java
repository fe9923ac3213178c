package io.bqx.aws.worker;

import java.util.Objects;
import java.util.Optional;

/**
 * How a gate stood when a termination was asked for.
 *
 * @param name the gate
 * @param open whether it was open
 * @param reason why it was open or closed
 * @param skipped the reason given for passing it although it was closed; empty if none was given
 */
public record GateResult(String name, boolean open, String reason, Optional<String> skipped) {

  /** Checks that nothing is missing. */
  public GateResult {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(skipped, "skipped");
  }

  /** Whether it lets the termination pass. */
  public boolean passes() {
    return open || skipped.isPresent();
  }
}
