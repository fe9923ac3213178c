package io.bqx.aws.worker;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a termination has done.
 *
 * @param machine the machine that ended; empty if there was none any more
 * @param gates how the gates stood, and which were skipped
 * @param snapshots the snapshots that were made of its volumes
 * @param spotRequests the Spot requests that were cancelled
 * @param leftovers what still costs money: volumes and addresses, each with its id
 * @param state everything recorded of the worker
 */
public record TerminationReport(
    Optional<Machine> machine,
    List<GateResult> gates,
    List<String> snapshots,
    List<String> spotRequests,
    List<String> leftovers,
    WorkerState state) {

  /** Takes copies of the lists. */
  public TerminationReport {
    Objects.requireNonNull(machine, "machine");
    gates = List.copyOf(gates);
    snapshots = List.copyOf(snapshots);
    spotRequests = List.copyOf(spotRequests);
    leftovers = List.copyOf(leftovers);
    Objects.requireNonNull(state, "state");
  }
}
