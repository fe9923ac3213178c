package io.bqx.core.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews a claim three times per lease until it is closed, on a connection of its own.
 *
 * <p>The connection stays open between renewals and is replaced when it fails; no answer is awaited
 * for longer than a third of the lease. When the claim turns out to be lost, or could not be
 * renewed before its lease ended, the heartbeat says so once and stops. That only saves work: what
 * a worker without a live claim wants to write is refused by the ledger anyway.
 *
 * <p>Close it before the claim is released, or the release will be taken for a loss.
 */
public final class Heartbeat implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);
  private static final int BEATS_PER_LEASE = 3;
  private static final int TRIES_PER_LEASE = 12;

  private final Ledger ledger;
  private final Claim claim;
  private final Consumer<ClaimLostException> onLost;
  private final ScheduledExecutorService scheduler;
  private final LongSupplier nanoTime;

  /** Held while the connection is used. */
  private final ReentrantLock io = new ReentrantLock();

  /** Guarded by {@link #io}; null while there is none. */
  private Connection connection;

  /** Guarded by {@link #io}: the connection's timeout before it was changed, in ms. */
  private int usualTimeout;

  /** Guards what follows. */
  private final Object lock = new Object();

  private boolean ended;
  private Future<?> nextBeat;
  private Future<?> leaseEnd;
  private Exception lastFailure;

  Heartbeat(
      Ledger ledger,
      Claim claim,
      Consumer<ClaimLostException> onLost,
      ScheduledExecutorService scheduler,
      LongSupplier nanoTime) {
    this.ledger = Objects.requireNonNull(ledger, "ledger");
    this.claim = Objects.requireNonNull(claim, "claim");
    this.onLost = Objects.requireNonNull(onLost, "onLost");
    this.scheduler = scheduler;
    this.nanoTime = nanoTime;
    synchronized (lock) {
      leaseEnd = schedule(this::leaseHasEnded, ledger.lease());
      nextBeat = schedule(this::beat, Duration.ZERO);
    }
  }

  /**
   * Begins to renew a claim, at once for the first time.
   *
   * @param ledger where the claim is from
   * @param claim a live claim
   * @param onLost told at most once that the claim is lost, on a thread of the heartbeat
   */
  public static Heartbeat start(Ledger ledger, Claim claim, Consumer<ClaimLostException> onLost) {
    // Two threads: one may hang in a connection attempt while the other notices that the lease
    // ends.
    ScheduledThreadPoolExecutor scheduler =
        new ScheduledThreadPoolExecutor(
            2,
            work -> {
              Thread thread = new Thread(work, "bqx-heartbeat-" + claim.month());
              thread.setDaemon(true);
              return thread;
            });
    scheduler.setRemoveOnCancelPolicy(true);
    return new Heartbeat(ledger, claim, onLost, scheduler, System::nanoTime);
  }

  /** Stops renewing. The claim stays live until it is released or its lease ends. */
  @Override
  public void close() {
    end();
    closeConnectionIfEnded();
  }

  private void beat() {
    long asked = nanoTime.getAsLong();
    Optional<ClaimLostException> loss;
    io.lock();
    try {
      loss = ledger.renew(connect(), claim);
    } catch (SQLException | RuntimeException e) {
      discardConnection();
      tryAgain(e);
      return;
    } finally {
      io.unlock();
      closeConnectionIfEnded();
    }
    if (loss.isPresent()) {
      lose(loss.get());
      return;
    }
    synchronized (lock) {
      if (!ended) {
        lastFailure = null;
        leaseEnd.cancel(false);
        Duration since = Duration.ofNanos(nanoTime.getAsLong() - asked);
        leaseEnd = schedule(this::leaseHasEnded, ledger.lease().minus(since));
        nextBeat = schedule(this::beat, ledger.lease().dividedBy(BEATS_PER_LEASE));
      }
    }
  }

  private void tryAgain(Exception e) {
    LOG.warn(
        "Could not renew the claim, trying again [month={}] [worker={}]: {}",
        claim.month(),
        claim.worker(),
        Ledger.reason(e));
    synchronized (lock) {
      if (!ended) {
        lastFailure = e;
        nextBeat = schedule(this::beat, ledger.lease().dividedBy(TRIES_PER_LEASE));
      }
    }
  }

  private void leaseHasEnded() {
    Exception cause;
    synchronized (lock) {
      cause = lastFailure;
    }
    ClaimLostException loss =
        new ClaimLostException(
            String.format(
                Locale.ROOT,
                "Worker %s has lost its claim on month %s: it could not renew it for %s, as long as its lease lasts (%s). See that the database can be reached and run again.",
                claim.worker(),
                claim.month(),
                ledger.lease(),
                cause == null ? "no answer from the database" : Ledger.reason(cause)));
    if (cause != null) {
      loss.addSuppressed(cause);
    }
    lose(loss);
  }

  private void lose(ClaimLostException loss) {
    if (!end()) {
      return;
    }
    closeConnectionIfEnded();
    try {
      onLost.accept(loss);
    } catch (RuntimeException e) {
      LOG.error("The listener for the lost claim failed [month={}]", claim.month(), e);
    }
  }

  /** Stops the schedule; tells whether it was running until now. */
  private boolean end() {
    synchronized (lock) {
      if (ended) {
        return false;
      }
      ended = true;
      nextBeat.cancel(false);
      leaseEnd.cancel(false);
      scheduler.shutdown();
      return true;
    }
  }

  private boolean hasEnded() {
    synchronized (lock) {
      return ended;
    }
  }

  private Future<?> schedule(Runnable work, Duration delay) {
    return scheduler.schedule(work, delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  private Connection connect() throws SQLException {
    if (connection == null) {
      connection = ledger.connection();
      try {
        usualTimeout = connection.getNetworkTimeout();
        connection.setNetworkTimeout(
            Runnable::run, (int) ledger.lease().dividedBy(BEATS_PER_LEASE).toMillis());
      } catch (SQLFeatureNotSupportedException e) {
        LOG.debug("The connection has no network timeout", e);
      }
    }
    return connection;
  }

  /** After an error: the connection must not come back from a pool. */
  private void discardConnection() {
    if (connection != null) {
      try (Connection broken = connection) {
        broken.abort(Runnable::run);
      } catch (SQLException e) {
        LOG.debug("Could not close a broken connection", e);
      }
      connection = null;
    }
  }

  /**
   * Called by whoever ends the heartbeat and after each use of the connection, so that whichever is
   * later finds the lock free and closes the connection; nobody waits for a renewal in progress.
   */
  private void closeConnectionIfEnded() {
    if (hasEnded() && io.tryLock()) {
      try {
        if (connection != null) {
          try (Connection healthy = connection) {
            healthy.setNetworkTimeout(Runnable::run, usualTimeout);
          } catch (SQLException e) {
            LOG.debug("Could not return the heartbeat's connection in order", e);
          }
          connection = null;
        }
      } finally {
        io.unlock();
      }
    }
  }
}
