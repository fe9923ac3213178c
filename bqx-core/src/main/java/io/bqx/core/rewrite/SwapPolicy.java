package io.bqx.core.rewrite;

import java.time.Duration;
import java.util.Locale;
import java.util.Objects;

/**
 * How long to wait for the locks on a table, and how often.
 *
 * <p>While a lock on a table is waited for, every later reader of the table queues behind the
 * request. Each wait is therefore short, and there are many of them with pauses in which the
 * readers get through.
 *
 * @param lockTimeout the longest wait of one try, at least 1 ms and at most 10 minutes; more than
 *     the server's {@code deadlock_timeout} (1 s) lets it call an automatic VACUUM off
 * @param tries how often to try, at least 1
 * @param pause the average pause between two tries; each is between half and one and a half of it
 */
public record SwapPolicy(Duration lockTimeout, int tries, Duration pause) {

  private static final Duration MAX = Duration.ofMinutes(10);

  /**
   * Checks the settings.
   *
   * @throws IllegalArgumentException if one is out of its range; the message names it, its value
   *     and the range
   */
  public SwapPolicy {
    Objects.requireNonNull(lockTimeout, "lockTimeout");
    Objects.requireNonNull(pause, "pause");
    if (lockTimeout.toMillis() < 1 || lockTimeout.compareTo(MAX) > 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "lockTimeout is %s; it must be between 1 ms and 10 min", lockTimeout));
    }
    if (tries < 1) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "tries is %d; it must be at least 1", tries));
    }
    if (pause.isNegative() || pause.compareTo(MAX) > 0) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "pause is %s; it must be between 0 and 10 min", pause));
    }
  }

  /** What all tries together wait for, without the pauses between them. */
  Duration longestWait() {
    return lockTimeout.multipliedBy(tries);
  }

  /** 20 tries of 2 seconds, 1 second apart: about a minute in all. */
  public static SwapPolicy ofDefaults() {
    return new SwapPolicy(Duration.ofSeconds(2), 20, Duration.ofSeconds(1));
  }
}
