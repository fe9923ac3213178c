package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.rewrite.SwapPolicy;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.YearMonth;
import java.util.Map;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/** A reader keeps its transaction open on a table that is to be rewritten. */
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
    try (Statement statement = reader.createStatement()) {
      statement.execute("SELECT count(*) FROM %s.%s".formatted(market.schema(), table));
    }
    return reader.unwrap(PGConnection.class).getBackendPID();
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
