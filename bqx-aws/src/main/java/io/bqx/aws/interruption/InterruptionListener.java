package io.bqx.aws.interruption;

import java.time.Instant;

/**
 * Hears what the watcher finds. Called by the watcher's thread, one call at a time; what it throws
 * is logged and ignored.
 */
public interface InterruptionListener {

  /** EC2 will take this machine back; the run has been asked to end. Told once, before the rest. */
  default void interrupted(SpotInterruption interruption) {}

  /**
   * The time for ending in order is over, and the watch has not been closed yet: what is in hand
   * must be abandoned now, which leaves nothing half done that readers could see. Told once.
   */
  default void budgetSpent(SpotInterruption interruption) {}

  /**
   * EC2 sees a higher risk of an interruption than usual. That is no notice, and most are followed
   * by none for hours: nothing is done about it. Told once for each.
   *
   * @param since when EC2 made the recommendation
   */
  default void rebalanceRecommended(Instant since) {}

  /**
   * The metadata cannot be read; the watcher keeps trying. Told once until it can be read again.
   *
   * @param reason why, and what to do
   */
  default void unreadable(String reason) {}
}
