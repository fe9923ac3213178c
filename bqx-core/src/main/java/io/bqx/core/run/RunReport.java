package io.bqx.core.run;

import io.bqx.core.run.PartitionOutcome.State;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run did: one outcome per pair and month asked for, and in the shared layout one more per
 * month: the market's.
 *
 * @param run the id under which the ledger knows the run
 * @param outcomes one per scope and month, ordered by month, then with the market first, then by
 *     pair
 * @param started when the run began
 * @param elapsed how long it took
 * @param unfinished what keeps the tables from the layout that was asked for; empty if nothing does
 */
public record RunReport(
    String run,
    List<PartitionOutcome> outcomes,
    Instant started,
    Duration elapsed,
    Optional<String> unfinished) {

  /** Takes a copy of the outcomes. */
  public RunReport {
    outcomes = List.copyOf(outcomes);
  }

  /** How many outcomes there are of each state. */
  public Map<State, Long> counts() {
    Map<State, Long> counts = new EnumMap<>(State.class);
    outcomes.forEach(o -> counts.merge(o.state(), 1L, Long::sum));
    return counts;
  }

  /** Rows written, over all tables. */
  public long rows() {
    return outcomes.stream().mapToLong(PartitionOutcome::rows).sum();
  }

  /** Bytes sent to the server. */
  public long bytes() {
    return outcomes.stream().mapToLong(PartitionOutcome::bytes).sum();
  }

  /** The outcomes of partitions that could not be done. */
  public List<PartitionOutcome> failures() {
    return outcomes.stream().filter(o -> o.state() == State.FAILED).toList();
  }

  /** 0 if every partition is complete and nothing is unfinished, else 1. */
  public int exitCode() {
    return unfinished.isEmpty() && outcomes.stream().allMatch(o -> o.state().isComplete()) ? 0 : 1;
  }
}
