package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.FeatureView;
import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.MarketTable;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.features.CurrencyPair;
import java.time.Duration;
import java.time.YearMonth;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A process that changes the layout is killed with SIGKILL: all values can be read at that moment,
 * and the next run, which names no layout, finishes the change.
 */
class KilledLayoutChangeTest {

  private static final Duration LEASE = Duration.ofSeconds(1);

  private static SmallMarket market;
  private static Map<String, String> wide;

  /** Where a process dies that changes the layout. */
  enum Moment {
    AFTER_THE_LAYOUT_IS_RECORDED(Layout.SHARED, "after commit of insert into .*ledger_runs", 1),
    BEFORE_A_MARKET_SWAP_IS_COMMITTED(
        Layout.SHARED, "before commit of alter table .*market_features_.* drop constraint", 2),
    AFTER_A_WIDE_SWAP(Layout.WIDE, "after commit of alter table .*reg_bqx_.* drop constraint", 3),
    BEFORE_THE_COLUMNS_ARE_DROPPED(Layout.SHARED, "before alter table .* drop column", 2),
    BEFORE_THE_MARKET_IS_DROPPED(Layout.WIDE, "before drop table .*market_features\"$", 1),
    BEFORE_A_VIEW_IS_COMMITTED(Layout.SHARED, "before commit of create or replace view", 2),
    AFTER_THE_MARKET_IS_DROPPED(Layout.WIDE, "before commit of drop table .*market_features\"$", 1),
    AFTER_A_VIEW_IS_COMMITTED(Layout.SHARED, "after commit of create or replace view", 1);

    private final Layout to;
    private final String event;
    private final int occurrence;

    Moment(Layout to, String event, int occurrence) {
      this.to = to;
      this.event = event;
      this.occurrence = occurrence;
    }
  }

  @BeforeAll
  static void runWide() {
    market = SmallMarket.create("change");
    assertThat(market.job().run().exitCode()).isZero();
    wide = market.checksums();
  }

  @AfterAll
  static void drop() {
    market.close();
  }

  static Stream<Moment> someMoments() {
    return FaultTally.some(2, Moment.values());
  }

  @ParameterizedTest
  @MethodSource("someMoments")
  void aChangeThatIsKilledIsFinishedByTheNextRun(Moment moment) {
    assertThat(
            market
                .job()
                .layout(moment.to == Layout.SHARED ? Layout.WIDE : Layout.SHARED)
                .run()
                .exitCode())
        .isZero();
    try (JobProcess process =
        JobProcess.prepare(
            market.schema(), LEASE, SmallMarket.COST, moment.to, moment.event, moment.occurrence)) {
      process.go().awaitEvent().kill();
    }
    assertReadable();

    RunReport report = market.job().run();

    assertThat(report.failures()).isEmpty();
    assertThat(report.exitCode()).isZero();
    assertReadable();
    boolean shared = moment.to == Layout.SHARED;
    assertThat(market.ledger().layout()).isEqualTo(moment.to);
    assertThat(
            new PartitionCatalog(market.sql(), market.schema())
                .oidOf(MarketTable.of(market.schema()))
                .isPresent())
        .isEqualTo(shared);
    assertThat(market.checksums().equals(wide)).isEqualTo(!shared);
    assertThat(market.job().plan().due()).isEmpty();
    assertThat(market.leftovers()).isEmpty();
    assertThat(market.ledger().claims()).isEmpty();
  }

  /** Every pair has all its columns and values in its view or, without one, in its table. */
  private void assertReadable() {
    Map<String, String> all = market.checksums();
    for (CurrencyPair pair : SmallMarket.UNIVERSE.pairs()) {
      FeatureView view = FeatureView.of(market.schema(), pair);
      boolean hasView =
          new PartitionCatalog(market.sql(), market.schema()).columnsOf(view).isPresent();
      for (YearMonth month = SmallMarket.FIRST;
          !month.isAfter(SmallMarket.LAST);
          month = month.plusMonths(1)) {
        String key = view.table().name() + " " + month;
        assertThat(hasView ? market.checksum(view.view(), month) : all.get(key))
            .as(key)
            .isEqualTo(wide.get(key));
      }
    }
  }
}
