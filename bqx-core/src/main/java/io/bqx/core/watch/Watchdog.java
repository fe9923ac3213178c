package io.bqx.core.watch;

import io.bqx.core.watch.ServerView.ServerSession;
import io.bqx.core.watch.Stall.Action;
import io.bqx.core.watch.StalledSession.Verdict;
import io.bqx.features.CurrencyPair;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after activities: says so if one makes no progress, with what the server says about its
 * sessions, and ends these if asked to.
 *
 * <p>A session is ended by the server at the request of another one. If the activity does not hear
 * of that soon, or the server cannot be asked, the connection's socket is closed on this side,
 * which also helps where the other side of the network is silent. Either way the call in hand fails
 * with an error of the connection (class 08 or 57P01), and whoever made it may try again.
 *
 * <p>Looks from a thread of its own, at least four times per timeout. The server is asked on a
 * connection from the data source itself; no answer is awaited for longer than 10 seconds.
 */
public final class Watchdog implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);
  private static final int LOOKS_PER_TIMEOUT = 4;
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final DataSource dataSource;
  private final StallPolicy policy;
  private final Consumer<Stall> onStall;
  private final ServerView server;
  private final LongSupplier nanoTime;
  private final List<Activity> activities = new CopyOnWriteArrayList<>();
  private final List<Ending> endings = new ArrayList<>();
  private final ExecutorService questions = Executors.newCachedThreadPool(daemons("bqx-stall"));
  private final ScheduledExecutorService scheduler =
      Executors.newSingleThreadScheduledExecutor(daemons("bqx-watchdog"));
  private Future<?> unanswered;

  Watchdog(
      DataSource dataSource,
      StallPolicy policy,
      Consumer<Stall> onStall,
      ServerView server,
      LongSupplier nanoTime) {
    this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
    this.policy = Objects.requireNonNull(policy, "policy");
    this.onStall = Objects.requireNonNull(onStall, "onStall");
    this.server = server;
    this.nanoTime = nanoTime;
  }

  /**
   * A watchdog that does not look yet.
   *
   * @param dataSource where activities, and the watchdog itself, take their connections
   * @param onStall hears of every stall, on a thread of the watchdog; what it throws is logged
   */
  public Watchdog(DataSource dataSource, StallPolicy policy, Consumer<Stall> onStall) {
    this(dataSource, policy, onStall, new PgServerView(dataSource, PATIENCE), System::nanoTime);
  }

  /** Begins to look after the activities, until it is closed. */
  public void start() {
    long pause =
        Math.min(policy.timeout().dividedBy(LOOKS_PER_TIMEOUT).toNanos(), LONGEST_PAUSE.toNanos());
    scheduler.scheduleWithFixedDelay(this::lookUnharmed, pause, pause, TimeUnit.NANOSECONDS);
  }

  private static ThreadFactory daemons(String name) {
    return work -> {
      Thread thread = new Thread(work, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  /** Looks after the partition of a pair from now on. */
  public Activity begin(CurrencyPair pair, YearMonth month, String phase) {
    return begin(Optional.of(pair), Optional.of(month), phase);
  }

  /** Looks after a whole month from now on. */
  public Activity begin(YearMonth month, String phase) {
    return begin(Optional.empty(), Optional.of(month), phase);
  }

  /** Looks after the calls of the database that belong to no month in particular. */
  public Activity begin(String phase) {
    return begin(Optional.empty(), Optional.empty(), phase);
  }

  private Activity begin(Optional<CurrencyPair> pair, Optional<YearMonth> month, String phase) {
    Activity activity = new Activity(this, dataSource, pair, month, phase);
    activities.add(activity);
    return activity;
  }

  void forget(Activity activity) {
    activities.remove(activity);
  }

  /** Looks after nothing any more. */
  @Override
  public void close() {
    scheduler.shutdownNow();
    questions.shutdownNow();
  }

  private void lookUnharmed() {
    try {
      look();
    } catch (RuntimeException e) {
      LOG.warn("The watchdog could not look after the run this time", e);
    }
  }

  /** Looks once at every activity; called by one thread only. */
  void look() {
    long now = nanoTime.getAsLong();
    endings.removeIf(ending -> ending.isOver(now));
    for (Activity activity : activities) {
      long age = now - activity.since(now);
      if (activity.reports().isOver(age)) {
        LOG.info("Makes progress again [work={}]", workOf(activity));
      }
      if (activity.reports().isDue(age, policy.timeout()) && report(activity, now, age)) {
        activity.reports().told(age);
      }
    }
  }

  /** Tells of a stall, unless it turns out to have ended meanwhile. */
  private boolean report(Activity activity, long now, long age) {
    List<Watched> watched = new ArrayList<>();
    for (Session session : activity.sessions()) {
      boolean stuck = session.isInCall() && now - session.since(now) >= policy.timeout().toNanos();
      watched.add(new Watched(session, session.progress(), stuck, session.call()));
    }
    Optional<Map<Integer, ServerSession>> view = ask(watched);
    if (activity.since(nanoTime.getAsLong()) != now - age) {
      return false;
    }
    List<StalledSession> sessions =
        watched.stream()
            .map(w -> diagnose(w, view))
            .sorted(Comparator.comparing(s -> s.verdict() == Verdict.IDLE))
            .toList();
    List<Session> stuck = new ArrayList<>();
    for (Watched w : watched) {
      if (w.session().connection() != null && diagnose(w, view).isStuck()) {
        stuck.add(w.session());
      }
    }
    Action action = actionOn(sessions, stuck);
    Stall stall =
        new Stall(
            activity.pair(),
            activity.month(),
            activity.phase(),
            Duration.ofNanos(age),
            sessions,
            action);
    if (action == Action.LEFT_ALONE) {
      LOG.info("Slow: {}", stall);
    } else {
      LOG.warn("Stalled: {}", stall);
    }
    if (action == Action.CANCELLED) {
      stuck.forEach(session -> end(session, Duration.ofNanos(age), view.isPresent()));
    }
    try {
      onStall.accept(stall);
    } catch (RuntimeException e) {
      LOG.warn("Who is told of stalls failed", e);
    }
    return true;
  }

  private Action actionOn(List<StalledSession> sessions, List<Session> stuck) {
    if (policy.cancel() && !stuck.isEmpty()) {
      return Action.CANCELLED;
    }
    return sessions.stream().anyMatch(s -> s.verdict() == Verdict.WORKING)
        ? Action.LEFT_ALONE
        : Action.REPORTED;
  }

  /** A session when the activity was found to have stalled. */
  private record Watched(Session session, long progress, boolean stuck, String call) {}

  private static StalledSession diagnose(
      Watched watched, Optional<Map<Integer, ServerSession>> view) {
    int pid = watched.session().pid();
    ServerSession seen = view.map(sessions -> sessions.get(pid)).orElse(null);
    return new StalledSession(
        pid,
        Optional.ofNullable(watched.call()),
        verdict(watched, view.isPresent(), seen),
        Optional.ofNullable(seen).map(ServerSession::state),
        Optional.ofNullable(seen)
            .flatMap(ServerSession::waitType)
            .map(type -> type + seen.waitEvent().map(event -> ":" + event).orElse("")),
        Optional.ofNullable(seen).flatMap(ServerSession::queryStart),
        seen == null ? List.of() : seen.blockedBy());
  }

  private static Verdict verdict(Watched watched, boolean serverWasSeen, ServerSession seen) {
    if (!watched.stuck()) {
      return Verdict.IDLE;
    }
    if (watched.session().connection() == null) {
      return Verdict.CONNECTING;
    }
    if (!serverWasSeen || watched.session().pid() == 0) {
      return Verdict.UNKNOWN;
    }
    return seen == null ? Verdict.GONE : seen.verdict();
  }

  /** What the server says of the sessions; empty if it does not answer, or has none of them. */
  private Optional<Map<Integer, ServerSession>> ask(Collection<Watched> watched) {
    List<Integer> pids =
        watched.stream().map(w -> w.session().pid()).filter(pid -> pid != 0).toList();
    if (pids.isEmpty() || (unanswered != null && !unanswered.isDone())) {
      return Optional.empty();
    }
    Future<Optional<Map<Integer, ServerSession>>> answer =
        questions.submit(() -> server.sessions(pids));
    unanswered = answer;
    try {
      return answer.get(2 * PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      LOG.warn("Cannot ask the server about its sessions: {}", e.getCause().getMessage());
    } catch (TimeoutException e) {
      LOG.warn("The server does not answer questions about its sessions");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Optional.empty();
  }

  private void end(Session session, Duration age, boolean serverAnswers) {
    Ending ending = new Ending(session, session.progress(), nanoTime.getAsLong());
    if (serverAnswers) {
      endings.add(ending);
      questions.execute(() -> terminate(session, age, ending));
    } else {
      ending.closeSocket();
    }
  }

  private void terminate(Session session, Duration age, Ending ending) {
    try {
      if (server.end(session.pid(), age)) {
        return;
      }
    } catch (SQLException | RuntimeException e) {
      LOG.warn("Cannot end the session [pid={}]: {}", session.pid(), e.getMessage());
    }
    ending.closeSocket();
  }

  /** A session whose end was asked for; if that does not reach it in time, its socket is closed. */
  private final class Ending {

    private final Session session;
    private final long progress;
    private final long asked;

    Ending(Session session, long progress, long asked) {
      this.session = session;
      this.progress = progress;
      this.asked = asked;
    }

    /** Whether it has ended, by itself or by closing its socket now. */
    boolean isOver(long now) {
      if (session.progress() != progress) {
        return true;
      }
      if (now - asked < Math.min(PATIENCE.toNanos(), policy.timeout().toNanos())) {
        return false;
      }
      closeSocket();
      return true;
    }

    void closeSocket() {
      if (session.progress() == progress) {
        LOG.info("Closing the socket [pid={}]", session.pid());
        questions.execute(() -> abort(session.connection()));
      }
    }
  }

  private static void abort(Connection connection) {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      LOG.warn("Cannot close the socket of a stalled connection: {}", e.getMessage());
    }
  }

  private static String workOf(Activity activity) {
    return new Stall(
            activity.pair(),
            activity.month(),
            activity.phase(),
            Duration.ZERO,
            List.of(),
            Action.REPORTED)
        .work();
  }

  /** When a stall of an activity was last told of; of the watchdog's thread. */
  static final class Reports {

    private long last;

    /** Whether to tell of a stall of this age: after once, twice, four times the timeout. */
    boolean isDue(long age, Duration timeout) {
      return age >= Math.max(timeout.toNanos(), 2 * last);
    }

    void told(long age) {
      last = age;
    }

    /** Whether a stall that was told of has ended; true once. */
    boolean isOver(long age) {
      boolean over = age < last;
      last = over ? 0 : last;
      return over;
    }
  }
}
