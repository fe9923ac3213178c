package io.bqx.core.report;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Time that was planned for some stages.
 *
 * @param name what the plan calls them
 * @param stages the ids of the stages
 * @param time how long they were to take on that many partitions
 * @param partitions pair-months that the time is for
 */
public record PlannedWork(String name, List<String> stages, Duration time, int partitions) {

  /**
   * Takes a copy of the stages.
   *
   * @throws IllegalArgumentException if there is no stage, or time or partitions are not positive
   */
  public PlannedWork {
    stages = List.copyOf(stages);
    if (stages.isEmpty() || time.isZero() || time.isNegative() || partitions < 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "The planned work '%s' has the stages %s, the time %s and %d partitions; it needs a stage, a time and a partition",
              name,
              stages,
              time,
              partitions));
    }
  }

  /** The time for another number of pair-months, in proportion. */
  Duration timeFor(int others) {
    return Duration.ofMillis(Math.round(time.toMillis() * (double) others / partitions));
  }
}
