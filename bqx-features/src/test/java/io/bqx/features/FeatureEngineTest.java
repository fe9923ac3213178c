package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.features.testing.Discrepancies;
import io.bqx.features.testing.Frames;
import io.bqx.features.testing.PanelFormulaContract;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The way in for embedders: from closes to chosen columns. */
class FeatureEngineTest {

  static final Iterable<String> PAIRS = BootstrapMarket.GOLDEN_PAIRS;

  private static final Universe G8 = Universe.g8();
  private static final MarketPanel CLOSES =
      MarketPanel.align(G8, BootstrapMarket.closes()).slice(0, 3000);

  @Test
  void theExampleOfTheDocumentationComputesIndicesAndBlocs() {
    MarketPanel closes = CLOSES;
    FeatureFrame features =
        FeatureEngine.forUniverse(Universe.g8())
            .windows(60, 90)
            .currencyIndices()
            .blocs()
            .compute(closes);
    double euro = features.value("eur_basket_index", features.rows() - 1);

    assertThat(euro).isNotNaN();
    assertThat(features.columns()).hasSize(8 * (1 + 2 * 4 + 3) + 3 * (4 + 2 * 2));
  }

  @Test
  void columnsComeInTableOrderWhateverTheOrderOfChoosing() {
    FeatureFrame features =
        FeatureEngine.forUniverse(G8).blocs().arbitrage().currencyIndices().compute(CLOSES);
    List<FeatureColumn> tier1 = FeatureSchema.tier1(G8, Windows.ofDefaults()).columns();
    assertThat(features.columns()).isEqualTo(tier1.subList(79, 463));
  }

  @Test
  void arbitrageAloneNeedsNoPredictions() {
    FeatureFrame features = FeatureEngine.forUniverse(G8).arbitrage(0.005, 0.001).compute(CLOSES);
    FeatureFrame expected = TriangularArbitrage.of(G8, 0.005, 0.001).compute(CLOSES);
    Frames.assertSameBits(features, 0, expected, 0, CLOSES.rows());
  }

  @ParameterizedTest
  @FieldSource("PAIRS")
  void pairFeaturesAreTheFirst78ColumnsOfTheTable(String pair) {
    FeatureFrame features =
        FeatureEngine.forUniverse(G8).pairFeatures(BootstrapMarket.closes(pair));
    List<FeatureColumn> regBqx = FeatureSchema.regBqx(Windows.ofDefaults()).columns();
    assertThat(features.columns()).isEqualTo(regBqx.subList(1, 79));
    Discrepancies found = Discrepancies.atSpecifiedAccuracy();
    GoldenVectors.bootstrap(pair, "reg_bqx").compareWith(features, pair, found);
    found.assertNoneAmong(8000);
  }

  @ParameterizedTest
  @FieldSource("PAIRS")
  void predictionsHaveTheBitsOfTheAllWindowsComputation(String name) {
    MarketPanel closes = MarketPanel.align(G8, BootstrapMarket.closes());
    CurrencyPair pair = CurrencyPair.of(name);
    MarketPanel predictions = FeatureEngine.forUniverse(G8).predictions(closes);
    Series all =
        RegressionTerms.of(Windows.ofDefaults())
            .compute(BootstrapMarket.regressionSource(name))
            .series("w60_prediction");
    int present = 0;
    for (int row = 0; row < all.rows(); row++) {
      int k = closes.grid().indexOf(all.axis().epochMicros(row));
      assertThat(predictions.value(pair, k)).isEqualTo(Double.valueOf(all.value(row)));
      present += Double.isNaN(all.value(row)) ? 0 : 1;
    }
    assertThat(present).isGreaterThan(10_000);
  }

  @Test
  void aPairThatIsAbsentFromTheClosesIsNoMember() {
    double[][] values = PanelFormulaContract.copy(CLOSES);
    for (CurrencyPair pair : G8.pairsWith(Currency.USD)) {
      values[G8.indexOf(pair)] = null;
    }
    MarketPanel withoutDollar = MarketPanel.wrapping(G8, CLOSES.grid(), values);
    FeatureFrame features =
        FeatureEngine.forUniverse(G8).currencyIndices().blocs().compute(withoutDollar);
    assertThat(features.series("usd_basket_index").toArray()).containsOnly(Double.NaN);
    assertThat(features.series("usd_bloc_strength").toArray()).containsOnly(Double.NaN);
    assertThat(features.value("commodity_bloc_strength", 2999)).isNotNaN();
  }

  @Test
  void aPairWithFewerBarsThanAWindowHasNoFeatures() {
    FeatureEngine engine = FeatureEngine.forUniverse(G8);
    for (int rows : new int[] {0, 1, 15}) {
      Series few = BootstrapMarket.closes("eurusd").slice(0, rows);
      assertThat(engine.pairFeatures(few).rows()).isZero();
    }
    assertThat(engine.pairFeatures(BootstrapMarket.closes("eurusd").slice(0, 16)).rows())
        .isEqualTo(1);
    FeatureFrame market =
        FeatureEngine.forUniverse(G8).currencyIndices().compute(CLOSES.slice(0, 10));
    assertThat(market.series("eur_basket_index").toArray()).containsOnly(Double.NaN);
  }

  @Test
  void anEngineGivesTheSameBitsEveryTime() {
    FeatureEngine engine = FeatureEngine.forUniverse(G8).windows(60).currencyIndices().blocs();
    Frames.assertSameBits(engine.compute(CLOSES), 0, engine.compute(CLOSES), 0, CLOSES.rows());
  }

  @Test
  void withoutAChosenFeatureThereIsNothingToCompute() {
    assertThatThrownBy(() -> FeatureEngine.forUniverse(G8).windows(60).compute(CLOSES))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("currencyIndices()")
        .hasMessageContaining("arbitrage()")
        .hasMessageContaining("blocs()");
  }

  @Test
  void aFillLimitWithoutBlocsIsAMistake() {
    assertThatThrownBy(() -> FeatureEngine.forUniverse(G8).fillLimit(3).arbitrage().compute(CLOSES))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("fillLimit was set to 3")
        .hasMessageContaining("blocs()");
  }

  @Test
  void closesOfAnotherUniverseAreRefused() {
    assertThatThrownBy(() -> FeatureEngine.forUniverse(TinyMarket.UNIVERSE).blocs().compute(CLOSES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Universe[8 currencies");
  }

  @Test
  void windows_twice() {
    assertSecondCallFails(engine -> engine.windows(60, 90), "windows was already set to [60, 90]");
  }

  @Test
  void windows_notAscending() {
    assertThatThrownBy(() -> FeatureEngine.forUniverse(G8).windows(90, 60))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[90, 60]");
  }

  @Test
  void windows_small() {
    assertThatThrownBy(() -> FeatureEngine.forUniverse(G8).windows(2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("regression windows");
  }

  @Test
  void bqxWindows_twice() {
    assertSecondCallFails(engine -> engine.bqxWindows(15), "bqxWindows was already set to [15]");
  }

  @Test
  void bqxWindows_small() {
    assertThatThrownBy(() -> FeatureEngine.forUniverse(G8).bqxWindows(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("BQX windows");
  }

  @Test
  void fillLimit_twice() {
    assertSecondCallFails(engine -> engine.fillLimit(15), "fillLimit was already set to 15");
  }

  @Test
  void fillLimit_negative() {
    assertThatThrownBy(() -> FeatureEngine.forUniverse(G8).fillLimit(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
  }

  @Test
  void currencyIndices_twice() {
    assertSecondCallFails(FeatureEngine::currencyIndices, "currencyIndices was already chosen");
  }

  @Test
  void blocs_twice() {
    assertSecondCallFails(FeatureEngine::blocs, "blocs was already chosen");
  }

  @Test
  void arbitrage_twice() {
    assertSecondCallFails(
        FeatureEngine::arbitrage, "arbitrage was already set to cost 0.02, threshold 0.0");
  }

  @Test
  void arbitrage_impossible() {
    assertThatThrownBy(() -> FeatureEngine.forUniverse(G8).arbitrage(-1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1.0");
  }

  private static void assertSecondCallFails(Consumer<FeatureEngine> setter, String message) {
    FeatureEngine engine = FeatureEngine.forUniverse(G8);
    setter.accept(engine);
    assertThatThrownBy(() -> setter.accept(engine))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(message);
  }

  @Test
  void namesWhatWasSet() {
    assertThat(FeatureEngine.forUniverse(G8).windows(60, 90).blocs())
        .hasToString(
            "FeatureEngine[Universe[8 currencies, 28 pairs, 56 triangles], windows=[60, 90], blocs]");
  }
}
