package io.bqx.core.rewrite;

import static io.bqx.core.rewrite.RewriteFixture.COLUMNS;
import static io.bqx.core.rewrite.RewriteFixture.IMPATIENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.testing.TestDatabase;
import io.bqx.features.FeatureColumn;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What happens while somebody else holds a lock. */
@Timeout(120)
class LockedSwapTest {

  private final RewriteFixture fixture = new RewriteFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private static Connection session(String application) throws SQLException {
    Connection connection = TestDatabase.dataSource().getConnection();
    connection.setClientInfo("ApplicationName", application);
    return connection;
  }

  private static void run(Connection connection, String sql) {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  private static int pid(Connection connection) throws SQLException {
    return connection.unwrap(org.postgresql.PGConnection.class).getBackendPID();
  }

  @Test
  void aLongReaderIsNamedAfterBoundedTriesAndTheOldPartitionIsUnchanged() throws SQLException {
    fixture.write(10, 1);
    StagedPartition staged = fixture.stage(20, 2);
    AtomicInteger tries = new AtomicInteger();
    try (Connection reader = session("nightly report")) {
      reader.setAutoCommit(false);
      run(reader, "select count(*) from " + fixture.table.table());
      assertThatThrownBy(
              () -> fixture.rewriter(IMPATIENT).swap(staged, tx -> tries.incrementAndGet()))
          .isInstanceOf(BqxException.class)
          .hasMessageStartingWith("Cannot swap " + fixture.schema() + ".reg_bqx_eurusd 2024-07")
          .hasMessageContainingAll(
              "3 tries of 20 ms",
              "process " + pid(reader),
              "\"nightly report\"",
              "idle in transaction",
              "query started 2",
              "The old partition is unchanged",
              "lockTimeout")
          .satisfies(e -> assertThat(SqlState.of(e)).isEqualTo("55P03"));
      assertThat(tries).hasValue(3);
      assertThat(fixture.marks()).containsExactly(1.0);
      reader.rollback();
    }
    fixture.rewriter(IMPATIENT).swap(staged, tx -> {});
    assertThat(fixture.marks()).containsExactly(2.0);
  }

  @Test
  void aReaderThatEndsMeanwhileCostsOneTryMore() throws SQLException {
    fixture.write(10, 1);
    StagedPartition staged = fixture.stage(20, 2);
    try (Connection reader = session("short report")) {
      reader.setAutoCommit(false);
      run(reader, "select count(*) from " + fixture.table.table());
      AtomicInteger tries = new AtomicInteger();
      SwapReport report =
          fixture
              .rewriter(IMPATIENT)
              .swap(
                  staged,
                  tx -> {
                    if (tries.incrementAndGet() == 2) {
                      run(reader, "commit");
                    }
                  });
      assertThat(report.tries()).isEqualTo(2);
      assertThat(report.waited()).isGreaterThan(Duration.ofMillis(20));
    }
    assertThat(fixture.marks()).containsExactly(2.0);
  }

  @Test
  void aNewMonthIsAttachedWhileSomebodyReadsTheTable() throws SQLException {
    fixture.write(10, 1);
    StagedPartition staged =
        fixture.rewriter.stage(
            fixture.august, UUID.randomUUID(), TestRows.of(COLUMNS, fixture.august.from(), 10, 3));
    try (Connection reader = session("long report")) {
      reader.setAutoCommit(false);
      run(reader, "select count(*) from " + fixture.table.table());
      assertThat(fixture.rewriter(IMPATIENT).swap(staged, tx -> {}).tries()).isEqualTo(1);
    }
    assertThat(fixture.marks()).containsExactly(1.0, 3.0);
  }

  @Test
  void otherMonthsAreSwappedWhileRowsOfThisOneAreStillWritten() {
    fixture.write(10, 1);
    StagedPartition august =
        fixture.rewriter.stage(
            fixture.august, UUID.randomUUID(), TestRows.of(COLUMNS, fixture.august.from(), 10, 2));
    fixture.rewriter.swap(august, tx -> {});
    StagedPartition newAugust =
        fixture.rewriter.stage(
            fixture.august, UUID.randomUUID(), TestRows.of(COLUMNS, fixture.august.from(), 10, 3));
    TestRows july = TestRows.of(COLUMNS, fixture.july.from(), 10, 4);
    PartitionRows swappingMeanwhile =
        new PartitionRows() {
          @Override
          public List<FeatureColumn> columns() {
            return COLUMNS;
          }

          @Override
          public long writeTo(RowSink sink) throws SQLException {
            long rows = july.writeTo(sink);
            assertThat(fixture.rewriter(IMPATIENT).swap(newAugust, tx -> {}).tries()).isEqualTo(1);
            return rows;
          }
        };
    fixture.rewriter.swap(
        fixture.rewriter.stage(fixture.july, UUID.randomUUID(), swappingMeanwhile), tx -> {});
    assertThat(fixture.marks()).containsExactly(3.0, 4.0);
  }

  @Test
  void aRunningVacuumIsNamedAndReadersAreLetThroughBetweenTheTries() throws Exception {
    fixture.write(2000, 1);
    StagedPartition staged = fixture.stage(20, 2);
    try (Connection vacuum = session("nightly vacuum")) {
      run(vacuum, "set vacuum_cost_delay = 100");
      run(vacuum, "set vacuum_cost_limit = 1");
      int pid = pid(vacuum);
      CompletableFuture<Void> running =
          CompletableFuture.runAsync(
              () -> run(vacuum, "vacuum (disable_page_skipping) " + fixture.july.table()));
      while (fixture
          .sql
          .fetch("select 1 from pg_stat_progress_vacuum where pid = " + pid)
          .isEmpty()) {
        assertThat(running).isNotCompletedExceptionally();
      }
      assertThatThrownBy(() -> fixture.rewriter(IMPATIENT).swap(staged, tx -> {}))
          .isInstanceOf(BqxException.class)
          .hasMessageContainingAll("process " + pid, "\"nightly vacuum\"", "active");
      assertThat(fixture.marks()).containsExactly(1.0);
      fixture.sql.execute("select pg_cancel_backend(" + pid + ")");
      assertThatThrownBy(running::join).hasRootCauseInstanceOf(SQLException.class);
    }
    fixture.rewriter(IMPATIENT).swap(staged, tx -> {});
    assertThat(fixture.marks()).containsExactly(2.0);
  }

  @Test
  void aDeadlockWithAReaderIsTriedAgain() throws Exception {
    fixture.write(10, 1);
    StagedPartition staged = fixture.stage(20, 2);
    try (Connection reader = session("crossing reader")) {
      run(reader, "set deadlock_timeout = '1min'");
      reader.setAutoCommit(false);
      run(reader, "select count(*) from " + fixture.july.table());
      AtomicInteger tries = new AtomicInteger();
      CompletableFuture<?>[] crossing = new CompletableFuture<?>[1];
      SwapPolicy patient = new SwapPolicy(Duration.ofSeconds(20), 5, Duration.ofMillis(1));
      SwapReport report =
          fixture
              .rewriter(patient)
              .swap(
                  staged,
                  tx -> {
                    if (tries.incrementAndGet() == 1) {
                      int swapper = tx.fetchSingle("select pg_backend_pid()").get(0, Integer.class);
                      crossing[0] =
                          CompletableFuture.runAsync(() -> readParentOnceLockedBy(swapper, reader));
                    }
                  });
      crossing[0].join();
      assertThat(report.tries()).isEqualTo(2);
    }
    assertThat(fixture.marks()).containsExactly(2.0);
  }

  private void readParentOnceLockedBy(int swapper, Connection reader) {
    String locked =
        "select 1 from pg_locks where granted and mode = 'AccessExclusiveLock' and pid = %d and relation = '%s'::regclass"
            .formatted(swapper, fixture.table.table());
    while (fixture.sql.fetch(locked).isEmpty()) {
      Thread.onSpinWait();
    }
    run(reader, "select count(*) from " + fixture.table.table());
    run(reader, "commit");
  }

  @Test
  void anInterruptedWaitEndsWithTheFlagSet() throws SQLException {
    fixture.write(10, 1);
    StagedPartition staged = fixture.stage(20, 2);
    SwapPolicy endless = new SwapPolicy(Duration.ofMillis(1), 1000, Duration.ofMinutes(1));
    try (Connection reader = session("long report")) {
      reader.setAutoCommit(false);
      run(reader, "select count(*) from " + fixture.table.table());
      assertThatThrownBy(
              () ->
                  fixture.rewriter(endless).swap(staged, tx -> Thread.currentThread().interrupt()))
          .isInstanceOf(BqxException.class)
          .hasMessageContaining("Interrupted");
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(fixture.marks()).containsExactly(1.0);
  }

  @Test
  void theServerStartsNoParallelWorkers() {
    fixture.parents.ensure(fixture.table, COLUMNS);
    List<String> settings = new ArrayList<>();

    fixture.rewriter.swap(
        fixture.stage(10, 1),
        tx ->
            settings.addAll(
                tx.fetch(
                        "select setting from pg_settings where name in"
                            + " ('max_parallel_workers_per_gather', 'max_parallel_maintenance_workers')")
                    .getValues(0, String.class)));

    assertThat(settings).containsExactly("0", "0");
  }

  @Test
  void settingsOfTheSwapDoNotStayInTheSession() throws SQLException {
    fixture.parents.ensure(fixture.table, COLUMNS);
    try (Connection only = TestDatabase.dataSource().getConnection()) {
      var pool =
          Proxies.dataSource(
              TestDatabase.dataSource(),
              fresh -> {
                fresh.close();
                return Proxies.ignoring(only, "close");
              });
      new ParentSchema(pool, IMPATIENT).ensure(fixture.table, COLUMNS);
      PartitionRewriter rewriter = new PartitionRewriter(pool, fixture.schema(), IMPATIENT);
      rewriter.swap(
          rewriter.stage(
              fixture.july, UUID.randomUUID(), TestRows.of(COLUMNS, fixture.july.from(), 10, 1)),
          tx -> {});
      var changed =
          org.jooq
              .impl
              .DSL
              .using(only)
              .fetch("select name from pg_settings where source = 'session'")
              .getValues(0, String.class);
      assertThat(changed)
          .doesNotContain(
              "lock_timeout",
              "statement_timeout",
              "default_tablespace",
              "default_statistics_target",
              "transaction_isolation",
              "idle_in_transaction_session_timeout",
              "max_parallel_workers_per_gather",
              "max_parallel_maintenance_workers");
      assertThatCode(only::getAutoCommit).doesNotThrowAnyException();
      assertThat(only.getAutoCommit()).isTrue();
    }
  }
}
