package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.Scope;
import io.bqx.core.retry.Retries;
import io.bqx.core.rewrite.SwapPolicy;
import io.bqx.core.testing.TcpProxy;
import io.bqx.core.testing.TestDatabase;
import io.bqx.core.watch.Stall;
import io.bqx.core.watch.Stall.Action;
import io.bqx.core.watch.StallPolicy;
import io.bqx.core.watch.StalledSession.Verdict;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Something makes a run wait without end; the watchdog says what, ends it, and the result is that
 * of an undisturbed run.
 */
@Timeout(120)
class StalledRunTest {

  private static final Duration TIMEOUT = Duration.ofMillis(400);

  private final SmallMarket market = SmallMarket.create("stalled");
  private final List<Stall> stalls = new CopyOnWriteArrayList<>();

  @AfterEach
  void drop() {
    market.close();
  }

  @Test
  void aReadOfBarsThatSomebodyLocksIsEndedAndTriedAgainNamingWhoItWas() throws SQLException {
    readBarsThatSomebodyLocks(TestDatabase.dataSource());
    assertThat(stalls)
        .anySatisfy(stall -> assertThat(stall.toString()).contains("a migration", "idle in"));
  }

  /** Whose login is another one than the role that the tables belong to. */
  @Test
  void aSessionThatActsAsTheOwnerIsSeenAndEndedByItsLogin() throws SQLException {
    String owner = market.schema() + "_owner";
    String writer = market.schema() + "_writer";
    PGSimpleDataSource sessions = (PGSimpleDataSource) TestDatabase.dataSource();
    sessions.setUser(writer);
    sessions.setPassword("of a test");
    market.sql().execute("CREATE ROLE " + owner);
    market.sql().execute("CREATE ROLE " + writer + " LOGIN PASSWORD 'of a test' IN ROLE " + owner);
    try {
      market.sql().execute("ALTER ROLE " + writer + " SET role = " + owner);
      market.sql().execute("ALTER SCHEMA " + market.schema() + " OWNER TO " + owner);
      market
          .sql()
          .fetch(
              "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = {0}::regnamespace AND"
                  + " relkind IN ('r', 'p')",
              DSL.val(market.schema()))
          .getValues(0, String.class)
          .forEach(table -> market.sql().execute("ALTER TABLE " + table + " OWNER TO " + owner));

      readBarsThatSomebodyLocks(sessions);

      assertThat(
              market
                  .sql()
                  .fetch(
                      "SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relnamespace ="
                          + " {0}::regnamespace",
                      DSL.val(market.schema()))
                  .getValues(0, String.class))
          .containsExactly(owner);
    } finally {
      market.close();
      market.sql().execute("DROP OWNED BY " + writer + ", " + owner);
      market.sql().execute("DROP ROLE " + writer + ", " + owner);
    }
  }

  private void readBarsThatSomebodyLocks(DataSource sessions) throws SQLException {
    int pid;
    PGSimpleDataSource migration = (PGSimpleDataSource) TestDatabase.dataSource();
    migration.setApplicationName("a migration");
    try (Connection holder = migration.getConnection()) {
      holder.setAutoCommit(false);
      pid = holder.unwrap(PGConnection.class).getBackendPID();
      try (Statement statement = holder.createStatement()) {
        statement.execute(
            "ALTER TABLE %s.m1_usdjpy ADD COLUMN spread float8".formatted(market.schema()));
      }

      RunReport report =
          run(
              SmallMarket.bareJob(sessions, market.schema())
                  .months(SmallMarket.FIRST, SmallMarket.LAST)
                  .swapPolicy(new SwapPolicy(Duration.ofMinutes(5), 100, Duration.ofMillis(20))),
              stall -> {
                if (stall.action() == Action.CANCELLED) {
                  rollback(holder);
                }
              });

      assertComplete(report);
    }
    assertThat(stalls)
        .anySatisfy(
            stall -> {
              assertThat(stall.action()).isEqualTo(Action.CANCELLED);
              assertThat(stall.toString())
                  .contains("reading its bars", "process " + pid, "m1_usdjpy");
              assertThat(stall.sessions().get(0).verdict()).isEqualTo(Verdict.BLOCKED);
            });
  }

  @Test
  void aCopyWhoseNetworkFallsSilentIsEndedAndItsPartitionTriedAgain() throws IOException {
    try (TcpProxy proxy = TcpProxy.start()) {
      AtomicBoolean silenced = new AtomicBoolean();

      RunReport report =
          run(
              market.job(
                  ObservedDatabase.of(
                      proxy.dataSource(),
                      (event, connection) -> {
                        if (event.startsWith("copy-in")
                            && event.contains("reg_bqx_eurusd")
                            && silenced.compareAndSet(false, true)) {
                          proxy.link(connection).silence();
                        }
                      })),
              stall -> {});

      assertThat(silenced).isTrue();
      assertComplete(report);
      assertThat(report.outcomes())
          .anyMatch(o -> o.retries() > 0 && o.scope().equals(Scope.named("eurusd")));
    }
    assertThat(stalls)
        .anySatisfy(
            stall ->
                assertThat(stall.toString())
                    .contains("writing reg_bqx_eurusd", "the network has lost", "COPY "));
  }

  private interface OnStall {
    void stalled(Stall stall);
  }

  private RunReport run(Phase2 job, OnStall also) {
    RunListener listener =
        new RunListener() {
          @Override
          public void stalled(Stall stall) {
            stalls.add(stall);
            also.stalled(stall);
          }
        };
    JobSettings settings =
        job.listener(listener).stallPolicy(StallPolicy.cancelAfter(TIMEOUT)).settings();
    Retries quick = Retries.of(6, Duration.ofMillis(10), Duration.ofMillis(50));
    return Runner.run(settings, quick, new Cancellation(), "test");
  }

  private void assertComplete(RunReport report) {
    assertThat(report.failures()).isEmpty();
    assertThat(report.exitCode()).isZero();
    assertThat(market.checksums()).isEqualTo(SmallMarket.undisturbed(SmallMarket.COST));
    assertThat(market.leftovers()).isEmpty();
    assertThat(market.ledger().claims()).isEmpty();
  }

  private static void rollback(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
