package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.FeatureView;
import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.validation.Check;
import io.bqx.core.validation.ValidationReport;
import io.bqx.features.CurrencyPair;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.jooq.Table;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The job over the 28 pairs of the bootstrap market, against values of an independent evaluation:
 * what is stored, read through SQL, agrees with them. Every test run has some days of a month in
 * each layout.
 */
class GoldenDatabaseTest {

  private static final int PAIRS = 28;
  private static final LocalDate LAST = LocalDate.of(2024, 8, 31);

  /** Of the first rows of a series nothing can be said in {@code bqx_*}. */
  private static final int ROWS_LEFT_OUT = 15;

  private static final List<String> COMPARED =
      List.of("audcad", "eurusd", "usdjpy", "cadchf", "gbpnzd", "chfjpy");
  private static final String[] ALL_BUT_RATES = {"1.5", "2.12", "2.14", "2.3", "2.4", "2.16B"};

  @Test
  void daysOfTheWideTablesAgreeWithTheGoldenVectors() throws Exception {
    try (GoldenMarket market = GoldenMarket.load(LocalDate.of(2024, 8, 1), GoldenMarket.AUGUST)) {
      RunReport report = market.job().run();

      assertThat(report.counts()).containsOnly(Map.entry(State.DONE, (long) PAIRS));
      assertThat(report.rows()).isEqualTo(3 * market.bars());
      assertTablesAgree(market);
    }
  }

  @Test
  void daysOfTheViewsAgreeWithTheGoldenVectors() throws Exception {
    try (GoldenMarket market = GoldenMarket.load(LocalDate.of(2024, 7, 26), GoldenMarket.JULY)) {
      RunReport report = market.job().stages(ALL_BUT_RATES).layout(Layout.SHARED).run();

      assertThat(report.counts()).containsOnly(Map.entry(State.DONE, PAIRS + 1L));
      assertThat(market.job().stages(ALL_BUT_RATES).validate().failures()).isEmpty();
      assertViewsAgree(market);
    }
  }

  @Tag("long")
  @Test
  void allMonthsOfTheWideTablesAgreeAndPassEveryCheck() throws Exception {
    try (GoldenMarket market = GoldenMarket.load(LAST, GoldenMarket.JULY, GoldenMarket.AUGUST)) {
      RunReport report = market.job().run();

      assertThat(report.counts()).containsOnly(Map.entry(State.DONE, 2L * PAIRS));
      assertThat(report.rows()).isEqualTo(3 * market.bars() - PAIRS * ROWS_LEFT_OUT);
      assertTablesAgree(market);
      ValidationReport validation = market.job().validate();
      assertThat(validation.failures()).isEmpty();
      assertThat(validation.exitCode()).isZero();
      assertThat(validation.checks().stream().map(Check::validator).distinct())
          .containsExactly("1.5", "2.15", "2.3", "2.4", "2.16B", "whole");
      assertThat(validation.rows()).isEqualTo(report.rows());
    }
  }

  @Tag("long")
  @Test
  void allMonthsOfTheViewsAgreeAndPassEveryCheck() throws Exception {
    try (GoldenMarket market = GoldenMarket.load(LAST, GoldenMarket.JULY, GoldenMarket.AUGUST)) {
      RunReport report = market.job().stages(ALL_BUT_RATES).layout(Layout.SHARED).run();

      assertThat(report.counts()).containsOnly(Map.entry(State.DONE, 2L * (PAIRS + 1)));
      assertThat(market.job().stages(ALL_BUT_RATES).validate().failures()).isEmpty();
      assertViewsAgree(market);
    }
  }

  private static void assertTablesAgree(GoldenMarket market) {
    for (String pair : COMPARED) {
      market.assertAgrees(table(market, TableFamily.BQX, pair), pair, "bqx", 39);
      market.assertAgrees(table(market, TableFamily.REG_RATE, pair), pair, "reg_rate", 43);
      market.assertAgrees(table(market, TableFamily.REG_BQX, pair), pair, "reg_bqx", 463);
    }
  }

  private static Table<?> table(GoldenMarket market, TableFamily family, String pair) {
    return PairTable.of(market.schema(), family, CurrencyPair.of(pair)).table();
  }

  private static void assertViewsAgree(GoldenMarket market) {
    for (String pair : COMPARED) {
      FeatureView view = FeatureView.of(market.schema(), CurrencyPair.of(pair));
      market.assertAgrees(view.view(), pair, "reg_bqx", 463);
    }
  }
}
