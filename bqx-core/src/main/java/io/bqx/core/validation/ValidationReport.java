package io.bqx.core.validation;

import java.time.Duration;
import java.util.List;

/**
 * What a validation found.
 *
 * @param checks every rule that was applied, ordered by validator
 * @param partitions pair-months that were read
 * @param rows rows that were read, over all tables
 * @param values values that were compared with their recomputation
 * @param elapsed how long it took
 */
public record ValidationReport(
    List<Check> checks, int partitions, long rows, long values, Duration elapsed) {

  /** Takes a copy of the checks. */
  public ValidationReport {
    checks = List.copyOf(checks);
  }

  /** Whether every check passed, and there was at least one. */
  public boolean passed() {
    return !checks.isEmpty() && checks.stream().allMatch(Check::passed);
  }

  /** The checks that did not pass. */
  public List<Check> failures() {
    return checks.stream().filter(c -> !c.passed()).toList();
  }

  /** 0 if every check passed, else 1. */
  public int exitCode() {
    return passed() ? 0 : 1;
  }
}
