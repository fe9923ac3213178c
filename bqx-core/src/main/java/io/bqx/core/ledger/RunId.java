package io.bqx.core.ledger;

import java.util.Objects;
import java.util.UUID;

/**
 * The identity of one run, the same in the ledger, in logs and in reports.
 *
 * @param value unique over all runs
 */
public record RunId(UUID value) {

  /** Refuses null. */
  public RunId {
    Objects.requireNonNull(value, "value");
  }

  static RunId random() {
    return new RunId(UUID.randomUUID());
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
