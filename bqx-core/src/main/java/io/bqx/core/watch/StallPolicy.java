package io.bqx.core.watch;

import java.time.Duration;
import java.util.Locale;
import java.util.Objects;

/**
 * After how much time without progress a run says what it waits for, and whether it ends the wait.
 *
 * <p>Progress is a call of the database that begins or ends (a statement, a commit, a block of rows
 * sent, a row received), or another phase of the work. Where a link is so slow that half a megabyte
 * takes longer than the timeout, that counts as no progress.
 *
 * @param timeout the time without progress after which a stall is reported, from 100 ms to a day;
 *     it is reported again after twice that time, four times, and so on
 * @param cancel whether the wait is then ended and the partition tried again. Where the server is
 *     seen at work, for example on an index, nothing is ended
 */
public record StallPolicy(Duration timeout, boolean cancel) {

  private static final Duration MIN = Duration.ofMillis(100);
  private static final Duration MAX = Duration.ofDays(1);

  /**
   * Checks the settings.
   *
   * @throws IllegalArgumentException if the timeout is out of its range; the message names it and
   *     the range
   */
  public StallPolicy {
    Objects.requireNonNull(timeout, "timeout");
    if (timeout.compareTo(MIN) < 0 || timeout.compareTo(MAX) > 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "The stall timeout is %s; it must be between 100 ms and 1 day",
              timeout));
    }
  }

  /** Stalls are reported after a minute, and nothing is ended. */
  public static StallPolicy ofDefaults() {
    return reportAfter(Duration.ofMinutes(1));
  }

  /** Stalls are reported, and nothing is ended. */
  public static StallPolicy reportAfter(Duration timeout) {
    return new StallPolicy(timeout, false);
  }

  /** Stalls are reported and ended, and their partitions are tried again. */
  public static StallPolicy cancelAfter(Duration timeout) {
    return new StallPolicy(timeout, true);
  }
}
