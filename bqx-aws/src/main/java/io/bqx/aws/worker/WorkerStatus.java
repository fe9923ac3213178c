package io.bqx.aws.worker;

import io.bqx.aws.cost.Usd;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a worker stands.
 *
 * @param machine the machine; empty if there is none, or AWS shows none any more
 * @param age how long the machine has been running; zero if none does
 * @param cost what all machines of the worker have cost so far, in USD; empty if no prices are
 *     known
 * @param progress what the ledger says; empty if no ledger was named
 * @param lastLines the last lines of the run's log in S3
 * @param state everything recorded of the worker
 */
public record WorkerStatus(
    Optional<Machine> machine,
    Duration age,
    Optional<Usd> cost,
    Optional<LedgerProgress> progress,
    List<String> lastLines,
    WorkerState state) {

  /** Takes a copy of the lines. */
  public WorkerStatus {
    Objects.requireNonNull(machine, "machine");
    Objects.requireNonNull(age, "age");
    Objects.requireNonNull(cost, "cost");
    Objects.requireNonNull(progress, "progress");
    lastLines = List.copyOf(lastLines);
    Objects.requireNonNull(state, "state");
  }
}
