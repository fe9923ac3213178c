package io.bqx.core.ledger;

import static io.bqx.core.ledger.LedgerFixture.JULY;
import static io.bqx.core.ledger.LedgerFixture.LEASE;
import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.retry.TransientSqlState;
import io.bqx.core.testing.TestDatabase;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HeartbeatTest {

  private final LedgerFixture f = new LedgerFixture();
  private final ManualScheduler scheduler = new ManualScheduler();
  private final Sessions sessions = new Sessions();
  private final List<ClaimLostException> losses = new ArrayList<>();

  @AfterEach
  void dropSchema() throws SQLException {
    sessions.closeAll();
    f.close();
  }

  @Test
  void renewsAtOnceAndThenEveryThirdOfTheLeaseOnTheSameConnection() {
    heartbeat(f.claimJuly("one"));

    for (int beat = 0; beat < 7; beat++) {
      f.sql
          .update(f.tables.claims.table)
          .set(f.tables.claims.leaseUntil, f.ledger.databaseTime().plusSeconds(30))
          .execute();
      scheduler.advance(beat == 0 ? Duration.ZERO : LEASE.dividedBy(3));
      assertThat(f.leaseEndOf(JULY)).isAfter(f.ledger.databaseTime().plusSeconds(60));
    }

    assertThat(losses).isEmpty();
    assertThat(sessions.opened).hasSize(1);
  }

  @Test
  void saysOnceThatAnotherWorkerHasTheMonth() throws SQLException {
    heartbeat(f.claimJuly("slow"));
    scheduler.advance(Duration.ZERO);
    f.letTheLeaseEnd(JULY);
    f.claimJuly("heir");
    Instant end = f.leaseEndOf(JULY);

    scheduler.advance(LEASE.multipliedBy(5));

    assertThat(losses)
        .singleElement()
        .extracting(Throwable::getMessage)
        .asString()
        .contains("slow has lost its claim on month 2024-07", "heir claimed the month");
    assertThat(f.leaseEndOf(JULY)).isEqualTo(end);
    assertThat(sessions.allClosed()).isTrue();
  }

  @Test
  void aBeatWhoseCommitTheNetworkLosesKeepsTheMonthForSecondsOnly() throws SQLException {
    Claim claim = f.claimJuly("cut off");
    List<Object> silence = new ArrayList<>();
    try (Connection session = TestDatabase.dataSource().getConnection()) {
      Connection observed =
          (Connection)
              Proxy.newProxyInstance(
                  Connection.class.getClassLoader(),
                  new Class<?>[] {Connection.class},
                  (proxy, method, arguments) -> {
                    if (method.getName().equals("commit")) {
                      silence.add(
                          DSL.using(session)
                              .fetchValue("SHOW idle_in_transaction_session_timeout"));
                    }
                    return method.invoke(session, arguments);
                  });

      assertThat(f.ledger.renew(observed, claim)).isEmpty();
    }

    assertThat(silence).containsExactly("10s");
  }

  @Test
  void comesBackOnANewConnectionAfterItsSessionWasKilled() throws SQLException {
    Heartbeat heartbeat = heartbeat(f.claimJuly("one"));
    scheduler.advance(Duration.ZERO);
    f.sql.select(DSL.function("pg_terminate_backend", Boolean.class, DSL.val(pidOfLast()))).fetch();
    Instant end = f.leaseEndOf(JULY);

    scheduler.advance(LEASE.dividedBy(3));
    assertThat(f.leaseEndOf(JULY)).isEqualTo(end);
    scheduler.advance(LEASE.dividedBy(12));

    assertThat(f.leaseEndOf(JULY)).isAfter(end);
    assertThat(losses).isEmpty();
    assertThat(sessions.opened).hasSize(2);
    heartbeat.close();
    assertThat(sessions.allClosed()).isTrue();
  }

  @Test
  void saysSoWhenTheLeaseCouldNotBeRenewedUntilItsEnd() throws SQLException {
    heartbeat(f.claimJuly("cut off"));
    scheduler.advance(Duration.ZERO);
    sessions.refuse = true;
    sessions.breakAll();

    scheduler.advance(LEASE.minusSeconds(1));
    assertThat(losses).isEmpty();
    scheduler.advance(LEASE.multipliedBy(3));

    assertThat(losses)
        .singleElement()
        .satisfies(
            loss -> {
              assertThat(loss)
                  .hasMessageContaining("cut off has lost its claim on month 2024-07")
                  .hasMessageContaining("PT1H")
                  .hasMessageContaining("refused by the test");
              assertThat(TransientSqlState.isTransient(loss)).isFalse();
            });
  }

  @Test
  void aShortFailureIsNotALoss() throws SQLException {
    heartbeat(f.claimJuly("one"));
    scheduler.advance(Duration.ZERO);
    sessions.refuse = true;
    sessions.breakAll();
    scheduler.advance(LEASE.dividedBy(2));
    sessions.refuse = false;

    scheduler.advance(LEASE.multipliedBy(4));

    assertThat(losses).isEmpty();
  }

  @Test
  void noAnswerIsAwaitedLongerThanAThirdOfTheLeaseAndTheTimeoutIsPutBack() {
    Heartbeat heartbeat = heartbeat(f.claimJuly("one"));
    scheduler.advance(Duration.ZERO);
    heartbeat.close();

    assertThat(sessions.networkTimeouts).containsExactly((int) LEASE.dividedBy(3).toMillis(), 0);
  }

  @Test
  void afterCloseNothingIsRenewedAndAReleaseIsNotALoss() throws SQLException {
    Claim claim = f.claimJuly("one");
    Heartbeat heartbeat = heartbeat(claim);
    scheduler.advance(Duration.ZERO);

    heartbeat.close();
    heartbeat.close();
    f.ledger.release(claim, MonthState.DONE);
    scheduler.advance(LEASE.multipliedBy(3));

    assertThat(losses).isEmpty();
    assertThat(sessions.opened).hasSize(1);
    assertThat(sessions.allClosed()).isTrue();
    assertThat(scheduler.isShutdown()).isTrue();
  }

  @Test
  void aListenerThatFailsOrClosesTheHeartbeatDoesNoHarm() throws SQLException {
    Claim claim = f.claimJuly("one");
    List<Heartbeat> self = new ArrayList<>();
    self.add(
        new Heartbeat(
            ledger(),
            claim,
            loss -> {
              losses.add(loss);
              self.get(0).close();
              throw new IllegalStateException("listener");
            },
            scheduler,
            scheduler::nanoTime));
    f.letTheLeaseEnd(JULY);

    scheduler.advance(LEASE);

    assertThat(losses).hasSize(1);
    assertThat(sessions.allClosed()).isTrue();
  }

  @Test
  void itsOwnThreadNoticesTheLoss() throws Exception {
    Ledger impatient =
        new Ledger(TestDatabase.dataSource(), f.schema.name(), Duration.ofSeconds(3));
    Claim claim = impatient.claim(f.run, "one", List.of(JULY)).orElseThrow();
    CompletableFuture<ClaimLostException> lost = new CompletableFuture<>();
    CompletableFuture<Thread> thread = new CompletableFuture<>();

    try (Heartbeat heartbeat =
        Heartbeat.start(
            impatient,
            claim,
            loss -> {
              thread.complete(Thread.currentThread());
              lost.complete(loss);
            })) {
      assertThat(heartbeat).isNotNull();
      f.sql.update(f.tables.claims.table).set(f.tables.claims.token, UUID.randomUUID()).execute();

      assertThat(lost.get(30, TimeUnit.SECONDS)).hasMessageContaining("2024-07");
      assertThat(thread.get().isDaemon()).isTrue();
    }
  }

  private Heartbeat heartbeat(Claim claim) {
    return new Heartbeat(ledger(), claim, losses::add, scheduler, scheduler::nanoTime);
  }

  private Ledger ledger() {
    return new Ledger(sessions.dataSource(), f.schema.name(), LEASE);
  }

  private int pidOfLast() throws SQLException {
    Connection last = sessions.opened.get(sessions.opened.size() - 1);
    return DSL.using(last)
        .select(DSL.function("pg_backend_pid", Integer.class))
        .fetchSingle()
        .value1();
  }

  /** A data source that keeps the sessions it opened and opens none on demand. */
  private static final class Sessions {

    private final List<Connection> opened = new ArrayList<>();
    private final List<Integer> networkTimeouts = new ArrayList<>();
    private boolean refuse;

    DataSource dataSource() {
      DataSource real = TestDatabase.dataSource();
      return proxy(
          DataSource.class,
          (method, args) -> {
            if (refuse) {
              throw new SQLException("refused by the test", "08001");
            }
            Connection connection = (Connection) method.invoke(real, args);
            opened.add(connection);
            return watched(connection);
          });
    }

    private Connection watched(Connection connection) {
      return proxy(
          Connection.class,
          (method, args) -> {
            if (method.getName().equals("setNetworkTimeout")) {
              networkTimeouts.add((Integer) args[1]);
            }
            return method.invoke(connection, args);
          });
    }

    void breakAll() throws SQLException {
      for (Connection connection : opened) {
        connection.abort(Runnable::run);
      }
    }

    boolean allClosed() throws SQLException {
      for (Connection connection : opened) {
        if (!connection.isClosed()) {
          return false;
        }
      }
      return true;
    }

    void closeAll() throws SQLException {
      for (Connection connection : opened) {
        connection.close();
      }
    }

    private interface Answer {
      Object to(Method method, Object[] args) throws SQLException, ReflectiveOperationException;
    }

    private static <T> T proxy(Class<T> type, Answer answer) {
      return type.cast(
          Proxy.newProxyInstance(
              type.getClassLoader(),
              new Class<?>[] {type},
              (self, method, args) -> {
                try {
                  return answer.to(method, args);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              }));
    }
  }
}
