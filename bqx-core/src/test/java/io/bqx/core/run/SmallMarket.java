package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.FeatureView;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.rewrite.SwapPolicy;
import io.bqx.core.testing.TestDatabase;
import io.bqx.core.testing.TestSchema;
import io.bqx.features.Currency;
import io.bqx.features.CurrencyPair;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.impl.DSL;

/** Three pairs, three months of a few bars each, and short windows: a job that takes a second. */
public final class SmallMarket implements AutoCloseable {

  public static final Universe UNIVERSE =
      Universe.of(
          List.of(Currency.USD, Currency.EUR, Currency.JPY),
          List.of(Currency.EUR, Currency.USD, Currency.JPY));
  public static final Windows WINDOWS = new Windows(List.of(6, 10), List.of(3, 5));
  public static final YearMonth FIRST = YearMonth.of(2024, 7);
  public static final YearMonth LAST = YearMonth.of(2024, 9);
  static final int ROWS_PER_MONTH = 80;
  static final double COST = 0.02;

  /** By cost; of bars that are the same in every market of the JVM. */
  private static final Map<Double, Map<String, String>> UNDISTURBED = new ConcurrentHashMap<>();

  private final DataSource dataSource;
  private final TestSchema schema;
  private final DSLContext sql;

  private SmallMarket(DataSource dataSource, TestSchema schema) {
    this.dataSource = dataSource;
    this.schema = schema;
    this.sql = DSL.using(dataSource, SQLDialect.POSTGRES);
  }

  public static SmallMarket create(String name) {
    return create(name, TestDatabase.pool());
  }

  /** A market in a server of the test's own. */
  static SmallMarket create(String name, DataSource dataSource) {
    SmallMarket market =
        new SmallMarket(dataSource, TestDatabase.newSchema(name, dataSource).create());
    UNIVERSE.pairs().forEach(market::insertBars);
    return market;
  }

  /**
   * The {@link #checksums} of a market on which a job over all months was done that nothing
   * disturbed, at a cost; done once for all tests of the JVM.
   */
  static Map<String, String> undisturbed(double cost) {
    return UNDISTURBED.computeIfAbsent(
        cost,
        wanted -> {
          try (SmallMarket market = create("undisturbed")) {
            assertThat(market.job().cost(wanted).run().exitCode()).isZero();
            return Map.copyOf(market.checksums());
          }
        });
  }

  private void insertBars(CurrencyPair pair) {
    String table = schema.name() + ".m1_" + pair;
    sql.execute(
        "CREATE TABLE "
            + table
            + " (time timestamp NOT NULL, open float8, high float8, low float8, close float8,"
            + " volume float8) PARTITION BY RANGE (time)");
    sql.execute("CREATE UNIQUE INDEX ON " + table + " (time)");
    for (YearMonth month = FIRST; !month.isAfter(LAST); month = month.plusMonths(1)) {
      sql.execute(
          "CREATE TABLE %s_%04d_%02d PARTITION OF %s FOR VALUES FROM ('%s') TO ('%s')"
              .formatted(
                  table,
                  month.getYear(),
                  month.getMonthValue(),
                  table,
                  month.atDay(1),
                  month.plusMonths(1).atDay(1)));
    }
    Random random = new Random(pair.hashCode());
    double price = pair.contains(Currency.JPY) ? 150 : 1.1;
    try (Connection connection = dataSource.getConnection();
        PreparedStatement insert =
            connection.prepareStatement("INSERT INTO " + table + " VALUES (?, ?, ?, ?, ?, 1)")) {
      for (YearMonth month = FIRST; !month.isAfter(LAST); month = month.plusMonths(1)) {
        for (int minute = 0; minute < ROWS_PER_MONTH; minute++) {
          price *= Math.exp(1e-3 * random.nextGaussian());
          if (random.nextInt(20) == 0) {
            continue;
          }
          insert.setObject(1, month.atDay(1).atStartOfDay().plusMinutes(minute));
          for (int column = 2; column <= 5; column++) {
            insert.setDouble(column, price);
          }
          insert.addBatch();
        }
      }
      insert.executeBatch();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A job over all months with settings that suit tests. */
  public Phase2 job() {
    return job(FIRST, LAST);
  }

  public Phase2 job(YearMonth from, YearMonth to) {
    return job(dataSource, from, to);
  }

  /** A job over all months whose connections are the given ones. */
  Phase2 job(DataSource dataSource) {
    return job(dataSource, FIRST, LAST);
  }

  Phase2 job(DataSource dataSource, YearMonth from, YearMonth to) {
    return bareJob(dataSource, schema.name())
        .months(from, to)
        .lease(Duration.ofSeconds(3))
        .swapPolicy(patient());
  }

  /** A job on a market that exists already, without months, lease and swap policy. */
  static Phase2 bareJob(DataSource dataSource, String schema) {
    return Phase2.on(dataSource).schema(schema).universe(UNIVERSE).windows(WINDOWS).workers(2);
  }

  /** Short waits for locks, and many of them. */
  static SwapPolicy patient() {
    return new SwapPolicy(Duration.ofMillis(200), 20, Duration.ofMillis(20));
  }

  /** The ledger, for its entries and claims. */
  Ledger ledger() {
    return new Ledger(dataSource, schema.name(), Duration.ofSeconds(3));
  }

  public String schema() {
    return schema.name();
  }

  public DSLContext sql() {
    return sql;
  }

  public PairTable table(TableFamily family, String pair) {
    return PairTable.of(schema.name(), family, CurrencyPair.of(pair));
  }

  /**
   * A digest of every partition's content, by table and month; equal if and only if every value is.
   */
  Map<String, String> checksums() {
    Map<String, String> checksums = new TreeMap<>();
    for (CurrencyPair pair : UNIVERSE.pairs()) {
      for (TableFamily family :
          List.of(TableFamily.BQX, TableFamily.REG_RATE, TableFamily.REG_BQX)) {
        for (YearMonth month = FIRST; !month.isAfter(LAST); month = month.plusMonths(1)) {
          PairTable table = PairTable.of(schema.name(), family, pair);
          checksums.put(table.name() + " " + month, checksum(table, month));
        }
      }
    }
    return checksums;
  }

  /** The digests that {@link #checksums} has of {@code reg_bqx}, of what the views show. */
  Map<String, String> viewChecksums() {
    Map<String, String> checksums = new TreeMap<>();
    for (CurrencyPair pair : UNIVERSE.pairs()) {
      for (YearMonth month = FIRST; !month.isAfter(LAST); month = month.plusMonths(1)) {
        FeatureView view = FeatureView.of(schema.name(), pair);
        checksums.put(view.table().name() + " " + month, checksum(view.view(), month));
      }
    }
    return checksums;
  }

  String checksum(PairTable table, YearMonth month) {
    return checksum(table.table(), month);
  }

  String checksum(Table<?> table, YearMonth month) {
    return sql.fetchSingle(
            "SELECT count(*) || ' rows ' || coalesce(md5(string_agg(t::text, '|' ORDER BY ts_utc)),"
                + " '') FROM {0} t WHERE ts_utc >= {1} AND ts_utc < {2}",
            table, DSL.val(start(month)), DSL.val(start(month.plusMonths(1))))
        .get(0, String.class);
  }

  /**
   * A digest of every partition that has rows, by table and month, whatever stages it has; columns
   * without values at the end of the table are as good as none.
   */
  Map<String, String> partitions() {
    Map<String, String> partitions = new TreeMap<>();
    sql.connection(
        connection -> {
          DSLContext dsl = DSL.using(connection, SQLDialect.POSTGRES);
          for (String table :
              dsl.fetch(
                      "SELECT relname FROM pg_class WHERE relnamespace = {0}::regnamespace AND"
                          + " relkind = 'p' AND relname NOT LIKE 'm1\\_%'",
                      DSL.val(schema.name()))
                  .getValues(0, String.class)) {
            dsl.fetch(
                    "SELECT to_char(ts_utc, 'YYYY-MM'), count(*) || ' rows ' ||"
                        + " md5(string_agg(rtrim(t::text, ',)'), '|' ORDER BY ts_utc)) FROM {0} t"
                        + " GROUP BY 1",
                    DSL.table(DSL.name(schema.name(), table)))
                .forEach(
                    row ->
                        partitions.put(
                            table + " " + row.get(0, String.class), row.get(1, String.class)));
          }
        });
    return partitions;
  }

  /** Drops everything but the bars. */
  void forget() {
    for (String table :
        sql.fetch(
                "SELECT relname FROM pg_class WHERE relnamespace = {0}::regnamespace AND relkind IN"
                    + " ('r', 'p') AND NOT relispartition AND relname NOT LIKE 'm1\\_%'",
                DSL.val(schema.name()))
            .getValues(0, String.class)) {
      sql.dropTable(DSL.name(schema.name(), table)).cascade().execute();
    }
  }

  /** Lets the database keep every entry that the ledger ever commits, for {@link #doneTwice()}. */
  void keepHistory() {
    ledger().create();
    sql.execute(
        "CREATE TABLE %1$s.history AS SELECT stage, pair, month FROM %1$s.ledger_partitions WITH NO DATA"
            .formatted(schema.name()));
    sql.execute(
        ("CREATE OR REPLACE FUNCTION %1$s.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                + " INSERT INTO %1$s.history VALUES (NEW.stage, NEW.pair, NEW.month); RETURN NULL; END"
                + " $$")
            .formatted(schema.name()));
    sql.execute(
        ("CREATE TRIGGER keep AFTER INSERT OR UPDATE ON %1$s.ledger_partitions FOR EACH ROW"
                + " WHEN (NEW.state = 'done') EXECUTE FUNCTION %1$s.keep()")
            .formatted(schema.name()));
  }

  /** What was recorded as done more than once since the last call, or since the history begins. */
  List<String> doneTwice() {
    List<String> twice =
        sql.fetch(
                "SELECT concat_ws(' ', stage, pair, month) FROM {0} GROUP BY stage, pair, month"
                    + " HAVING count(*) > 1",
                DSL.table(DSL.name(schema.name(), "history")))
            .getValues(0, String.class);
    sql.truncate(DSL.table(DSL.name(schema.name(), "history"))).execute();
    return twice;
  }

  /** Tables that nothing accounts for: staging tables, and what once was a partition. */
  List<String> leftovers() {
    return sql.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = {0}::regnamespace AND relkind = 'r'"
                + " AND NOT relispartition AND relname NOT LIKE 'ledger\\_%' AND relname NOT IN"
                + " ('baseline_rates', 'history')",
            DSL.val(schema.name()))
        .getValues(0, String.class);
  }

  private static LocalDateTime start(YearMonth month) {
    return month.atDay(1).atStartOfDay();
  }

  @Override
  public void close() {
    schema.close();
  }
}
