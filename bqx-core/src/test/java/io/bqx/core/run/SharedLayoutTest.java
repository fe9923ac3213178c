package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.FeatureView;
import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.MarketTable;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableColumn;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.Claim;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.ledger.MonthState;
import io.bqx.core.ledger.RunDescription;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.run.RunPlan.PlannedPartition;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.StageSource;
import io.bqx.features.CurrencyPair;
import io.bqx.features.TriangularArbitrage;
import io.bqx.features.Universe;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The market's columns in a table of their own: views show what the wide tables hold, row by row
 * and column by column, and a database can be changed to that layout and back.
 */
class SharedLayoutTest {

  private static final long MONTHS = 3;
  private static final long PAIRS = 3;

  private static Map<String, String> wide;
  private static List<String> wideColumns;

  private final SmallMarket market = SmallMarket.create("shared");

  @BeforeAll
  static void runWide() {
    try (SmallMarket undisturbed = SmallMarket.create("wide")) {
      assertThat(undisturbed.job().run().exitCode()).isZero();
      wide = undisturbed.checksums();
      wideColumns =
          columns(
              new PartitionCatalog(undisturbed.sql(), undisturbed.schema())
                  .columnsOf(undisturbed.table(TableFamily.REG_BQX, "eurusd"))
                  .orElseThrow());
    }
  }

  @AfterEach
  void drop() {
    market.close();
  }

  @Test
  void theViewsShowWhatTheWideTablesHold() {
    RunReport report = market.job().layout(Layout.SHARED).run();

    assertThat(report.counts()).containsOnly(Map.entry(State.DONE, MONTHS * (PAIRS + 1)));
    assertThat(report.exitCode()).isZero();
    assertShared();
    RunReport second = market.job().run();
    assertThat(second.counts()).containsOnly(Map.entry(State.UP_TO_DATE, MONTHS * (PAIRS + 1)));
    assertThat(market.job().validate().failures()).isEmpty();
    assertThat(market.job().status().stages())
        .allSatisfy(s -> assertThat(s.failed() + s.running() + s.remaining()).isZero());
  }

  @Test
  void theMarketHasARowWheneverAnyPairHasABar() {
    market.job().layout(Layout.SHARED).run();

    assertThat(
            market
                .sql()
                .fetchSingle(
                    ("SELECT (SELECT count(*) FROM {0}) = count(DISTINCT time) FROM (SELECT time"
                            + " FROM %1$s.m1_eurusd UNION ALL SELECT time FROM %1$s.m1_usdjpy UNION"
                            + " ALL SELECT time FROM %1$s.m1_eurjpy) t")
                        .formatted(market.schema()),
                    MarketTable.of(market.schema()).table())
                .get(0))
        .isEqualTo(true);
  }

  @Test
  void aDatabaseIsChangedToTheSharedLayoutAndBack() {
    market.job().run();
    assertThat(market.job().layout(Layout.SHARED).plan().due())
        .hasSize((int) (MONTHS * (PAIRS + 1)))
        .allSatisfy(p -> assertThat(p.due().values()).containsOnly(DueReason.LAYOUT_CHANGED));

    RunReport toShared = market.job().layout(Layout.SHARED).run();

    assertThat(toShared.counts()).containsOnly(Map.entry(State.DONE, MONTHS * (PAIRS + 1)));
    assertThat(toShared.unfinished()).isEmpty();
    assertShared();
    assertThat(market.job().plan().due()).isEmpty();
    assertThat(market.job().validate().failures()).isEmpty();

    RunPlan back = market.job().layout(Layout.WIDE).plan();
    assertThat(back.due())
        .hasSize((int) (MONTHS * PAIRS))
        .allSatisfy(
            p ->
                assertThat(p.due())
                    .isEqualTo(
                        Map.of(
                            "2.3", DueReason.LAYOUT_CHANGED,
                            "2.4", DueReason.LAYOUT_CHANGED,
                            "2.16B", DueReason.LAYOUT_CHANGED)));
    RunReport toWide = market.job().layout(Layout.WIDE).run();

    assertThat(toWide.counts()).containsOnly(Map.entry(State.DONE, MONTHS * PAIRS));
    assertWide();
    assertThat(market.job().validate().failures()).isEmpty();
  }

  @Test
  void columnsThatStayAreMovedByteForByteAndKeepTheirLedgerEntries() {
    market.job().run();
    LedgerEntry before = entry("2.12", "eurusd");

    market.job().layout(Layout.SHARED).run();

    assertThat(entry("2.12", "eurusd")).isEqualTo(before);
    assertThat(entry("2.3", "eurusd")).isNull();
    assertThat(entry("2.3", Scope.MARKET.name()).rows()).isGreaterThan(before.rows());
  }

  @Test
  void aChangeOfTheLayoutForSomeMonthsOrStagesOnlyIsRefusedBeforeAnythingChanges() {
    market.job().run();
    YearMonth july = SmallMarket.FIRST;

    assertThatThrownBy(() -> market.job(july, july).layout(Layout.SHARED).run())
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("for some months only", "also has 2 others", "2024-07 to 2024-09");
    assertThatThrownBy(() -> market.job().layout(Layout.SHARED).stages("2.3", "2.4").run())
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("without the stages 2.12, 2.14, 2.16B");
    assertThat(market.ledger().layout()).isEqualTo(Layout.WIDE);
    assertWide();
    market.job().layout(Layout.SHARED).run();
    assertThatThrownBy(() -> market.job(july, july).layout(Layout.WIDE).run())
        .hasMessageContaining("market_features also has 2 others");
    assertShared();
  }

  @Test
  void whileSomebodyWorksInOneLayoutNobodyChangesIt() {
    market.job().run();
    Ledger ledger = market.ledger();
    RunDescription wideRun = RunDescription.months(SmallMarket.FIRST, SmallMarket.LAST).build();
    Claim claim =
        ledger.claim(ledger.startRun(wideRun), "another", List.of(SmallMarket.FIRST)).orElseThrow();

    assertThatThrownBy(() -> market.job().layout(Layout.SHARED).run())
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("from wide to shared", "another works on month 2024-07");

    ledger.release(claim, MonthState.FREE);
    assertThat(market.job().layout(Layout.SHARED).run().exitCode()).isZero();
    assertThatThrownBy(() -> ledger.claim(claim.run(), "another", List.of(SmallMarket.FIRST)))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("begun for the layout wide", "to shared");
    assertShared();
  }

  @Test
  void valuesOfTheMarketThatWereMadeElsewhereAreNotReplacedUnasked() {
    market.job().run();
    execute(
        "DROP TABLE %1$s.ledger_partitions, %1$s.ledger_runs, %1$s.ledger_claims,"
            + " %1$s.ledger_meta");

    assertThatThrownBy(() -> market.job().layout(Layout.SHARED).run())
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("values of stage 2.3 in 2024-07", "--redo");

    assertThat(market.job().layout(Layout.SHARED).redo().run().failures()).isEmpty();
    assertShared();
  }

  @Test
  void tablesOfPairsThatWereMadeElsewhereGetTheirMarketAndView() {
    market.job().stages("1.5", "2.11", "2.12", "2.14").run();
    execute(
        "DROP TABLE %1$s.ledger_partitions, %1$s.ledger_runs, %1$s.ledger_claims,"
            + " %1$s.ledger_meta");

    RunReport report = market.job().layout(Layout.SHARED).run();

    assertThat(report.failures()).isEmpty();
    assertThat(report.outcomes())
        .filteredOn(o -> o.state() == State.DONE)
        .hasSize((int) MONTHS)
        .allSatisfy(o -> assertThat(o.scope()).isEqualTo(Scope.MARKET));
    assertShared();
  }

  @Test
  void aChangedBarMakesTheMarketDueOnceForAllPairs() {
    market.job().layout(Layout.SHARED).run();
    String update = "UPDATE %s.m1_eurusd SET close = close * 1.001 WHERE time = '2024-09-01 00:50'";
    execute(update);

    List<PlannedPartition> due =
        market.job().plan().due().stream()
            .filter(p -> p.month().equals(YearMonth.of(2024, 9)))
            .toList();

    assertThat(due).extracting(p -> p.scope().name()).containsExactly("market_features", "eurusd");
    assertThat(due.get(0).due().keySet()).containsExactly("2.3", "2.4", "2.16B");
    market.job().run();
    try (SmallMarket fresh = SmallMarket.create("fresh")) {
      fresh.sql().execute(update.formatted(fresh.schema()));
      fresh.job().run();
      assertThat(market.viewChecksums()).isEqualTo(regBqx(fresh.checksums()));
    }
  }

  @Test
  void aMarketStageOfTheCallersOwnIsStoredOnceAndShownInEveryView() {
    Stage<?> own =
        Stage.computing(
                "3.1",
                StageSource.MARKET_CLOSES,
                new Renamed<>(
                    TriangularArbitrage.of(
                        Universe.ofPairs(
                            SmallMarket.UNIVERSE.currencies(), SmallMarket.UNIVERSE.pairs()),
                        1,
                        0),
                    "own_"))
            .build();
    market.job().layout(Layout.SHARED).run();

    assertThat(market.job().with(own).run().failures()).isEmpty();

    List<String> shown = viewColumns("usdjpy");
    assertThat(shown.subList(0, wideColumns.size())).isEqualTo(wideColumns);
    assertThat(shown).endsWith("own_usdjpy_arbitrage_max_profit double precision");
    assertThat(market.job().with(own).validate().failures()).isEmpty();
  }

  @Test
  void whoeverMayReadThePairsTableMayReadItsView() {
    String reader = market.schema() + "_reader";
    market.sql().execute("CREATE ROLE " + reader);
    try {
      market.job().run();
      execute("GRANT USAGE ON SCHEMA %1$s TO %1$s_reader");
      execute("GRANT SELECT ON %1$s.reg_bqx_eurusd TO %1$s_reader");

      market.job().layout(Layout.SHARED).run();

      market
          .sql()
          .transaction(
              tx -> {
                tx.dsl().execute("SET LOCAL ROLE " + reader);
                assertThat(
                        tx.dsl()
                            .fetchValue(
                                "SELECT count(usd_basket_index) > 0 FROM %s.reg_bqx_eurusd_v"
                                    .formatted(market.schema())))
                    .isEqualTo(true);
              });
      assertThat(
              market
                  .sql()
                  .fetchValue(
                      "SELECT has_table_privilege('%1$s_reader', '%1$s.reg_bqx_usdjpy_v', 'SELECT')"
                          .formatted(market.schema())))
          .isEqualTo(false);
    } finally {
      execute("DROP OWNED BY %1$s_reader");
      market.sql().execute("DROP ROLE " + reader);
    }
  }

  @Test
  void aViewThatSomebodyDroppedIsMadeAgain() {
    market.job().layout(Layout.SHARED).run();
    execute("DROP VIEW %s.reg_bqx_eurusd_v");
    assertThat(market.job().validate().failures())
        .singleElement()
        .satisfies(c -> assertThat(c.rule()).startsWith("every view presents"));

    market.job().run();

    assertShared();
  }

  @Test
  void theTablesStayUntilNothingElseDependsOnTheViews() {
    market.job().layout(Layout.SHARED).run();
    execute("CREATE VIEW %1$s.research AS SELECT ts_utc FROM %1$s.reg_bqx_eurusd_v");

    RunReport report = market.job().layout(Layout.WIDE).run();

    assertThat(report.exitCode()).isEqualTo(1);
    assertThat(report.failures()).isEmpty();
    assertThat(report.unfinished().orElseThrow()).contains("market_features", "depend");
    assertThat(market.viewChecksums()).isEqualTo(regBqx(wide));
    execute("DROP VIEW %s.research");
    assertThat(market.job().run().exitCode()).isZero();
    assertWide();
  }

  @Test
  void twoRunsShareTheChangeOfTheLayout() throws InterruptedException {
    market.job().run();
    Run one = market.job().layout(Layout.SHARED).start();
    Run other = market.job().layout(Layout.SHARED).start();

    List<PartitionOutcome> outcomes = new ArrayList<>(one.await().outcomes());
    outcomes.addAll(other.await().outcomes());

    assertThat(outcomes).allSatisfy(o -> assertThat(o.state().isComplete()).isTrue());
    assertThat(outcomes)
        .filteredOn(o -> o.state() == State.DONE)
        .hasSize((int) (MONTHS * (PAIRS + 1)));
    assertShared();
  }

  private void assertShared() {
    assertThat(market.ledger().layout()).isEqualTo(Layout.SHARED);
    assertThat(market.viewChecksums()).isEqualTo(regBqx(wide));
    PartitionCatalog catalog = new PartitionCatalog(market.sql(), market.schema());
    for (CurrencyPair pair : SmallMarket.UNIVERSE.pairs()) {
      assertThat(viewColumns(pair.name())).isEqualTo(wideColumns);
      assertThat(
              columns(
                  catalog.columnsOf(FeatureView.of(market.schema(), pair).table()).orElseThrow()))
          .isEqualTo(wideColumns.subList(0, ownColumns()));
      assertThat(catalog.partitionsOf(FeatureView.of(market.schema(), pair).table()))
          .hasSize((int) MONTHS)
          .noneMatch(catalog::hasDroppedColumns);
    }
    assertThat(catalog.partitionsOf(MarketTable.of(market.schema()))).hasSize((int) MONTHS);
    assertThat(market.leftovers()).isEmpty();
  }

  private void assertWide() {
    assertThat(market.ledger().layout()).isEqualTo(Layout.WIDE);
    assertThat(market.checksums()).isEqualTo(wide);
    PartitionCatalog catalog = new PartitionCatalog(market.sql(), market.schema());
    assertThat(catalog.oidOf(MarketTable.of(market.schema()))).isEmpty();
    for (CurrencyPair pair : SmallMarket.UNIVERSE.pairs()) {
      assertThat(catalog.columnsOf(FeatureView.of(market.schema(), pair))).isEmpty();
    }
    assertThat(market.ledger().entries(SmallMarket.FIRST, SmallMarket.LAST))
        .noneMatch(e -> e.scope().isMarket());
    assertThat(market.leftovers()).isEmpty();
  }

  private int ownColumns() {
    return market
        .job()
        .layout(Layout.SHARED)
        .settings()
        .inLayout()
        .stages()
        .schemaOf(TableFamily.REG_BQX)
        .size();
  }

  private LedgerEntry entry(String stage, String scope) {
    return market.ledger().entries(SmallMarket.FIRST, SmallMarket.FIRST).stream()
        .filter(e -> e.stage().equals(stage) && e.scope().name().equals(scope))
        .findFirst()
        .orElse(null);
  }

  private List<String> viewColumns(String pair) {
    return columns(
        new PartitionCatalog(market.sql(), market.schema())
            .columnsOf(FeatureView.of(market.schema(), CurrencyPair.of(pair)))
            .orElseThrow());
  }

  private static List<String> columns(List<TableColumn> columns) {
    return columns.stream().map(c -> c.name() + " " + c.sqlType()).toList();
  }

  private static Map<String, String> regBqx(Map<String, String> checksums) {
    Map<String, String> of = new TreeMap<>(checksums);
    of.keySet().removeIf(table -> !table.startsWith("reg_bqx"));
    return of;
  }

  private void execute(String sql) {
    market.sql().execute(String.format(Locale.ROOT, sql, market.schema()));
  }
}
