package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.rewrite.LockWait;
import io.bqx.core.rewrite.SwapPolicy;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.testing.TestDatabase;
import io.bqx.features.CurrencyPair;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.YearMonth;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/** Somebody keeps a lock on a table that is to be read or rewritten. */
class LockWaitTest {

  private static final YearMonth MONTH = YearMonth.of(2024, 9);
  private static final String READER = "the reader of LockWaitTest";
  private static final double NEW_COST = 0.005;

  private final SmallMarket market = SmallMarket.create("locked");

  @BeforeEach
  void fill() {
    assertThat(market.job(MONTH, MONTH).run().exitCode()).isZero();
  }

  @AfterEach
  void drop() {
    market.close();
  }

  @Test
  void onlyThatPartitionFailsAndTheNextRunDoesIt() throws SQLException {
    String before = content();
    RunReport report;
    int pid;
    try (Connection reader = openReader()) {
      pid = read(reader, "reg_bqx_usdjpy");
      report = job(new SwapPolicy(Duration.ofMillis(50), 4, Duration.ofMillis(10))).run();
    }

    assertThat(report.exitCode()).isEqualTo(1);
    assertThat(report.counts())
        .containsOnly(Map.entry(State.DONE, 2L), Map.entry(State.FAILED, 1L));
    PartitionOutcome failure = report.failures().get(0);
    assertThat(failure.scope().name()).isEqualTo("usdjpy");
    assertThat(failure.message().orElseThrow())
        .contains("reg_bqx_usdjpy", "4 tries of 50 ms", "process " + pid, READER)
        .containsPattern("query started \\d{4}-\\d\\d-\\d\\dT");
    assertThat(failure.retries()).isZero();
    assertThat(failure.elapsed()).isLessThan(Duration.ofSeconds(30));
    assertThat(entry("usdjpy").error()).isEqualTo(failure.message());
    assertThat(content()).isEqualTo(before);
    assertThat(market.leftovers()).isEmpty();

    RunReport second = job(SmallMarket.patient()).run();

    assertThat(second.exitCode()).isZero();
    assertThat(second.counts())
        .containsOnly(Map.entry(State.DONE, 1L), Map.entry(State.UP_TO_DATE, 2L));
    assertThat(content()).isNotEqualTo(before);
  }

  @Test
  void tablesOfAFailedPartitionThatAreInPlaceAreNotDoneAgain() throws SQLException {
    market.sql().execute("UPDATE %s.m1_usdjpy SET close = close * 1.01".formatted(market.schema()));
    try (Connection reader = openReader()) {
      read(reader, "reg_bqx_usdjpy");
      Phase2 impatient =
          SmallMarket.bareJob(TestDatabase.dataSource(), market.schema())
              .months(MONTH, MONTH)
              .stages("1.5", "2.11", "2.12", "2.14")
              .swapPolicy(new SwapPolicy(Duration.ofMillis(50), 2, Duration.ofMillis(10)));
      assertThat(impatient.run().failures()).hasSize(1);
    }

    RunReport second = market.job(MONTH, MONTH).stages("1.5", "2.11", "2.12", "2.14").run();

    assertThat(second.outcomes())
        .filteredOn(o -> o.state() == State.DONE)
        .singleElement()
        .satisfies(o -> assertThat(o.stages()).containsExactly("2.12", "2.14"));
  }

  @Test
  void aReaderThatEndsInTimeOnlyDelaysTheRun() throws Exception {
    try (Connection reader = openReader()) {
      int pid = read(reader, "reg_bqx_usdjpy");
      Run run = job(new SwapPolicy(Duration.ofSeconds(5), 20, Duration.ofMillis(10))).start();
      awaitBlockedBy(pid);
      reader.rollback();

      assertThat(run.await().exitCode()).isZero();
    }
  }

  @Test
  void whileItWaitsTheListenerHearsWhomItWaitsFor() throws SQLException {
    List<LockWait> waits = new CopyOnWriteArrayList<>();
    List<String> reasons = new CopyOnWriteArrayList<>();
    try (Connection reader = openReader()) {
      int pid = read(reader, "reg_bqx_usdjpy");

      RunReport report =
          job(SmallMarket.patient())
              .listener(
                  new RunListener() {
                    @Override
                    public void waitingForLock(
                        Optional<CurrencyPair> pair, YearMonth month, LockWait wait) {
                      assertThat(pair).contains(CurrencyPair.of("usdjpy"));
                      assertThat(month).isEqualTo(MONTH);
                      waits.add(wait);
                    }

                    @Override
                    public void waiting(String reason) {
                      reasons.add(reason);
                      rollback(reader);
                    }
                  })
              .run();

      assertThat(report.exitCode()).isZero();
      assertThat(waits)
          .first()
          .satisfies(w -> assertThat(w.action()).isEqualTo("swap"))
          .satisfies(w -> assertThat(w.onWhat()).contains("reg_bqx_usdjpy 2024-09"))
          .satisfies(w -> assertThat(w.tries()).isEqualTo(1))
          .satisfies(
              w ->
                  assertThat(w.holders())
                      .singleElement()
                      .satisfies(h -> assertThat(h.pid()).isEqualTo(pid))
                      .satisfies(h -> assertThat(h.application()).isEqualTo(READER))
                      .satisfies(h -> assertThat(h.queryStart()).isPresent()));
      assertThat(reasons.get(0))
          .contains("usdjpy 2024-09 waits for a lock to swap", "process " + pid, READER);
    }
  }

  @Test
  void aLongTransactionOnTheParentIsNamedAndTheRunGoesOnAfterIt() throws SQLException {
    List<String> reasons = new CopyOnWriteArrayList<>();
    try (Connection analysis = openReader()) {
      execute(analysis, "LOCK TABLE ONLY %s.reg_bqx_usdjpy IN SHARE UPDATE EXCLUSIVE MODE");

      RunReport report =
          job(SmallMarket.patient())
              .listener(
                  new RunListener() {
                    @Override
                    public void waiting(String reason) {
                      reasons.add(reason);
                      rollback(analysis);
                    }
                  })
              .run();

      assertThat(report.exitCode()).isZero();
    }
    assertThat(reasons.get(0)).contains("reg_bqx_usdjpy", READER, "idle in transaction");
  }

  @Test
  void anAlterOfThePartitionThatIsNotCommittedIsWaitedForOnlySoLong() throws SQLException {
    String before;
    RunReport report;
    int pid;
    try (Connection migration = openReader()) {
      before = content();
      pid =
          execute(
              migration,
              "ALTER TABLE %s.reg_bqx_usdjpy_2024_09 ALTER COLUMN w6_prediction SET DEFAULT 0");
      report = job(new SwapPolicy(Duration.ofMillis(50), 4, Duration.ofMillis(10))).run();
    }

    assertThat(report.counts())
        .containsOnly(Map.entry(State.DONE, 2L), Map.entry(State.FAILED, 1L));
    assertThat(report.failures().get(0).message().orElseThrow())
        .contains("Cannot read", "reg_bqx_usdjpy 2024-09", "4 tries of 50 ms", "process " + pid)
        .contains(READER)
        .containsPattern("query started \\d{4}-\\d\\d-\\d\\dT");
    assertThat(content()).isEqualTo(before);
    assertThat(market.leftovers()).isEmpty();
    assertThat(job(SmallMarket.patient()).run().exitCode()).isZero();
  }

  @Test
  void anAlterOfTheBarsThatIsNotCommittedIsWaitedForOnlySoLong() throws SQLException {
    RunReport report;
    int pid;
    try (Connection migration = openReader()) {
      pid = execute(migration, "ALTER TABLE %s.m1_usdjpy ADD COLUMN spread float8");
      report = job(new SwapPolicy(Duration.ofMillis(50), 4, Duration.ofMillis(10))).run();
    }

    assertThat(report.counts()).containsOnly(Map.entry(State.FAILED, 3L));
    assertThat(report.failures().get(0).message().orElseThrow())
        .contains("Cannot read", "m1_usdjpy", "4 tries of 50 ms", "process " + pid, READER);
    assertThat(job(SmallMarket.patient()).run().exitCode()).isZero();
  }

  @Test
  void anAlterThatWaitsItselfIsNamedBesideTheReaderThatItWaitsFor() throws Exception {
    try (Connection reader = openReader();
        Connection migration = openReader()) {
      int reading = read(reader, "reg_bqx_usdjpy");
      int altering = migration.unwrap(PGConnection.class).getBackendPID();
      CompletableFuture<Integer> alter =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return execute(
                      migration,
                      "ALTER TABLE %s.reg_bqx_usdjpy ALTER COLUMN w6_prediction SET DEFAULT 0");
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      awaitBlockedBy(reading);

      RunReport report = job(new SwapPolicy(Duration.ofMillis(50), 4, Duration.ofMillis(10))).run();

      assertThat(report.failures()).hasSize(1);
      assertThat(report.failures().get(0).message().orElseThrow())
          .contains("process " + reading, "process " + altering, "waiting for it too");
      assertThat(alter).isNotDone();
      market.sql().fetch("SELECT pg_cancel_backend({0})", DSL.val(altering));
      assertThatThrownBy(alter::join).hasRootCauseInstanceOf(SQLException.class);
    }
    assertThat(job(SmallMarket.patient()).run().exitCode()).isZero();
  }

  @Test
  void aVacuumThatFreezesThePartitionIsNamedAndTheRunGoesOnAfterIt() throws Exception {
    List<String> reasons = new CopyOnWriteArrayList<>();
    try (Connection vacuum = openReader()) {
      vacuum.setAutoCommit(true);
      execute(vacuum, "SET vacuum_cost_delay = 100");
      execute(vacuum, "SET vacuum_cost_limit = 1");
      int pid = vacuum.unwrap(PGConnection.class).getBackendPID();
      AtomicReference<CompletableFuture<Integer>> running = new AtomicReference<>();
      RunReport report =
          SmallMarket.bareJob(
                  ObservedDatabase.of(
                      TestDatabase.dataSource(),
                      (event, connection) -> {
                        if (event.startsWith("before lock table only")
                            && event.contains("reg_bqx_usdjpy")
                            && event.contains("exclusive")
                            && running.get() == null) {
                          running.set(startVacuum(vacuum));
                          awaitVacuum(pid, running.get());
                        }
                      }),
                  market.schema())
              .months(MONTH, MONTH)
              .cost(NEW_COST)
              .swapPolicy(SmallMarket.patient())
              .listener(
                  new RunListener() {
                    @Override
                    public void waiting(String reason) {
                      reasons.add(reason);
                      market.sql().fetch("SELECT pg_cancel_backend({0})", DSL.val(pid));
                    }
                  })
              .run();

      assertThat(report.exitCode()).isZero();
      assertThat(reasons.get(0)).contains("reg_bqx_usdjpy", "process " + pid, READER, "active");
      assertThatThrownBy(running.get()::join).hasRootCauseInstanceOf(SQLException.class);
    }
  }

  private CompletableFuture<Integer> startVacuum(Connection vacuum) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return execute(
                vacuum, "VACUUM (FREEZE, DISABLE_PAGE_SKIPPING) %s.reg_bqx_usdjpy_2024_09");
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private void awaitVacuum(int pid, CompletableFuture<Integer> running) {
    while (market
        .sql()
        .fetch("SELECT 1 FROM pg_stat_progress_vacuum WHERE pid = {0}", DSL.val(pid))
        .isEmpty()) {
      assertThat(running).isNotDone();
    }
  }

  /** Executes on the schema of the market and returns the number of the server's process. */
  private int execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql.formatted(market.schema()));
    }
    return connection.unwrap(PGConnection.class).getBackendPID();
  }

  private static void rollback(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private Phase2 job(SwapPolicy policy) {
    return SmallMarket.bareJob(TestDatabase.dataSource(), market.schema())
        .months(MONTH, MONTH)
        .cost(NEW_COST)
        .swapPolicy(policy);
  }

  private static Connection openReader() throws SQLException {
    PGSimpleDataSource source = (PGSimpleDataSource) TestDatabase.dataSource();
    source.setApplicationName(READER);
    Connection reader = source.getConnection();
    reader.setAutoCommit(false);
    return reader;
  }

  /** Reads a table and returns the number of the server's process. */
  private int read(Connection reader, String table) throws SQLException {
    return execute(reader, "SELECT count(*) FROM %s." + table);
  }

  private void awaitBlockedBy(int pid) {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (System.nanoTime() < end) {
      Object blocked =
          market
              .sql()
              .fetchValue(
                  "SELECT count(*) FROM pg_stat_activity WHERE {0} = ANY (pg_blocking_pids(pid))",
                  DSL.val(pid));
      if (!blocked.equals(0L)) {
        return;
      }
    }
    throw new AssertionError("Nobody waits for process " + pid);
  }

  private LedgerEntry entry(String pair) {
    return market.ledger().entries(MONTH).values().stream()
        .filter(e -> e.scope().name().equals(pair) && e.stage().equals("2.4"))
        .findFirst()
        .orElseThrow();
  }

  private String content() {
    return market.checksum(market.table(TableFamily.REG_BQX, "usdjpy"), MONTH);
  }
}
