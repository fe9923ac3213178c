package io.bqx.core.run;

import java.time.Duration;
import java.util.Optional;

/**
 * How far a run has come.
 *
 * @param partitions pair-months asked for, in the shared layout with one more per month for the
 *     market
 * @param finished those that have an outcome
 * @param failed those that failed
 * @param rows rows written so far
 * @param bytes bytes sent to the server so far
 * @param elapsed time since the run started
 * @param remaining estimated time to the end, from the pace so far; empty before the first outcome
 */
public record RunProgress(
    int partitions,
    int finished,
    int failed,
    long rows,
    long bytes,
    Duration elapsed,
    Optional<Duration> remaining) {

  /** Rows written per second so far; 0 in the first instant. */
  public double rowsPerSecond() {
    return elapsed.isZero() ? 0 : rows / (elapsed.toNanos() / 1e9);
  }
}
