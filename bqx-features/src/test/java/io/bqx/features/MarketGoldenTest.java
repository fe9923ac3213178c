package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.features.testing.Discrepancies;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sections 6 to 8 of the specification, from the closes on, against values evaluated independently:
 * a market of 28 pairs in 80-bit arithmetic, and sixteen rows that can be checked by hand.
 */
class MarketGoldenTest {

  static final Iterable<String> PAIRS = BootstrapMarket.GOLDEN_PAIRS;

  private static final Universe G8 = Universe.g8();

  private static final MarketPanel CLOSES = MarketPanel.align(G8, BootstrapMarket.closes());

  private static final FeatureFrame MARKET =
      FeatureEngine.forUniverse(G8).currencyIndices().arbitrage().blocs().compute(CLOSES);

  private static final FeatureFrame TINY =
      FeatureEngine.forUniverse(TinyMarket.UNIVERSE)
          .windows(3, 4)
          .bqxWindows(2, 3)
          .fillLimit(TinyMarket.FILL_LIMIT)
          .currencyIndices()
          .arbitrage(TinyMarket.COST_PERCENT, TinyMarket.THRESHOLD_PERCENT)
          .blocs()
          .compute(MarketPanel.align(TinyMarket.UNIVERSE, TinyMarket.closes()));

  @ParameterizedTest
  @FieldSource("PAIRS")
  void all384ColumnsAgree(String pair) {
    assertThat(MARKET.columns()).hasSize(384);
    assertAgree(pair, MARKET, GoldenVectors.bootstrap(pair, "reg_bqx"), 42_000);
  }

  @ParameterizedTest
  @FieldSource("PAIRS")
  void arbitrageAtAnotherCostAndThresholdAgrees(String pair) {
    FeatureFrame arbitrage = TriangularArbitrage.of(G8, 0.005, 0.001).compute(CLOSES);
    GoldenVectors expected = GoldenVectors.bootstrap(pair, "arbitrage-cost0.005-threshold0.001");
    assertAgree(pair, arbitrage, expected, 15_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"eurjpy", "eurusd", "usdjpy"})
  void everyTinyValueOfEveryRowAgrees(String pair) {
    assertAgree(pair, TINY, GoldenVectors.tiny(pair, "reg_bqx"), 500);
  }

  @Test
  void everyTinyValueWorkedOutByHandAgrees() {
    Discrepancies found = Discrepancies.atSpecifiedAccuracy();
    List<String> columns = TINY.columns().stream().map(FeatureColumn::name).toList();
    for (TinyMarket.Worked worked : TinyMarket.workedByHand()) {
      if (columns.contains(worked.column())) {
        double actual = TINY.value(worked.column(), TINY.axis().indexOf(worked.time()));
        found.compare(worked.byHand(), worked.time(), worked.column(), actual, worked.value());
      }
    }
    found.assertNoneAmong(30);
  }

  private static void assertAgree(
      String subject, FeatureFrame computed, GoldenVectors expected, long leastPresentValues) {
    MarketTolerance tolerance = new MarketTolerance();
    Discrepancies found = new Discrepancies(tolerance);
    for (int row = 0; row < expected.rows(); row++) {
      int listed = row;
      tolerance.turnTo(name -> expected.value(expected.columns().indexOf(name), listed));
      long time = expected.axis().epochMicros(row);
      int k = computed.axis().indexOf(time);
      for (int c = 0; c < computed.columns().size(); c++) {
        FeatureColumn column = computed.columns().get(c);
        double exact = expected.value(expected.columns().indexOf(column.name()), row);
        found.compare(subject, time, column.name(), computed.value(c, k), exact);
        if (isExact(column)) {
          assertThat(computed.value(c, k))
              .as("%s at row %d", column.name(), k)
              .isEqualTo(Double.valueOf(exact));
        }
      }
    }
    found.assertNoneAmong(leastPresentValues);
  }

  private static boolean isExact(FeatureColumn column) {
    return column.type() != FeatureType.DOUBLE || column.name().endsWith("_consensus");
  }
}
