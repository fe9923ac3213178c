package io.bqx.core.run;

import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.validation.ValidationReport;
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
 * @param validation what the validation found that followed; empty if none was asked for, or
 *     something was not complete
 * @param warnings what went wrong without harm to the data: trackers that could not be told
 */
public record RunReport(
    String run,
    List<PartitionOutcome> outcomes,
    Instant started,
    Duration elapsed,
    Optional<String> unfinished,
    Optional<ValidationReport> validation,
    List<String> warnings) {

  /** Takes copies of the lists. */
  public RunReport {
    outcomes = List.copyOf(outcomes);
    warnings = List.copyOf(warnings);
  }

  RunReport followedBy(Optional<ValidationReport> found, List<String> warned) {
    return new RunReport(run, outcomes, started, elapsed, unfinished, found, warned);
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

  /** Whether every partition is complete and nothing is unfinished. */
  public boolean isComplete() {
    return unfinished.isEmpty() && outcomes.stream().allMatch(o -> o.state().isComplete());
  }

  /** 0 if everything is complete and a validation, if there was one, passed; else 1. */
  public int exitCode() {
    return isComplete() && validation.map(ValidationReport::passed).orElse(true) ? 0 : 1;
  }
}
