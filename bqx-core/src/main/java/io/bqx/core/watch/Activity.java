package io.bqx.core.watch;

import io.bqx.features.CurrencyPair;
import java.time.YearMonth;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/**
 * Work that a {@link Watchdog} looks after until it is closed: it says what it is at, and takes its
 * connections from {@link #dataSource()}, so that every statement it makes is known.
 *
 * <p>Safe for use by the several threads of one piece of work.
 */
public final class Activity implements AutoCloseable {

  private final Optional<CurrencyPair> pair;
  private final Optional<YearMonth> month;
  private final DataSource dataSource;
  private final Watchdog watchdog;
  private final List<Session> sessions = new CopyOnWriteArrayList<>();
  private final AtomicLong progress = new AtomicLong();
  private volatile String phase;
  private volatile boolean resting = true;

  /** Those of the watchdog's thread. */
  private long seen = -1;

  private long since;
  private final Watchdog.Reports reports = new Watchdog.Reports();

  Activity(
      Watchdog watchdog,
      DataSource dataSource,
      Optional<CurrencyPair> pair,
      Optional<YearMonth> month,
      String phase) {
    this.watchdog = watchdog;
    this.pair = pair;
    this.month = month;
    this.phase = phase;
    this.dataSource = WatchedDataSource.of(dataSource, this);
  }

  /** Where the work takes its connections. */
  public DataSource dataSource() {
    return dataSource;
  }

  /**
   * The work begins something else, which is progress.
   *
   * @param phase what it is at now, to be read after "while": {@code "writing reg_bqx"}
   */
  public void enter(String phase) {
    this.phase = Objects.requireNonNull(phase, "phase");
    progress.incrementAndGet();
    resting = false;
  }

  /**
   * The work pauses on purpose: until it enters another phase, only its calls of the database are
   * looked at.
   */
  public void rest() {
    progress.incrementAndGet();
    resting = true;
  }

  /** The work is over. */
  @Override
  public void close() {
    watchdog.forget(this);
  }

  void opened(Session session) {
    sessions.add(session);
    progress.incrementAndGet();
  }

  void closed(Session session) {
    // Its own progress goes with it; the sum must not come to what it was.
    progress.addAndGet(1 + session.progress());
    sessions.remove(session);
  }

  Optional<CurrencyPair> pair() {
    return pair;
  }

  Optional<YearMonth> month() {
    return month;
  }

  String phase() {
    return phase;
  }

  List<Session> sessions() {
    return List.copyOf(sessions);
  }

  Watchdog.Reports reports() {
    return reports;
  }

  /**
   * When the work last made progress: of a call in hand, when it began; between calls, when the
   * last one ended. Called by one thread only.
   */
  long since(long now) {
    long current = progress.get();
    for (Session session : sessions) {
      current += session.progress();
    }
    if (current != seen) {
      seen = current;
      since = now;
    }
    long oldest = resting ? now : since;
    for (Session session : sessions) {
      long began = session.since(now);
      if (session.isInCall() && began - oldest < 0) {
        oldest = began;
      }
    }
    return oldest;
  }
}
