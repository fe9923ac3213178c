package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.FeatureView;
import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.TableFamily;
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
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/** Somebody reads a table whose layout is to be changed, and does not end. */
class LockedLayoutChangeTest {

  private static final YearMonth MONTH = YearMonth.of(2024, 9);
  private static final String READER = "the reader of LockedLayoutChangeTest";
  private static final SwapPolicy IMPATIENT =
      new SwapPolicy(Duration.ofMillis(50), 4, Duration.ofMillis(10));

  private final SmallMarket market = SmallMarket.create("locked_change");
  private final List<String> reasons = new CopyOnWriteArrayList<>();

  @AfterEach
  void drop() {
    market.close();
  }

  @Test
  void aReaderOfAPairDelaysTheMoveOfItsColumnsAndIsNamed() throws SQLException {
    Map<String, String> before = fill(Layout.WIDE);
    try (Connection reader = openReader()) {
      int pid = read(reader, "reg_bqx_usdjpy");

      assertThat(change(Layout.SHARED, SmallMarket.patient(), reader).exitCode()).isZero();

      assertThat(reasons.get(0))
          .startsWith("usdjpy 2024-09 waits for a lock to move the market's columns out of ")
          .contains("reg_bqx_usdjpy", "process " + pid, READER, "idle in transaction");
    }
    assertThat(read()).isEqualTo(before);
  }

  @Test
  void aReaderOfAPairThatStaysFailsThatPairWhichIsReadAsBefore() throws SQLException {
    Map<String, String> before = fill(Layout.WIDE);
    try (Connection reader = openReader()) {
      int pid = read(reader, "reg_bqx_usdjpy");

      RunReport report = change(Layout.SHARED, IMPATIENT, null);

      assertThat(report.counts())
          .containsOnly(Map.entry(State.DONE, 3L), Map.entry(State.FAILED, 1L));
      assertThat(report.failures().get(0).message().orElseThrow())
          .contains("Cannot move the market's columns out of", "reg_bqx_usdjpy", "4 tries of 50 ms")
          .contains("process " + pid, READER, "Nothing has changed");
    }
    assertThat(hasView("eurusd")).isTrue();
    assertThat(hasView("usdjpy")).isFalse();
    assertThat(read()).isEqualTo(before);

    assertThat(market.job(MONTH, MONTH).run().exitCode()).isZero();
    assertThat(hasView("usdjpy")).isTrue();
    assertThat(read()).isEqualTo(before);
    assertThat(market.leftovers()).isEmpty();
  }

  @Test
  void aReaderOfTheMarketDelaysTheEndOfAChangeToTheWideLayoutAndIsNamed() throws SQLException {
    Map<String, String> before = fill(Layout.SHARED);
    try (Connection reader = openReader()) {
      int pid = read(reader, "market_features");

      assertThat(change(Layout.WIDE, SmallMarket.patient(), reader).exitCode()).isZero();

      assertThat(reasons.get(0))
          .startsWith("The change of the layout waits for a lock to drop the views and ")
          .contains("market_features", "process " + pid, READER, "idle in transaction");
    }
    assertThat(hasView("usdjpy")).isFalse();
    assertThat(read()).isEqualTo(before);
  }

  @Test
  void aReaderOfTheMarketThatStaysLeavesBothLayoutsToBeRead() throws SQLException {
    Map<String, String> before = fill(Layout.SHARED);
    try (Connection reader = openReader()) {
      int pid = read(reader, "market_features");

      RunReport report = change(Layout.WIDE, IMPATIENT, null);

      assertThat(report.exitCode()).isEqualTo(1);
      assertThat(report.counts()).containsOnly(Map.entry(State.DONE, 3L));
      assertThat(report.unfinished().orElseThrow())
          .contains("Cannot drop the views and", "market_features", "4 tries of 50 ms")
          .contains("process " + pid, READER, "Nothing has changed");
    }
    assertThat(hasView("usdjpy")).isTrue();
    assertThat(read()).isEqualTo(before);
    assertThat(tables()).isEqualTo(before);

    assertThat(market.job(MONTH, MONTH).run().exitCode()).isZero();
    assertThat(hasView("usdjpy")).isFalse();
    assertThat(read()).isEqualTo(before);
  }

  /** Fills a month and returns what is read of it. */
  private Map<String, String> fill(Layout layout) {
    assertThat(market.job(MONTH, MONTH).layout(layout).run().exitCode()).isZero();
    return read();
  }

  /** Changes the layout; a reader ends its transaction as soon as somebody waits for it. */
  private RunReport change(Layout layout, SwapPolicy policy, Connection reader) {
    return SmallMarket.bareJob(TestDatabase.pool(), market.schema())
        .months(MONTH, MONTH)
        .layout(layout)
        .swapPolicy(policy)
        .listener(
            new RunListener() {
              @Override
              public void waiting(String reason) {
                reasons.add(reason);
                if (reader != null) {
                  rollback(reader);
                }
              }
            })
        .run();
  }

  /** A digest of what all pairs have: in their views or, without one, in their tables. */
  private Map<String, String> read() {
    Map<String, String> content = new TreeMap<>();
    for (CurrencyPair pair : SmallMarket.UNIVERSE.pairs()) {
      content.put(
          pair.name(),
          hasView(pair.name())
              ? market.checksum(FeatureView.of(market.schema(), pair).view(), MONTH)
              : table(pair));
    }
    return content;
  }

  private Map<String, String> tables() {
    Map<String, String> content = new TreeMap<>();
    SmallMarket.UNIVERSE.pairs().forEach(pair -> content.put(pair.name(), table(pair)));
    return content;
  }

  private String table(CurrencyPair pair) {
    return market.checksum(market.table(TableFamily.REG_BQX, pair.name()), MONTH);
  }

  private boolean hasView(String pair) {
    return !market
        .sql()
        .fetch("SELECT to_regclass('%s.reg_bqx_%s_v')".formatted(market.schema(), pair))
        .getValues(0)
        .contains(null);
  }

  private static void rollback(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Connection openReader() throws SQLException {
    PGSimpleDataSource source = (PGSimpleDataSource) TestDatabase.dataSource();
    source.setApplicationName(READER);
    Connection reader = source.getConnection();
    reader.setAutoCommit(false);
    return reader;
  }

  /** Reads a table and returns the number of the server's process, which keeps its lock. */
  private int read(Connection reader, String table) throws SQLException {
    try (Statement statement = reader.createStatement()) {
      statement.execute("SELECT count(*) FROM " + market.schema() + "." + table);
    }
    return reader.unwrap(PGConnection.class).getBackendPID();
  }
}
