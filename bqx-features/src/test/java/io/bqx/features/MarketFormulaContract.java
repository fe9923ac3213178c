package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.features.testing.Discrepancies;
import io.bqx.features.testing.PanelFormulaContract;
import io.bqx.features.testing.RandomMarket;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What every formula over a market panel promises: agreement with the specification, and bits. */
interface MarketFormulaContract extends PanelFormulaContract {

  /** The formula under test. */
  Formula<MarketPanel> formula(Universe universe, Windows windows);

  @Override
  default Arbitrary<Function<Universe, Formula<MarketPanel>>> anyFormula() {
    return windows().map(windows -> universe -> formula(universe, windows));
  }

  /** All its columns at a row, evaluated directly. */
  Map<String, Double> exactRow(MarketPanel input, Windows windows, int k);

  @Property(tries = 60)
  default void everyValueAgreesWithItsDirectEvaluation(
      @ForAll("markets") RandomMarket market, @ForAll("windows") Windows windows) {
    MarketPanel panel = input(market);
    FeatureFrame computed = formula(panel.universe(), windows).compute(panel);
    MarketTolerance tolerance = new MarketTolerance();
    Discrepancies found = new Discrepancies(tolerance);
    for (int k = 0; k < panel.rows(); k++) {
      Map<String, Double> exact = exactRow(panel, windows, k);
      tolerance.turnTo(exact::get);
      assertThat(computed.columns())
          .extracting(FeatureColumn::name)
          .containsExactlyElementsOf(exact.keySet());
      for (int c = 0; c < computed.columns().size(); c++) {
        String column = computed.columns().get(c).name();
        found.compare(
            "row " + k,
            panel.grid().epochMicros(k),
            column,
            computed.value(c, k),
            exact.get(column));
      }
    }
    found.assertNoneAmong(0);
  }

  @Property(tries = 50)
  default void theFirstValueAppearsExactlyAfterTheLookbackOfItsColumn(
      @ForAll("windows") Windows windows, @ForAll long seed) {
    MarketPanel panel = input(new RandomMarket(Universe.g8(), 60, seed));
    FeatureFrame computed = formula(Universe.g8(), windows).compute(panel);
    for (FeatureColumn column : computed.columns()) {
      for (int k = 0; k < Math.min(panel.rows(), column.lookback()); k++) {
        assertThat(computed.value(column.name(), k)).as("%s at row %d", column.name(), k).isNaN();
      }
      boolean mayBeUndefined =
          column.name().contains("_coherence_") || column.name().contains("_roc_");
      if (column.lookback() < panel.rows() && !mayBeUndefined) {
        assertThat(computed.value(column.name(), column.lookback())).as(column.name()).isNotNaN();
      }
    }
  }

  @Example
  default void noRowsGiveNoRows() {
    MarketPanel empty = input(new RandomMarket(Universe.g8(), 0, 1));
    assertThat(formula(Universe.g8(), Windows.ofDefaults()).compute(empty).rows()).isZero();
  }

  @Example
  default void aPanelOfAnotherUniverseIsRefused() {
    MarketPanel other = input(new RandomMarket(TinyMarket.UNIVERSE, 10, 1));
    assertThatThrownBy(() -> formula(Universe.g8(), Windows.ofDefaults()).compute(other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Universe[8 currencies, 28 pairs, 56 triangles]")
        .hasMessageContaining("Universe[3 currencies, 3 pairs, 1 triangles]");
  }

  @Example
  default void aFrameOfOtherColumnsIsRefused() {
    MarketPanel panel = input(new RandomMarket(Universe.g8(), 10, 1));
    FeatureFrame other = FeatureFrame.allocate(panel.grid(), List.of(FeatureColumn.TS_UTC));
    assertThatThrownBy(() -> formula(Universe.g8(), Windows.ofDefaults()).computeInto(panel, other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ts_utc");
  }

  /** One or two regression windows, short enough for a panel to hold several. */
  @Provide
  default Arbitrary<Windows> windows() {
    return Arbitraries.integers()
        .between(3, 40)
        .set()
        .ofMinSize(1)
        .ofMaxSize(2)
        .map(windows -> new Windows(List.copyOf(new TreeSet<>(windows)), List.of(15)));
  }

  /** The panel with every value multiplied by a factor. */
  static MarketPanel scaled(MarketPanel panel, double factor) {
    double[][] values = PanelFormulaContract.copy(panel);
    for (double[] ofPair : values) {
      for (int k = 0; ofPair != null && k < panel.rows(); k++) {
        ofPair[k] *= factor;
      }
    }
    return MarketPanel.wrapping(panel.universe(), panel.grid(), values);
  }

  /** Compares a column with another frame's, multiplied by a factor that loses nothing. */
  static void assertColumnIs(FeatureFrame actual, FeatureFrame expected, int c, double factor) {
    for (int k = 0; k < expected.rows(); k++) {
      assertThat(actual.value(c, k) + 0.0)
          .as("%s, row %d", expected.columns().get(c).name(), k)
          .isEqualTo(Double.valueOf(factor * expected.value(c, k) + 0.0));
    }
  }
}
