package io.bqx.core.retry;

import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.event.RetryOnRetryEvent;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Repeats a unit of work while it fails with a {@linkplain TransientSqlState transient} database
 * error, waiting longer each time.
 *
 * <p>The unit must take its connection from the data source itself and return it before it ends, so
 * that every attempt has a fresh connection and nothing is held during the wait. Any other error
 * ends the call after that one attempt.
 *
 * <p>What the unit itself gave up on after several attempts, with a {@link
 * RetriesExhaustedException}, is not repeated. Safe for use by several threads.
 */
public final class Retries {

  private static final Logger LOG = LoggerFactory.getLogger(Retries.class);
  private static final double GROWTH = 2.5;
  private static final double JITTER = 0.2;

  private final RetryConfig config;

  private Retries(RetryConfig config) {
    this.config = config;
  }

  /**
   * Six attempts, with waits of about 2, 5, 12, 30 and 30 seconds between them: together longer
   * than the failover of an Aurora cluster.
   */
  public static Retries ofDefaults() {
    return of(6, Duration.ofSeconds(2), Duration.ofSeconds(30));
  }

  /**
   * A number of attempts, with waits between them that grow by the factor 2.5, up or down by at
   * most a fifth at random.
   *
   * @param attempts how often the work is tried in all, at least once
   * @param firstWait the wait after the first attempt
   * @param longestWait no wait is longer than this
   * @throws IllegalArgumentException if {@code attempts < 1}, {@code firstWait} is shorter than a
   *     millisecond or {@code longestWait < firstWait}
   */
  public static Retries of(int attempts, Duration firstWait, Duration longestWait) {
    if (attempts < 1) {
      throw new IllegalArgumentException("attempts is " + attempts + "; it must be at least 1");
    }
    if (firstWait.toMillis() < 1) {
      throw new IllegalArgumentException(
          "firstWait is " + firstWait + "; it must be at least 1 ms");
    }
    if (longestWait.compareTo(firstWait) < 0) {
      throw new IllegalArgumentException(
          "longestWait is " + longestWait + "; it must be at least firstWait, " + firstWait);
    }
    return new Retries(
        RetryConfig.custom()
            .maxAttempts(attempts)
            .retryOnException(TransientSqlState::isTransient)
            .intervalFunction(
                IntervalFunction.ofExponentialRandomBackoff(
                    firstWait.toMillis(), GROWTH, JITTER, longestWait.toMillis()))
            .build());
  }

  /**
   * The result of the unit's first attempt that succeeds.
   *
   * @param what the work in a few words, after which "failed" makes sense: {@code "reg_bqx_eurusd
   *     2024-07"}
   * @param unit the work; each attempt takes a connection of its own
   * @param onRetry hears of each attempt that is repeated; what it throws is logged and dropped
   * @throws CancelledException if the thread was interrupted, in a wait or in the unit; the
   *     interrupt flag is set
   * @throws RetriesExhaustedException if the last attempt failed with a transient error as well
   * @throws BqxException if the unit threw a checked exception that is not transient; unchecked
   *     exceptions of the unit that are not transient come through as they are
   */
  public <T> T call(String what, Callable<T> unit, RetryListener onRetry) {
    Progress progress = new Progress();
    Retry retry = Retry.of(what, config);
    retry
        .getEventPublisher()
        .onRetry(
            event -> {
              progress.waiting = true;
              announce(what, event, onRetry);
            });
    try {
      return retry.executeCallable(
          () -> {
            progress.waiting = false;
            progress.attempts++;
            try {
              return unit.call();
            } catch (Exception e) {
              progress.lastError = e;
              throw e;
            }
          });
    } catch (Exception e) {
      throw progress.waiting ? cancelled(what, progress) : failed(what, progress, e);
    }
  }

  /** The attempts and waits. */
  RetryConfig config() {
    return config;
  }

  private static CancelledException cancelled(String what, Progress progress) {
    Thread.currentThread().interrupt();
    return new CancelledException(
        String.format(
            Locale.ROOT,
            "%s was cancelled while it waited to be tried again; attempt %d had failed: %s",
            what,
            progress.attempts,
            progress.lastError.getMessage()),
        progress.lastError);
  }

  private RuntimeException failed(String what, Progress progress, Exception error) {
    if (error instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      return new CancelledException(what + " was cancelled", error);
    }
    if (TransientSqlState.isTransient(error)) {
      return new RetriesExhaustedException(
          String.format(
              Locale.ROOT,
              "%s failed %d times with errors that usually pass (last: SQLSTATE %s); see that the database can be reached and run again. %s",
              what,
              progress.attempts,
              TransientSqlState.sqlStateOf(error).orElseThrow(),
              error.getMessage()),
          error);
    }
    if (error instanceof RuntimeException unchecked) {
      return unchecked;
    }
    return new BqxException(what + " failed: " + error.getMessage(), error);
  }

  private void announce(String what, RetryOnRetryEvent event, RetryListener onRetry) {
    int attempt = event.getNumberOfRetryAttempts();
    Duration wait = event.getWaitInterval();
    Throwable error = event.getLastThrowable();
    LOG.warn(
        "{}: attempt {} of {} failed [sqlstate={}], trying again in {} ms: {}",
        what,
        attempt,
        config.getMaxAttempts(),
        TransientSqlState.sqlStateOf(error).orElse(""),
        wait.toMillis(),
        error.getMessage());
    try {
      onRetry.onRetry(what, attempt, wait, error);
    } catch (RuntimeException e) {
      LOG.warn("{}: the retry listener failed", what, e);
    }
  }

  /** Where one call is; confined to its thread. */
  private static final class Progress {
    private int attempts;
    private boolean waiting;
    private Exception lastError;
  }
}
