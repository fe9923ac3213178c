package io.bqx.core.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.testing.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** Readers see the old partition or the new one, never a mix and never none. */
class ConcurrentReadersTest {

  private static final int ROWS = 200;
  private static final int SWAPS = 40;

  private final RewriteFixture fixture = new RewriteFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void readersDuringManySwapsAlwaysSeeOneWholePartition() throws Exception {
    fixture.write(ROWS, 0);
    String parent = fixture.table.table().toString();
    String partition = fixture.july.table().toString();
    List<Callable<Integer>> readers = new ArrayList<>();
    AtomicBoolean done = new AtomicBoolean();
    CountDownLatch ready = new CountDownLatch(5);
    readers.add(reader(parent, Connection.TRANSACTION_READ_COMMITTED, true, 1, ready, done));
    readers.add(reader(parent, Connection.TRANSACTION_READ_COMMITTED, false, 0, ready, done));
    readers.add(reader(parent, Connection.TRANSACTION_REPEATABLE_READ, false, 1, ready, done));
    readers.add(reader(parent, Connection.TRANSACTION_REPEATABLE_READ, false, 0, ready, done));
    readers.add(reader(partition, Connection.TRANSACTION_READ_COMMITTED, true, 1, ready, done));
    ExecutorService threads = Executors.newFixedThreadPool(readers.size());
    try {
      List<Future<Integer>> reading = readers.stream().map(threads::submit).toList();
      ready.await();
      for (int swap = 1; swap <= SWAPS; swap++) {
        fixture.write(ROWS, swap);
      }
      done.set(true);
      for (Future<Integer> reader : reading) {
        assertThat(reader.get()).as("reads of one reader").isPositive();
      }
    } finally {
      done.set(true);
      threads.shutdownNow();
    }
    assertThat(fixture.marks()).containsExactly((double) SWAPS);
  }

  /**
   * Reads until it is done, twice per transaction unless each statement is one; returns how often.
   */
  private static Callable<Integer> reader(
      String table,
      int isolation,
      boolean autoCommit,
      int prepareThreshold,
      CountDownLatch ready,
      AtomicBoolean done) {
    return () -> {
      int reads = 0;
      try (Connection connection = TestDatabase.dataSource().getConnection()) {
        connection.unwrap(PGConnection.class).setPrepareThreshold(prepareThreshold);
        connection.setTransactionIsolation(isolation);
        connection.setAutoCommit(autoCommit);
        try (PreparedStatement query =
            connection.prepareStatement(
                "select count(*), min(value), max(value) from "
                    + table
                    + " where ts_utc >= ? and ts_utc < '2024-08-01'")) {
          query.setObject(1, LocalDateTime.of(2024, 7, 1, 0, 0));
          while (!done.get() || reads == 0) {
            for (int statement = 0; statement < (autoCommit ? 1 : 2); statement++) {
              requireOneWholePartition(query);
            }
            if (!autoCommit) {
              connection.commit();
            }
            reads++;
            ready.countDown();
          }
        }
      }
      return reads;
    };
  }

  private static void requireOneWholePartition(PreparedStatement query) throws SQLException {
    try (ResultSet result = query.executeQuery()) {
      result.next();
      assertThat(result.getInt(1)).as("rows").isEqualTo(ROWS);
      assertThat(result.getDouble(2)).as("values of one writing").isEqualTo(result.getDouble(3));
    }
  }

  @Test
  void theCatalogueDuringManySwapsAlwaysListsEveryPartitionOnce() throws Exception {
    fixture.write(ROWS, 0);
    AtomicBoolean done = new AtomicBoolean();
    CountDownLatch ready = new CountDownLatch(2);
    Callable<Integer> lister =
        () -> {
          int lists = 0;
          while (!done.get()) {
            assertThat(fixture.catalog.partitionsOf(fixture.table))
                .singleElement()
                .satisfies(
                    p -> {
                      assertThat(p.month()).contains(fixture.july.month());
                      assertThat(p.totalBytes()).isPositive();
                    });
            assertThat(fixture.catalog.problems(fixture.table)).isEmpty();
            lists++;
            ready.countDown();
          }
          return lists;
        };
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Future<Integer>> listing = List.of(threads.submit(lister), threads.submit(lister));
      ready.await();
      for (int swap = 1; swap <= SWAPS; swap++) {
        fixture.write(ROWS, swap);
      }
      done.set(true);
      for (Future<Integer> lists : listing) {
        assertThat(lists.get()).isPositive();
      }
    } finally {
      done.set(true);
      threads.shutdownNow();
    }
  }

  @Test
  void aCatalogueListsPartitionsWhileOneOfThemIsLocked() throws SQLException {
    fixture.write(ROWS, 0);
    try (Connection connection = TestDatabase.dataSource().getConnection();
        Statement swapping = connection.createStatement()) {
      connection.setAutoCommit(false);
      swapping.execute("lock table " + fixture.july.table() + " in access exclusive mode");
      fixture.sql.transaction(
          tx -> {
            tx.dsl().execute("set local lock_timeout = '1ms'");
            assertThat(new PartitionCatalog(tx.dsl(), fixture.schema()).partitionsOf(fixture.table))
                .hasSize(1);
          });
    }
  }

  @Test
  void aSnapshotOlderThanTheRewriteSeesTheNewPartitionFull() throws SQLException {
    fixture.write(ROWS, 1);
    try (Connection connection = TestDatabase.dataSource().getConnection()) {
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setAutoCommit(false);
      try (PreparedStatement snapshot = connection.prepareStatement("select txid_current()")) {
        snapshot.execute();
      }
      fixture.write(ROWS, 2);
      try (PreparedStatement query =
          connection.prepareStatement(
              "select count(*), min(value), max(value) from " + fixture.table.table())) {
        requireOneWholePartition(query);
      }
    }
  }

  @Test
  void aCursorThatIsOpenHoldsTheSwapBackUntilItIsRead() throws SQLException {
    fixture.write(ROWS, 1);
    StagedPartition staged = fixture.stage(ROWS, 2);
    List<Double> read = new ArrayList<>();
    try (Connection connection = TestDatabase.dataSource().getConnection()) {
      connection.setAutoCommit(false);
      try (PreparedStatement query =
          connection.prepareStatement("select value from " + fixture.table.table())) {
        query.setFetchSize(10);
        ResultSet rows = query.executeQuery();
        rows.next();
        read.add(rows.getDouble(1));
        int[] tries = new int[1];
        SwapReport report =
            fixture
                .rewriter(new SwapPolicy(Duration.ofMillis(20), 50, Duration.ofMillis(1)))
                .swap(
                    staged,
                    tx -> {
                      if (++tries[0] == 3) {
                        readOut(connection, rows, read);
                      }
                    });
        assertThat(report.tries()).isEqualTo(3);
      }
    }
    assertThat(read).hasSize(ROWS).containsOnly(1.0);
    assertThat(fixture.marks()).containsExactly(2.0);
  }

  private static void readOut(Connection connection, ResultSet rows, List<Double> read) {
    try {
      while (rows.next()) {
        read.add(rows.getDouble(1));
      }
      connection.commit();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
