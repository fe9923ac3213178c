package io.bqx.core.ledger;

/**
 * How a run stands. A run whose process was killed stays {@link #RUNNING}; its claims tell that it
 * is dead.
 */
public enum RunState {
  /** Started, not finished. */
  RUNNING,
  /** Everything that was due is done. */
  DONE,
  /** At least one partition failed. */
  FAILED,
  /** Stopped on request before everything was done. */
  CANCELLED
}
