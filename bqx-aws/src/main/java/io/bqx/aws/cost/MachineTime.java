package io.bqx.aws.cost;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/**
 * The time for which a machine ran, and how EC2 bills it: by the second, 60 seconds at least.
 *
 * @param started when the machine started to run
 * @param ended when it was stopped or terminated, or the time at which the sum is drawn
 * @param interrupted whether EC2 took the machine back; it charges nothing if it does so within the
 *     first hour of a Linux Spot machine
 */
public record MachineTime(Instant started, Instant ended, boolean interrupted) {

  private static final Duration LEAST = Duration.ofSeconds(60);
  private static final Duration FREE_IF_INTERRUPTED = Duration.ofHours(1);

  /**
   * A time.
   *
   * @throws IllegalArgumentException if it ends before it starts
   */
  public MachineTime {
    if (ended.isBefore(started)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "The machine ended at %s, before it started at %s", ended, started));
    }
  }

  /** The time of a machine that EC2 did not take back. */
  public static MachineTime between(Instant started, Instant ended) {
    return new MachineTime(started, ended, false);
  }

  /** How long the machine ran. */
  public Duration elapsed() {
    return Duration.between(started, ended);
  }

  /** How long is billed: whole seconds, rounded up, and 60 at least. */
  public Duration billed() {
    Duration elapsed = elapsed();
    Duration whole = Duration.ofSeconds(elapsed.getSeconds() + (elapsed.getNano() > 0 ? 1 : 0));
    return whole.compareTo(LEAST) < 0 ? LEAST : whole;
  }

  /** Whether a Spot machine costs nothing for this time. */
  public boolean isFreeOnSpot() {
    return interrupted && elapsed().compareTo(FREE_IF_INTERRUPTED) < 0;
  }
}
