package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.bqx.features.testing.PanelFormulaContract;
import io.bqx.features.testing.RandomMarket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;

/** Section 7: round trips through a third currency. */
class TriangularArbitrageProperties implements MarketFormulaContract {

  private static final double COST = 0.005;
  private static final double THRESHOLD = 0.001;

  @Override
  public Formula<MarketPanel> formula(Universe universe, Windows windows) {
    return TriangularArbitrage.of(universe, COST, THRESHOLD);
  }

  @Override
  public MarketPanel input(RandomMarket market) {
    return market.closes();
  }

  @Override
  public Map<String, Double> exactRow(MarketPanel input, Windows windows, int k) {
    return new ExactMarket(input, windows, 0).arbitrage(COST, THRESHOLD, k);
  }

  @Property(tries = 50)
  void consistentCrossesGiveNoMispricingInAnyTriangle(
      @ForAll long seed, @ForAll @DoubleRange(min = 0.01, max = 1000) double spread) {
    Universe g8 = Universe.g8();
    double[] worth = new double[8];
    Arrays.setAll(worth, c -> Math.pow(spread, Math.sin(seed % 1000 + c)));
    double[][] closes = new double[28][1];
    for (CurrencyPair pair : g8.pairs()) {
      double base = worth[g8.currencies().indexOf(pair.base())];
      closes[g8.indexOf(pair)][0] = base / worth[g8.currencies().indexOf(pair.quote())];
    }
    MarketPanel panel = MarketPanel.wrapping(g8, LongMarket.axis(1), closes);
    FeatureFrame arbitrage = TriangularArbitrage.of(g8).compute(panel);
    for (CurrencyPair pair : g8.pairs()) {
      String prefix = pair.name() + "_arbitrage_";
      assertThat(arbitrage.value(prefix + "max_profit", 0)).isCloseTo(0, within(1e-12));
      assertThat(arbitrage.value(prefix + "profit_pct", 0)).isCloseTo(-0.02, within(1e-12));
      assertThat(arbitrage.value(prefix + "opportunity", 0)).isZero();
      assertThat(arbitrage.value(prefix + "direction", 0)).isZero();
    }
  }

  @Property(tries = 50)
  void profitNeverIncreasesWithCost(
      @ForAll("markets") RandomMarket market,
      @ForAll @DoubleRange(min = 0, max = 99) double cost,
      @ForAll @DoubleRange(min = 0, max = 0.9) double more) {
    MarketPanel panel = market.closes();
    FeatureFrame cheap = TriangularArbitrage.of(panel.universe(), cost, 0).compute(panel);
    FeatureFrame dear = TriangularArbitrage.of(panel.universe(), cost + more, 0).compute(panel);
    for (CurrencyPair pair : panel.universe().pairs()) {
      String prefix = pair.name() + "_arbitrage_";
      for (int k = 0; k < panel.rows(); k++) {
        double profit = cheap.value(prefix + "profit_pct", k);
        double less = dear.value(prefix + "profit_pct", k);
        assertThat(Double.isNaN(less) || less <= profit).isTrue();
        double gross = cheap.value(prefix + "max_profit", k);
        assertThat(dear.value(prefix + "max_profit", k)).isEqualTo(Double.valueOf(gross));
        assertThat(cheap.value(prefix + "opportunity", k) >= dear.value(prefix + "opportunity", k))
            .isEqualTo(!Double.isNaN(profit));
      }
    }
  }

  @Property(tries = 50)
  void theBestGrossProfitIsNegativeOnlyIfEveryRoundTripLoses(
      @ForAll("markets") RandomMarket market) {
    MarketPanel panel = market.closes();
    FeatureFrame arbitrage = TriangularArbitrage.of(panel.universe()).compute(panel);
    for (CurrencyPair pair : panel.universe().pairs()) {
      for (int k = 0; k < panel.rows(); k++) {
        double gross = arbitrage.value(pair.name() + "_arbitrage_max_profit", k);
        assertThat(Double.isNaN(gross) || gross > -1e-12)
            .as("one of two directions gains")
            .isTrue();
      }
    }
  }

  /** Quoted the other way round, what bought a pair directly sells it. */
  @Property(tries = 50)
  void quotingAPairTheOtherWayRoundTurnsItsDirectionOnly(@ForAll("markets") RandomMarket market) {
    MarketPanel panel = market.closes();
    Universe universe = panel.universe();
    int eurusd = universe.indexOf(CurrencyPair.of("eurusd"));
    List<CurrencyPair> pairs = new ArrayList<>(universe.pairs());
    pairs.set(eurusd, CurrencyPair.of("usdeur"));
    double[][] closes = PanelFormulaContract.copy(panel);
    for (int k = 0; closes[eurusd] != null && k < panel.rows(); k++) {
      closes[eurusd][k] = 1 / closes[eurusd][k];
    }
    Universe inverted = Universe.ofPairs(universe.currencies(), pairs);
    FeatureFrame expected = TriangularArbitrage.of(universe, COST, THRESHOLD).compute(panel);
    FeatureFrame actual =
        TriangularArbitrage.of(inverted, COST, THRESHOLD)
            .compute(MarketPanel.wrapping(inverted, panel.grid(), closes));
    for (int c = 0; c < expected.columns().size(); c++) {
      boolean turned = expected.columns().get(c).name().equals("eurusd_arbitrage_direction");
      for (int k = 0; k < panel.rows(); k++) {
        double value = expected.value(c, k);
        double other = actual.value(c, k) * (turned ? -1 : 1);
        assertThat(Double.isNaN(other) ? Double.isNaN(value) : Math.abs(other - value) < 1e-10)
            .as("%s, row %d: %s, then %s", expected.columns().get(c).name(), k, value, other)
            .isTrue();
      }
    }
  }

  @Property(tries = 50)
  void allFourColumnsOfAPairAreMissingTogether(@ForAll("markets") RandomMarket market) {
    MarketPanel panel = market.closes();
    FeatureFrame arbitrage = TriangularArbitrage.of(panel.universe()).compute(panel);
    for (int c = 0; c < arbitrage.columns().size(); c += 4) {
      for (int k = 0; k < panel.rows(); k++) {
        boolean missing = Double.isNaN(arbitrage.value(c, k));
        for (int other = c + 1; other < c + 4; other++) {
          assertThat(Double.isNaN(arbitrage.value(other, k))).isEqualTo(missing);
        }
      }
    }
  }

  @Example
  void aPriceThatIsNotAPositiveFiniteNumberCountsAsMissing() {
    double[] prices = {1.25, 0, -1.25, Double.POSITIVE_INFINITY, Double.NaN};
    double[][] closes = {{100, 100, 100, 100, 100}, prices, {80, 80, 80, 80, 80}};
    MarketPanel panel = MarketPanel.wrapping(TinyMarket.UNIVERSE, LongMarket.axis(5), closes);
    FeatureFrame arbitrage = TriangularArbitrage.of(TinyMarket.UNIVERSE).compute(panel);
    for (int c = 0; c < arbitrage.columns().size(); c++) {
      assertThat(arbitrage.value(c, 0)).isNotNaN();
      for (int k = 1; k < 5; k++) {
        assertThat(arbitrage.value(c, k)).isNaN();
      }
    }
  }

  @Example
  void ofEqualRoundTripsTheEarlierCurrencyAndThenPlusOneCount() {
    assertThat(directionOfEurusd(2, 1, 2, 1, 1)).as("GBP forward, JPY backward").isEqualTo(-1);
    assertThat(directionOfEurusd(2, 2, 1, 1, 1)).as("JPY forward, GBP backward").isEqualTo(1);
    assertThat(directionOfEurusd(1, 1, 1, 1, 1)).as("both ways even").isEqualTo(1);
  }

  /**
   * The best direction of EURUSD at 1 and a threshold below 0, through JPY (eurjpy / usdjpy) and
   * through GBP (eurgbp * gbpusd), without GBPJPY.
   */
  private static double directionOfEurusd(
      double scale, double eurjpy, double usdjpy, double eurgbp, double gbpusd) {
    Universe universe =
        Universe.ofPairs(
            List.of(Currency.USD, Currency.EUR, Currency.JPY, Currency.GBP),
            List.of("eurgbp", "eurjpy", "eurusd", "gbpusd", "usdjpy").stream()
                .map(CurrencyPair::of)
                .toList());
    boolean forwardThroughJpy = eurjpy > usdjpy;
    double throughGbp = forwardThroughJpy ? eurgbp / scale : eurgbp * scale;
    double[][] closes = {{throughGbp}, {eurjpy}, {1}, {gbpusd}, {usdjpy}};
    MarketPanel panel = MarketPanel.wrapping(universe, LongMarket.axis(1), closes);
    FeatureFrame arbitrage = TriangularArbitrage.of(universe, 0, -1).compute(panel);
    return arbitrage.value("eurusd_arbitrage_direction", 0);
  }

  @Example
  void impossibleSettingsAreRefused() {
    assertRefused(-0.01, 0, "cost");
    assertRefused(100, 0, "cost");
    assertRefused(Double.NaN, 0, "cost");
    assertRefused(0.02, Double.NaN, "threshold");
    assertRefused(0.02, Double.POSITIVE_INFINITY, "threshold");
  }

  private static void assertRefused(double cost, double threshold, String setting) {
    assertThatThrownBy(() -> TriangularArbitrage.of(Universe.g8(), cost, threshold))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(setting);
  }
}
