package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.retry.Retries;
import io.bqx.core.run.ObservedDatabase.Observer;
import io.bqx.core.testing.TestDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The server ends sessions of a run; the run goes on by itself, and the result is that of an
 * undisturbed run, checksum by checksum.
 */
class TerminatedBackendTest {

  private static final String APPLICATION = "bqx-terminated-backend-test";

  private final SmallMarket market = SmallMarket.create("terminated");
  private final DSLContext administrator =
      DSL.using(TestDatabase.dataSource(), SQLDialect.POSTGRES);

  @AfterEach
  void drop() {
    market.close();
  }

  @Test
  void aRunGoesOnWhenTheSessionOfEachOfItsStepsIsEnded() {
    Moments moments =
        new Moments(
            "before insert into .*ledger_runs",
            "before commit of insert into .*ledger_runs",
            "after create .*baseline_rates",
            "before commit of update .*ledger_claims.*\"claimed\" = ",
            "before update .*ledger_claims\" set \"heartbeat\" = ",
            "before select .*ledger_claims.*\"finished_request_crc\"",
            "copy-out .*\"m1_eurusd\"",
            "before create unique index",
            "copy-in .*reg_rate",
            "copy-in .*reg_bqx",
            "before insert into .*ledger_partitions",
            "after lock table only",
            "after alter table .* attach partition",
            "before commit of alter table .* drop constraint",
            "before update .*ledger_claims.*\"finished\" = ",
            "before update .*ledger_runs.*\"finished\" = ");

    RunReport report =
        run(
            moments.count() + 1,
            (event, connection) -> {
              if (moments.isNow(event)) {
                end(connection.unwrap(PGConnection.class).getBackendPID());
              }
            });

    assertThat(moments.left()).isEmpty();
    assertThat(report.outcomes()).anyMatch(o -> o.retries() > 0);
    assertComplete(report);
  }

  @Test
  void aRunGoesOnWhenItsSessionsAreEndedAtRandom() {
    int most = 10;
    AtomicInteger ended = new AtomicInteger();
    Random random = new Random();

    RunReport report =
        run(
            most + 1,
            (event, connection) -> {
              synchronized (random) {
                if (ended.get() < most && random.nextInt(100) == 0) {
                  ended.addAndGet(endAnySession());
                }
              }
            });

    assertThat(ended).hasPositiveValue();
    assertComplete(report);
  }

  @Test
  void aRunGoesOnWhenTheAnswerToACommitIsLost() {
    Moments moments =
        new Moments(
            "after commit of insert into .*ledger_runs",
            "after commit of update .*ledger_claims.*\"claimed\" = ",
            "after commit of alter table .* drop constraint",
            "after commit of update .*ledger_claims.*\"finished\" = ",
            "after commit of update .*ledger_runs.*\"finished\" = ");

    RunReport report =
        run(
            moments.count() + 1,
            (event, connection) -> {
              if (moments.isNow(event)) {
                throw new SQLException("The answer was lost", "08006");
              }
            });

    assertThat(moments.left()).isEmpty();
    assertComplete(report);
  }

  @Test
  void aRunGoesOnWhenTheServerEndsASwapThatFellSilent() {
    Moments moments = new Moments("after lock table only");
    List<String> limits = new ArrayList<>();

    RunReport report =
        run(
            3,
            (event, connection) -> {
              if (moments.isNow(event)) {
                DSLContext silent = DSL.using(connection, SQLDialect.POSTGRES);
                limits.add(
                    silent.fetchValue("SHOW idle_in_transaction_session_timeout").toString());
                silent.execute("SET LOCAL idle_in_transaction_session_timeout = 10");
                awaitEnd(connection.unwrap(PGConnection.class).getBackendPID());
              }
            });

    assertThat(limits).containsExactly("10s");
    assertThat(report.outcomes()).anyMatch(o -> o.retries() > 0);
    assertComplete(report);
  }

  private void awaitEnd(int pid) {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (administrator.fetchExists(
        DSL.table("pg_stat_activity"), DSL.condition("pid = {0}", DSL.val(pid)))) {
      assertThat(System.nanoTime()).isLessThan(end);
    }
  }

  private RunReport run(int attempts, Observer observer) {
    PGSimpleDataSource sessions = (PGSimpleDataSource) TestDatabase.dataSource();
    sessions.setApplicationName(APPLICATION);
    Retries quick = Retries.of(attempts, Duration.ofMillis(10), Duration.ofMillis(50));
    JobSettings settings = market.job(ObservedDatabase.of(sessions, observer)).settings();
    return Runner.run(settings, quick, new Cancellation(), "test");
  }

  private void assertComplete(RunReport report) {
    assertThat(report.failures()).isEmpty();
    assertThat(report.exitCode()).isZero();
    assertThat(market.checksums()).isEqualTo(SmallMarket.undisturbed(SmallMarket.COST));
    assertThat(market.leftovers()).isEmpty();
    assertThat(market.ledger().claims()).isEmpty();
    assertThat(market.job().plan().due()).isEmpty();
  }

  private void end(int pid) {
    assertThat(administrator.fetchValue("SELECT pg_terminate_backend({0}, 10000)", DSL.val(pid)))
        .isEqualTo(true);
  }

  /** Returns how many sessions it has ended: one or none. */
  private int endAnySession() {
    return administrator
        .fetch(
            "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"
                + " WHERE application_name = {0} ORDER BY random() LIMIT 1) s",
            DSL.val(APPLICATION))
        .size();
  }

  /** Patterns of events, each for its first occurrence. */
  private static final class Moments {

    private final List<Pattern> left = new ArrayList<>();
    private final int count;

    Moments(String... events) {
      for (String event : events) {
        left.add(Pattern.compile(event));
      }
      count = events.length;
    }

    int count() {
      return count;
    }

    synchronized boolean isNow(String event) {
      for (Pattern moment : left) {
        if (moment.matcher(event).find()) {
          return left.remove(moment);
        }
      }
      return false;
    }

    synchronized List<String> left() {
      return left.stream().map(Pattern::pattern).toList();
    }
  }
}
