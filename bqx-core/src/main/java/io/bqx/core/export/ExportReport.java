package io.bqx.core.export;

import io.bqx.core.export.ExportOutcome.State;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What an export did: one outcome per pair and month, ordered by month, then by pair.
 *
 * @param outcomes the outcomes
 * @param manifest what the destination holds now, whoever put it there
 * @param elapsed how long it took
 */
public record ExportReport(
    List<ExportOutcome> outcomes, ExportManifest manifest, Duration elapsed) {

  /** Takes a copy of the outcomes. */
  public ExportReport {
    outcomes = List.copyOf(outcomes);
  }

  /** How many outcomes there are of each state. */
  public Map<State, Long> counts() {
    Map<State, Long> counts = new EnumMap<>(State.class);
    outcomes.forEach(o -> counts.merge(o.state(), 1L, Long::sum));
    return counts;
  }

  /** Rows of the files that were written. */
  public long rows() {
    return written().stream().mapToLong(ExportedFile::rows).sum();
  }

  /** Bytes of the files that were written. */
  public long bytes() {
    return written().stream().mapToLong(ExportedFile::bytes).sum();
  }

  private List<ExportedFile> written() {
    return outcomes.stream()
        .filter(o -> o.state() == State.WRITTEN)
        .flatMap(o -> o.file().stream())
        .toList();
  }

  /** The outcomes of what could not be done. */
  public List<ExportOutcome> failures() {
    return outcomes.stream().filter(o -> o.state() == State.FAILED).toList();
  }

  /** 0 if every pair's month is complete, else 1. */
  public int exitCode() {
    return outcomes.stream().allMatch(o -> o.state().isComplete()) ? 0 : 1;
  }
}
