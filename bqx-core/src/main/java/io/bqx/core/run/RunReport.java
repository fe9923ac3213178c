package io.bqx.core.run;

import io.bqx.core.run.PartitionOutcome.State;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What a run did: one outcome per pair and month asked for.
 *
 * @param run the id under which the ledger knows the run
 * @param outcomes one per pair and month, ordered by month and then by pair
 * @param started when the run began
 * @param elapsed how long it took
 */
public record RunReport(
    String run, List<PartitionOutcome> outcomes, Instant started, Duration elapsed) {

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

  /** 0 if every partition is complete, else 1. Nothing else decides it. */
  public int exitCode() {
    return outcomes.stream().allMatch(o -> o.state().isComplete()) ? 0 : 1;
  }
}
