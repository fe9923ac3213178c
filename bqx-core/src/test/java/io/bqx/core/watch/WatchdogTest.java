package io.bqx.core.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.copy.CopyProgress;
import io.bqx.core.retry.TransientSqlState;
import io.bqx.core.testing.TestDatabase;
import io.bqx.core.watch.ServerView.ServerSession;
import io.bqx.core.watch.Stall.Action;
import io.bqx.core.watch.StalledSession.Verdict;
import io.bqx.features.CurrencyPair;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.PGConnection;

/** When work counts as stalled, what is said of it, and what is done; the clock is the test's. */
@Timeout(60)
class WatchdogTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final YearMonth MONTH = YearMonth.of(2024, 7);
  private static final String COPY = "COPY \"reg_bqx\" FROM STDIN";

  private final List<Stall> stalls = new ArrayList<>();
  private final ScriptedServer server = new ScriptedServer();
  private final BlockingQueue<Integer> ended = new LinkedBlockingQueue<>();
  private long now = 17;
  private Watchdog watchdog;
  private Activity activity;

  @AfterEach
  void close() {
    watchdog.close();
  }

  @Test
  void anActivityThatMovesIsNotMentioned() throws SQLException {
    watch(StallPolicy.reportAfter(TIMEOUT));
    try (Connection connection = activity.dataSource().getConnection()) {
      CopyProgress copy = connection.unwrap(CopyProgress.class);
      for (int block = 0; block < 10; block++) {
        copy.callBegins(COPY);
        pass(40);
        copy.callEnds();
        pass(40);
      }
    }

    assertThat(stalls).isEmpty();
  }

  @Test
  void aCallWithoutAnswerIsToldAfterTheTimeoutThenAfterTwiceAndFourTimesThat() throws SQLException {
    watch(StallPolicy.reportAfter(TIMEOUT));
    try (Connection connection = activity.dataSource().getConnection()) {
      connection.unwrap(CopyProgress.class).callBegins(COPY);
      for (int second = 0; second < 300; second++) {
        pass(1);
      }

      assertThat(stalls)
          .extracting(Stall::age)
          .containsExactly(
              Duration.ofSeconds(60), Duration.ofSeconds(120), Duration.ofSeconds(240));
    }
  }

  @Test
  void aStallAfterProgressIsANewOne() throws SQLException {
    watch(StallPolicy.reportAfter(TIMEOUT));
    try (Connection connection = activity.dataSource().getConnection()) {
      CopyProgress copy = connection.unwrap(CopyProgress.class);
      copy.callBegins(COPY);
      pass(1);
      pass(70);
      copy.callEnds();
      copy.callBegins(COPY);
      pass(1);
      pass(61);

      assertThat(stalls)
          .extracting(Stall::age)
          .containsExactly(Duration.ofSeconds(70), Duration.ofSeconds(61));
    }
  }

  @Test
  void aStallNamesThePartitionThePhaseTheStatementAndWhatTheServerSays() throws SQLException {
    watch(StallPolicy.reportAfter(TIMEOUT));
    try (Connection connection = activity.dataSource().getConnection()) {
      server.say(connection, "active", "Client", "ClientRead");
      connection.unwrap(CopyProgress.class).callBegins(COPY);
      pass(1);
      pass(60);

      assertThat(stalls)
          .singleElement()
          .satisfies(
              stall -> {
                assertThat(stall.pair()).contains(CurrencyPair.of("eurusd"));
                assertThat(stall.month()).contains(MONTH);
                assertThat(stall.action()).isEqualTo(Action.REPORTED);
                assertThat(stall.toString())
                    .contains(
                        "eurusd 2024-07 has made no progress for 60 s while writing reg_bqx_eurusd",
                        "process " + pid(connection),
                        "the network has lost",
                        "active",
                        "Client:ClientRead",
                        COPY);
              });
    }
  }

  @Test
  void betweenCallsAPhaseMayLastAsLongAsTheTimeoutAndARestAsLongAsItLikes() {
    watch(StallPolicy.reportAfter(TIMEOUT));
    pass(1);
    pass(61);
    assertThat(stalls)
        .singleElement()
        .asString()
        .contains("while writing reg_bqx_eurusd", "without a session");

    activity.rest();
    pass(1000);
    activity.enter("computing reg_bqx_eurusd");
    pass(1);
    pass(50);
    assertThat(stalls).hasSize(1);
    pass(11);
    assertThat(stalls).hasSize(2);
    assertThat(stalls.get(1).phase()).isEqualTo("computing reg_bqx_eurusd");

    activity.close();
    pass(1000);
    assertThat(stalls).hasSize(2);
  }

  @Test
  void anotherSessionOfTheSameWorkThatMovesDoesNotHideOneThatDoesNot() throws SQLException {
    watch(StallPolicy.reportAfter(TIMEOUT));
    try (Connection stuck = activity.dataSource().getConnection();
        Connection busy = activity.dataSource().getConnection()) {
      server.say(stuck, "active", "Lock", "relation");
      stuck.unwrap(CopyProgress.class).callBegins("COPY (select)");
      for (int second = 0; second < 61; second++) {
        busy.unwrap(CopyProgress.class).callBegins(COPY);
        busy.unwrap(CopyProgress.class).callEnds();
        pass(1);
      }

      assertThat(stalls).hasSize(1);
      assertThat(stalls.get(0).sessions())
          .extracting(StalledSession::verdict)
          .containsExactly(Verdict.BLOCKED, Verdict.IDLE);
    }
  }

  @Test
  void aServerAtWorkIsLeftAlone() throws SQLException {
    watch(StallPolicy.cancelAfter(TIMEOUT));
    try (Connection connection = activity.dataSource().getConnection()) {
      server.say(connection, "active", null, null);
      connection.unwrap(CopyProgress.class).callBegins("create unique index");
      pass(1);
      pass(60);
      server.say(connection, "active", "IO", "DataFileRead");
      pass(60);

      assertThat(stalls)
          .hasSize(2)
          .allSatisfy(s -> assertThat(s.action()).isEqualTo(Action.LEFT_ALONE))
          .allSatisfy(s -> assertThat(s.sessions().get(0).verdict()).isEqualTo(Verdict.WORKING));
      assertThat(ended).isEmpty();
      assertThat(connection.isClosed()).isFalse();
    }
  }

  @Test
  void aSessionThatWaitsIsEndedByTheServerAndItsWorkFailsWithAnErrorThatPasses() throws Exception {
    watchForReal(StallPolicy.cancelAfter(TIMEOUT));
    try (Connection holder = TestDatabase.dataSource().getConnection();
        Connection connection = activity.dataSource().getConnection()) {
      holder.setClientInfo("ApplicationName", "a migration");
      long key = pid(connection);
      query(holder, "SELECT pg_advisory_lock(" + key + ")");
      CompletableFuture<Void> waiting =
          CompletableFuture.runAsync(
              () -> query(connection, "SELECT pg_advisory_lock(" + key + ")"));
      awaitWait(connection, "Lock");
      pass(1);
      pass(61);

      assertThatThrownBy(waiting::get)
          .hasRootCauseInstanceOf(SQLException.class)
          .satisfies(e -> assertThat(TransientSqlState.isTransient(e)).isTrue())
          .satisfies(e -> assertThat(TransientSqlState.sqlStateOf(e)).contains("57P01"));
      assertThat(stalls)
          .singleElement()
          .satisfies(s -> assertThat(s.action()).isEqualTo(Action.CANCELLED));
      StalledSession session = stalls.get(0).sessions().get(0);
      assertThat(session.verdict()).isEqualTo(Verdict.BLOCKED);
      assertThat(session.queryStart()).isPresent();
      assertThat(session.blockedBy())
          .singleElement()
          .satisfies(h -> assertThat(h.pid()).isEqualTo(pid(holder)))
          .satisfies(h -> assertThat(h.application()).isEqualTo("a migration"))
          .satisfies(h -> assertThat(h.queryStart()).isPresent());
      assertThat(stalls.get(0).toString())
          .contains("waits for a lock", "\"a migration\"", "ending the session");
    }
  }

  @Test
  void whereTheServerDoesNotAnswerTheSocketIsClosed() throws Exception {
    server.silent = true;
    watch(StallPolicy.cancelAfter(TIMEOUT));
    try (Connection connection = activity.dataSource().getConnection()) {
      int pid = pid(connection);
      CompletableFuture<Void> waiting =
          CompletableFuture.runAsync(() -> query(connection, "SELECT pg_sleep(3600)"));
      awaitWait(connection, "Timeout");
      pass(1);
      pass(61);

      assertThatThrownBy(waiting::get)
          .satisfies(e -> assertThat(TransientSqlState.sqlStateOf(e)).contains("08006"));
      assertThat(stalls.get(0).sessions().get(0).verdict()).isEqualTo(Verdict.UNKNOWN);
      assertThat(stalls.get(0).action()).isEqualTo(Action.CANCELLED);
      end(pid);
    }
  }

  @Test
  void whereTheServersWordDoesNotGetThroughTheSocketIsClosedALittleLater() throws Exception {
    watch(StallPolicy.cancelAfter(TIMEOUT));
    try (Connection connection = activity.dataSource().getConnection()) {
      server.say(connection, "idle in transaction", "Client", "ClientRead");
      int pid = pid(connection);
      CompletableFuture<Void> waiting =
          CompletableFuture.runAsync(() -> query(connection, "SELECT pg_sleep(3600)"));
      awaitWait(connection, "Timeout");
      pass(1);
      pass(61);
      assertThat(ended.poll(30, TimeUnit.SECONDS)).isEqualTo(pid);
      pass(1);
      assertThat(waiting).isNotDone();
      pass(5);

      assertThatThrownBy(waiting::get)
          .satisfies(e -> assertThat(TransientSqlState.sqlStateOf(e)).contains("08006"));
      end(pid);
    }
  }

  @Test
  void aSessionThatTheServerDoesNotKnowIsADeadConnection() throws SQLException {
    watch(StallPolicy.reportAfter(TIMEOUT));
    try (Connection connection = activity.dataSource().getConnection()) {
      connection.unwrap(CopyProgress.class).callBegins(COPY);
      pass(1);
      pass(61);

      assertThat(stalls.get(0).sessions().get(0).verdict()).isEqualTo(Verdict.GONE);
    }
  }

  @Test
  void behindAPoolerThatHidesItsProcessesNothingIsSaidAboutThem() throws SQLException {
    server.hidden = true;
    watch(StallPolicy.reportAfter(TIMEOUT));
    try (Connection connection = activity.dataSource().getConnection()) {
      connection.unwrap(CopyProgress.class).callBegins(COPY);
      pass(1);
      pass(61);

      assertThat(stalls.get(0).sessions().get(0).verdict()).isEqualTo(Verdict.UNKNOWN);
    }
  }

  @Test
  void aSessionYoungerThanTheStallIsNotTheOneThatStalledAndLives() throws SQLException {
    watchForReal(StallPolicy.reportAfter(TIMEOUT));
    PgServerView view = new PgServerView(TestDatabase.dataSource(), Duration.ofSeconds(5));
    try (Connection connection = TestDatabase.dataSource().getConnection()) {
      assertThat(view.end(pid(connection), Duration.ofHours(1))).isFalse();
      assertThat(connection.isValid(5)).isTrue();
      assertThat(view.end(pid(connection), Duration.ZERO)).isTrue();
    }
  }

  private void watch(StallPolicy policy) {
    begin(policy, server);
  }

  private void watchForReal(StallPolicy policy) {
    PgServerView real = new PgServerView(TestDatabase.dataSource(), Duration.ofSeconds(5));
    begin(
        policy,
        new ServerView() {
          @Override
          public Optional<Map<Integer, ServerSession>> sessions(Collection<Integer> pids)
              throws SQLException {
            return real.sessions(pids);
          }

          @Override
          public boolean end(int pid, Duration olderThan) throws SQLException {
            // The test's minute is over in no time, and its sessions are as young.
            return real.end(pid, Duration.ZERO);
          }
        });
  }

  private void begin(StallPolicy policy, ServerView view) {
    watchdog = new Watchdog(TestDatabase.dataSource(), policy, stalls::add, view, () -> now);
    activity = watchdog.begin(CurrencyPair.of("eurusd"), MONTH, "beginning");
    activity.enter("writing reg_bqx_eurusd");
  }

  private void pass(long seconds) {
    now += TimeUnit.SECONDS.toNanos(seconds);
    watchdog.look();
  }

  private static void query(Connection connection, String sql) {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int pid(Connection connection) throws SQLException {
    return connection.unwrap(PGConnection.class).getBackendPID();
  }

  private static void end(int pid) throws SQLException {
    new PgServerView(TestDatabase.dataSource(), Duration.ofSeconds(5)).end(pid, Duration.ZERO);
  }

  private static void awaitWait(Connection connection, String type) throws SQLException {
    PgServerView view = new PgServerView(TestDatabase.dataSource(), Duration.ofSeconds(5));
    int pid = pid(connection);
    while (!view.sessions(List.of(pid))
        .orElseThrow()
        .get(pid)
        .waitType()
        .equals(Optional.of(type))) {
      Thread.onSpinWait();
    }
  }

  /** A server that says what a test wants it to. */
  private final class ScriptedServer implements ServerView {

    private final Map<Integer, ServerSession> sessions = new HashMap<>();
    private boolean silent;
    private boolean hidden;

    void say(Connection connection, String state, String waitType, String waitEvent)
        throws SQLException {
      sessions.put(
          pid(connection),
          new ServerSession(
              state,
              Optional.ofNullable(waitType),
              Optional.ofNullable(waitEvent),
              Optional.empty(),
              List.of()));
    }

    @Override
    public Optional<Map<Integer, ServerSession>> sessions(Collection<Integer> pids)
        throws SQLException {
      if (silent) {
        throw new SQLException("No answer", "08006");
      }
      return hidden ? Optional.empty() : Optional.of(Map.copyOf(sessions));
    }

    @Override
    public boolean end(int pid, Duration olderThan) {
      ended.add(pid);
      return true;
    }
  }
}
