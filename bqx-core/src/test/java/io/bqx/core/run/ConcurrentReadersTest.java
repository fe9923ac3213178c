package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.rewrite.SwapPolicy;
import io.bqx.core.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGStatement;

/** Readers while every partition is rewritten: each query sees the old month or the new one. */
class ConcurrentReadersTest {

  private static final double OLD_COST = SmallMarket.COST;
  private static final double NEW_COST = 0.005;

  /** Far longer than one of the readers keeps its locks. */
  private static final SwapPolicy PATIENT =
      new SwapPolicy(Duration.ofSeconds(5), 20, Duration.ofMillis(20));

  private static final String DIGEST =
      "SELECT count(*) || ' rows ' || coalesce(md5(string_agg(t::text, '|' ORDER BY ts_utc)), '')"
          + " FROM %s t WHERE ts_utc >= ?::timestamp AND ts_utc < ?::timestamp";

  private final SmallMarket market = SmallMarket.create("readers");
  private final List<PairTable> tables =
      SmallMarket.UNIVERSE.pairs().stream()
          .map(pair -> market.table(TableFamily.REG_BQX, pair.name()))
          .toList();
  private Map<String, String> before;
  private Map<String, String> after;

  @BeforeEach
  void fill() {
    after = SmallMarket.undisturbed(NEW_COST);
    assertThat(market.job().cost(OLD_COST).run().exitCode()).isZero();
    before = market.checksums();
    for (PairTable table : tables) {
      for (YearMonth month : months()) {
        assertThat(before.get(key(table, month))).isNotEqualTo(after.get(key(table, month)));
      }
    }
  }

  @AfterEach
  void drop() {
    market.close();
  }

  @Test
  void everyQueryDuringARunSeesTheWholeOldMonthOrTheWholeNewOne() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      List<Future<Integer>> readers =
          List.of(
              threads.submit(() -> readCommitted(over)),
              threads.submit(() -> repeatableRead(over)),
              threads.submit(() -> prepared(over)));
      RunReport report =
          SmallMarket.bareJob(TestDatabase.pool(), market.schema())
              .months(SmallMarket.FIRST, SmallMarket.LAST)
              .swapPolicy(PATIENT)
              .cost(NEW_COST)
              .run();
      over.set(true);

      for (Future<Integer> reader : readers) {
        assertThat(rounds(reader)).isPositive();
      }
      assertThat(report.exitCode()).isZero();
      assertThat(market.checksums()).isEqualTo(after);
    } finally {
      over.set(true);
      threads.shutdownNow();
    }
  }

  @Test
  void aSnapshotFromBeforeTheRunSeesEveryMonthFull() throws SQLException {
    try (Connection reader = TestDatabase.dataSource().getConnection()) {
      reader.setAutoCommit(false);
      reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      try (Statement statement = reader.createStatement()) {
        statement.execute("SELECT count(*) FROM " + market.schema() + ".ledger_runs");
      }
      assertThat(market.job().cost(NEW_COST).run().exitCode()).isZero();

      for (PairTable table : tables) {
        for (YearMonth month : months()) {
          assertThat(digest(reader, table, month)).isEqualTo(after.get(key(table, month)));
        }
      }
      reader.rollback();
    }
  }

  private static int rounds(Future<Integer> reader) throws InterruptedException {
    try {
      return reader.get();
    } catch (ExecutionException e) {
      throw new AssertionError("A reader failed", e.getCause());
    }
  }

  private int readCommitted(AtomicBoolean over) throws SQLException {
    int rounds = 0;
    try (Connection reader = TestDatabase.dataSource().getConnection()) {
      long rows = count(reader);
      while (!over.get()) {
        for (PairTable table : tables) {
          for (YearMonth month : months()) {
            assertWhole(table, month, digest(reader, table, month));
          }
        }
        assertThat(count(reader)).isEqualTo(rows);
        rounds++;
      }
    }
    return rounds;
  }

  /** Two months of a table in each transaction, and the first of them again at its end. */
  private int repeatableRead(AtomicBoolean over) throws SQLException {
    int rounds = 0;
    try (Connection reader = TestDatabase.dataSource().getConnection()) {
      reader.setAutoCommit(false);
      reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      while (!over.get()) {
        PairTable table = tables.get(rounds % tables.size());
        YearMonth month = SmallMarket.FIRST.plusMonths(rounds % 2);
        String first = digest(reader, table, month);
        String second = digest(reader, table, month.plusMonths(1));
        assertWhole(table, month, first);
        assertWhole(table, month.plusMonths(1), second);
        assertThat(digest(reader, table, month)).isEqualTo(first);
        reader.commit();
        rounds++;
      }
    }
    return rounds;
  }

  /** Statements that the server has prepared once, for the time of the run. */
  private int prepared(AtomicBoolean over) throws SQLException {
    int rounds = 0;
    try (Connection reader = TestDatabase.dataSource().getConnection()) {
      List<PreparedStatement> statements = new ArrayList<>();
      for (PairTable table : tables) {
        PreparedStatement statement = reader.prepareStatement(DIGEST.formatted(qualified(table)));
        statement.unwrap(PGStatement.class).setPrepareThreshold(1);
        statements.add(statement);
      }
      while (!over.get()) {
        for (int t = 0; t < tables.size(); t++) {
          for (YearMonth month : months()) {
            assertWhole(tables.get(t), month, digest(statements.get(t), month));
          }
        }
        rounds++;
      }
    }
    return rounds;
  }

  private void assertWhole(PairTable table, YearMonth month, String digest) {
    String key = key(table, month);
    assertThat(digest).as(key).isIn(before.get(key), after.get(key));
  }

  private long count(Connection reader) throws SQLException {
    String all =
        tables.stream()
            .map(table -> "SELECT count(*) c FROM " + qualified(table))
            .reduce((a, b) -> a + " UNION ALL " + b)
            .orElseThrow();
    try (Statement statement = reader.createStatement();
        ResultSet rows = statement.executeQuery("SELECT sum(c) FROM (" + all + ") s")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static String digest(Connection reader, PairTable table, YearMonth month)
      throws SQLException {
    try (PreparedStatement statement =
        reader.prepareStatement(DIGEST.formatted(qualified(table)))) {
      return digest(statement, month);
    }
  }

  private static String digest(PreparedStatement statement, YearMonth month) throws SQLException {
    statement.setString(1, month.atDay(1).toString());
    statement.setString(2, month.plusMonths(1).atDay(1).toString());
    try (ResultSet rows = statement.executeQuery()) {
      rows.next();
      return rows.getString(1);
    }
  }

  private static String qualified(PairTable table) {
    return table.schema() + "." + table.name();
  }

  private static String key(PairTable table, YearMonth month) {
    return table.name() + " " + month;
  }

  private static List<YearMonth> months() {
    return List.of(7, 8, 9).stream().map(month -> YearMonth.of(2024, month)).toList();
  }
}
