package io.bqx.aws.worker;

import java.util.Objects;
import java.util.Optional;

/**
 * How a supervised run came to its end.
 *
 * @param machine the machine that finished the job, and is still rented; empty if it was lost when
 *     nothing was left to do
 * @param progress what the ledger says
 * @param state everything recorded of the worker, its interruptions among them
 */
public record SupervisionReport(
    Optional<Machine> machine, LedgerProgress progress, WorkerState state) {

  /** Checks that nothing is missing. */
  public SupervisionReport {
    Objects.requireNonNull(machine, "machine");
    Objects.requireNonNull(progress, "progress");
    Objects.requireNonNull(state, "state");
  }
}
