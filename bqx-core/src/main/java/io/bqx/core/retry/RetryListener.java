package io.bqx.core.retry;

import java.time.Duration;

/**
 * Hears of every attempt that failed and will be repeated, on the thread that makes the attempts.
 */
@FunctionalInterface
public interface RetryListener {

  /** Hears nothing. */
  RetryListener NONE = (what, attempt, wait, error) -> {};

  /**
   * An attempt failed with a transient error; its connection is returned and the wait begins now.
   *
   * @param what the work, as named to {@link Retries#call}
   * @param attempt the number of the attempt that failed, from 1
   * @param wait the time until the next attempt
   * @param error what the attempt failed with
   */
  void onRetry(String what, int attempt, Duration wait, Throwable error);
}
