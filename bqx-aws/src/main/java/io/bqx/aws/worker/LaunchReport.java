package io.bqx.aws.worker;

import java.util.Objects;

/**
 * What a launch led to.
 *
 * @param machine the machine
 * @param alreadyThere whether it had been launched before, so that nothing was done
 * @param state everything recorded of the worker
 */
public record LaunchReport(Machine machine, boolean alreadyThere, WorkerState state) {

  /** Checks that nothing is missing. */
  public LaunchReport {
    Objects.requireNonNull(machine, "machine");
    Objects.requireNonNull(state, "state");
  }
}
