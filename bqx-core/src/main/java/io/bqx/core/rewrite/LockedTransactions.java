package io.bqx.core.rewrite;

import io.bqx.core.CancelledException;
import io.bqx.core.retry.RetriesExhaustedException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Transactions that need locks which others may hold: each try waits for a bounded time, gives its
 * connection back, pauses and tries again.
 */
final class LockedTransactions {

  private static final Logger LOG = LoggerFactory.getLogger(LockedTransactions.class);

  /**
   * A machine that disappears without a word, or a process that stands still, would keep its locks,
   * and with them every reader out, until the server misses it, which may take hours. Between two
   * statements there is no work; far less than what all tries of others wait for.
   */
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(10);

  /** What is attempted, for messages. */
  record Attempt(String action, String onWhat, String onFailure) {}

  /** The result of the try that succeeded, which was the given one, the first being 1. */
  record Outcome<T>(T result, int tries) {}

  private final Transactions transactions;
  private final SwapPolicy policy;
  private final Consumer<LockWait> onWait;

  LockedTransactions(DataSource dataSource, SwapPolicy policy, Consumer<LockWait> onWait) {
    this.transactions =
        new Transactions(
            dataSource,
            policy.lockTimeout(),
            Map.of(
                "idle_in_transaction_session_timeout", Long.toString(LONGEST_SILENCE.toMillis())));
    this.policy = policy;
    this.onWait = Objects.requireNonNull(onWait, "onWait");
  }

  /**
   * Does the work and commits.
   *
   * @param holdersNow who holds the locks that the work asks for, asked after a try in vain
   * @throws RetriesExhaustedException if the locks were not to be had in all tries; it says who
   *     held them
   */
  <T> Outcome<T> commit(
      Attempt attempt, Function<DSLContext, List<LockHolder>> holdersNow, Transactions.Work<T> work)
      throws SQLException {
    List<LockHolder> holders = List.of();
    for (int tries = 1; ; tries++) {
      try {
        return new Outcome<>(transactions.commit(work), tries);
      } catch (SQLException | RuntimeException e) {
        if (!SqlState.isLostLock(e)) {
          throw e;
        }
        List<LockHolder> seen = holders(holdersNow, e);
        holders = seen.isEmpty() ? holders : seen;
        if (tries == policy.tries()) {
          throw new RetriesExhaustedException(message(attempt, holders), e);
        }
        LOG.info(
            "Waiting to {} [on={}] [try={} of {}] [holders={}]",
            attempt.action(),
            attempt.onWhat(),
            tries,
            policy.tries(),
            LockWait.describe(holders));
      }
      tell(new LockWait(attempt.action(), attempt.onWhat(), tries, policy.tries(), holders));
      pause(attempt);
    }
  }

  private List<LockHolder> holders(
      Function<DSLContext, List<LockHolder>> holdersNow, Exception failure) {
    try {
      return transactions.commit((connection, tx) -> holdersNow.apply(tx));
    } catch (SQLException | RuntimeException e) {
      failure.addSuppressed(e);
      return List.of();
    }
  }

  private String message(Attempt attempt, List<LockHolder> holders) {
    return String.format(
        Locale.ROOT,
        "Cannot %s %s: no lock after %d tries of %s; %s. %s. End that session, or raise lockTimeout or tries of the swap policy (--lock-timeout, --lock-tries), then run again",
        attempt.action(),
        attempt.onWhat(),
        policy.tries(),
        inWords(policy.lockTimeout()),
        LockWait.describe(holders),
        attempt.onFailure());
  }

  private void tell(LockWait wait) {
    try {
      onWait.accept(wait);
    } catch (RuntimeException e) {
      LOG.warn("Who is told of waits for locks failed", e);
    }
  }

  private static String inWords(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }

  private void pause(Attempt attempt) {
    long nanos = policy.pause().toNanos();
    long jittered = nanos / 2 + (nanos == 0 ? 0 : ThreadLocalRandom.current().nextLong(nanos));
    try {
      Thread.sleep(jittered / 1_000_000, (int) (jittered % 1_000_000));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException(
          String.format(
              Locale.ROOT,
              "Interrupted while waiting to %s %s. %s",
              attempt.action(),
              attempt.onWhat(),
              attempt.onFailure()),
          e);
    }
  }
}
