package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bqx.features.testing.Frames;
import io.bqx.features.testing.PanelFormulaContract;
import io.bqx.features.testing.RandomMarket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Section 6: baskets of currencies. */
class CurrencyIndicesProperties implements MarketFormulaContract {

  private static final Windows WINDOWS = new Windows(List.of(5, 12), List.of(15));

  @Override
  public Formula<MarketPanel> formula(Universe universe, Windows windows) {
    return CurrencyIndices.of(universe, windows);
  }

  @Override
  public MarketPanel input(RandomMarket market) {
    return market.predictions();
  }

  @Override
  public Map<String, Double> exactRow(MarketPanel input, Windows windows, int k) {
    return new ExactMarket(input, windows, 0).currencyIndices(k);
  }

  @Property(tries = 50)
  void quotingAPairTheOtherWayRoundNegatesItsContribution(@ForAll("markets") RandomMarket market) {
    MarketPanel panel = market.predictions();
    Universe universe = panel.universe();
    int eurusd = universe.indexOf(CurrencyPair.of("eurusd"));
    List<CurrencyPair> pairs = new ArrayList<>(universe.pairs());
    pairs.set(eurusd, CurrencyPair.of("usdeur"));
    double[][] values = PanelFormulaContract.copy(panel);
    for (int k = 0; values[eurusd] != null && k < panel.rows(); k++) {
      values[eurusd][k] = -values[eurusd][k];
    }
    Universe inverted = Universe.ofPairs(universe.currencies(), pairs);
    MarketPanel invertedPanel = MarketPanel.wrapping(inverted, panel.grid(), values);
    assertEqual(
        CurrencyIndices.of(inverted, WINDOWS).compute(invertedPanel),
        CurrencyIndices.of(universe, WINDOWS).compute(panel),
        1);
  }

  @Property(tries = 50)
  void whatOneCurrencyOfAPairGainsTheOtherLoses(@ForAll("markets") RandomMarket market) {
    MarketPanel panel = market.predictions();
    FeatureFrame indices = CurrencyIndices.of(panel.universe(), WINDOWS).compute(panel);
    for (int k = 0; k < panel.rows(); k++) {
      double total = 0;
      for (Currency currency : panel.universe().currencies()) {
        int row = k;
        long present =
            panel.universe().pairsWith(currency).stream()
                .filter(pair -> !Double.isNaN(panel.value(pair, row)))
                .count();
        double index = indices.value(currency.lowerCode() + "_basket_index", k);
        assertThat(Double.isNaN(index)).isEqualTo(present == 0);
        total += present == 0 ? 0 : present * index;
      }
      assertThat(total).isCloseTo(0, within(1e-14));
    }
  }

  @Property(tries = 50)
  void negatedPredictionsNegateEverythingButVolatility(@ForAll("markets") RandomMarket market) {
    MarketPanel panel = market.predictions();
    FeatureFrame indices = CurrencyIndices.of(panel.universe(), WINDOWS).compute(panel);
    FeatureFrame negated =
        CurrencyIndices.of(panel.universe(), WINDOWS)
            .compute(MarketFormulaContract.scaled(panel, -1));
    for (int c = 0; c < indices.columns().size(); c++) {
      double sign = indices.columns().get(c).name().contains("_volatility_") ? 1 : -1;
      MarketFormulaContract.assertColumnIs(negated, indices, c, sign);
    }
  }

  /** Powers of two lose nothing, so scaling must be exact: no column hides an absolute constant. */
  @Property(tries = 50)
  void everythingButTheRateOfChangeScalesWithThePredictions(
      @ForAll("markets") RandomMarket market, @ForAll boolean up) {
    double scale = up ? 0x1p27 : 0x1p-27;
    MarketPanel panel = market.predictions();
    FeatureFrame indices = CurrencyIndices.of(panel.universe(), WINDOWS).compute(panel);
    FeatureFrame scaled =
        CurrencyIndices.of(panel.universe(), WINDOWS)
            .compute(MarketFormulaContract.scaled(panel, scale));
    for (int c = 0; c < indices.columns().size(); c++) {
      if (!indices.columns().get(c).name().contains("_roc_")) {
        MarketFormulaContract.assertColumnIs(scaled, indices, c, scale);
      } else if (up) {
        assertRatesAgreeWherePresent(scaled, indices, c);
      }
    }
  }

  private static void assertRatesAgreeWherePresent(FeatureFrame scaled, FeatureFrame rates, int c) {
    for (int k = 0; k < rates.rows(); k++) {
      if (!Double.isNaN(rates.value(c, k))) {
        assertThat(scaled.value(c, k)).isEqualTo(rates.value(c, k));
      }
    }
  }

  @Property(tries = 50)
  void aConstantWindowHasVolatilityZeroAndNoMomentum(@ForAll("markets") RandomMarket market) {
    MarketPanel panel = market.predictions();
    int w = 12;
    MarketPanel first = panel.slice(0, 1);
    double[][] values = new double[panel.universe().pairs().size()][];
    for (int p = 0; p < values.length; p++) {
      values[p] = first.values(p) == null ? null : new double[3 * w];
      for (int k = 0; values[p] != null && k < 3 * w; k++) {
        values[p][k] = first.values(p)[0];
      }
    }
    MarketPanel still = MarketPanel.wrapping(panel.universe(), LongMarket.axis(3 * w), values);
    FeatureFrame indices = CurrencyIndices.of(panel.universe(), WINDOWS).compute(still);
    for (Currency currency : panel.universe().currencies()) {
      String prefix = currency.lowerCode() + "_basket_";
      boolean missing = Double.isNaN(indices.value(prefix + "index", 0));
      Double expected = missing ? Double.NaN : 0;
      for (int k = w - 1; k < 3 * w; k++) {
        assertThat(indices.value(prefix + "volatility_12min", k)).isEqualTo(expected);
        assertThat(indices.value(prefix + "momentum_12min", k)).isEqualTo(expected);
        assertThat(indices.value(prefix + "momentum_accel_12min", k)).isEqualTo(expected);
      }
    }
  }

  @Property(tries = 50)
  void accelerationOfAStraightLineIsMinusItsSlope(@ForAll("markets") RandomMarket market) {
    double slope = 0x1p-10;
    MarketPanel panel = market.predictions();
    double[][] values = new double[panel.universe().pairs().size()][40];
    for (int p = 0; p < values.length; p++) {
      boolean eur = panel.universe().pairs().get(p).base().equals(Currency.EUR);
      for (int k = 0; k < 40; k++) {
        values[p][k] = eur ? slope * k : 0;
      }
    }
    MarketPanel line = MarketPanel.wrapping(panel.universe(), LongMarket.axis(40), values);
    FeatureFrame indices = CurrencyIndices.of(panel.universe(), WINDOWS).compute(line);
    int row = 30;
    double step =
        indices.value("eur_basket_index", row) - indices.value("eur_basket_index", row - 1);
    assertThat(indices.value("eur_basket_momentum_accel_12min", row))
        .isCloseTo(-step, within(1e-15));
    assertThat(indices.value("eur_basket_momentum_12min", row)).isCloseTo(11 * step, within(1e-15));
  }

  @Property(tries = 50)
  void oneRowLessThanTheLookbackLosesAValueAndOneRowMoreChangesNothing(@ForAll long seed) {
    MarketPanel panel = new RandomMarket(Universe.g8(), 40, seed).predictions();
    CurrencyIndices formula = CurrencyIndices.of(Universe.g8(), WINDOWS);
    int lookback = formula.lookback();
    int t = 39;
    FeatureFrame enough = formula.compute(panel.slice(t - lookback, t + 1));
    FeatureFrame more = formula.compute(panel.slice(t - lookback - 1, t + 1));
    FeatureFrame less = formula.compute(panel.slice(t - lookback + 1, t + 1));
    Frames.assertSameBits(more, lookback + 1, enough, lookback, 1);
    assertThat(enough.value("usd_basket_volatility_12min", lookback)).isNotNaN();
    assertThat(less.value("usd_basket_volatility_12min", lookback - 1)).isNaN();
  }

  @Example
  void theRateOfChangeFromAnIndexOfZeroIsMissing() {
    double[][] values = new double[3][10];
    values[1] = new double[] {0, 1e-13, -1e-13, 1e-11, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
    MarketPanel panel = MarketPanel.wrapping(TinyMarket.UNIVERSE, LongMarket.axis(10), values);
    FeatureFrame indices = CurrencyIndices.of(TinyMarket.UNIVERSE, WINDOWS).compute(panel);
    String column = "eur_basket_momentum_roc_5min";
    assertThat(indices.value(column, 4)).isNaN();
    assertThat(indices.value(column, 5)).isNaN();
    assertThat(indices.value(column, 6)).isNaN();
    assertThat(indices.value(column, 7)).isCloseTo(100 * (0.25 - 5e-12) / 5e-12, within(1.0));
    assertThat(indices.value(column, 8)).isZero();
  }

  private static void assertEqual(FeatureFrame actual, FeatureFrame expected, double factor) {
    for (int c = 0; c < expected.columns().size(); c++) {
      MarketFormulaContract.assertColumnIs(actual, expected, c, factor);
    }
  }
}
