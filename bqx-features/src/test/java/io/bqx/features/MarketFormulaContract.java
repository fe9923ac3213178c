package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** What every formula over a market panel promises: agreement with the specification, and bits. */
interface MarketFormulaContract {

  /** The formula under test. */
  Formula<MarketPanel> formula(Universe universe, Windows windows);

  /** Its input, made from a market at random. */
  MarketPanel input(RandomMarket market);

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

  @Property(tries = 150)
  default void aCutAnywhereChangesNoBit(
      @ForAll("markets") RandomMarket market,
      @ForAll("windows") Windows windows,
      @ForAll @IntRange(max = 119) int anyRow,
      @ForAll @IntRange(max = 119) int anyLength) {
    MarketPanel panel = input(market);
    int at = anyRow % panel.rows();
    int end = at + 1 + anyLength % (panel.rows() - at);
    Formula<MarketPanel> formula = formula(panel.universe(), windows);
    int from = Math.max(0, at - formula.lookback());
    FeatureFrame whole = formula.compute(panel);
    FeatureFrame piece = formula.compute(panel.slice(from, end));
    assertSameBits(piece, at - from, whole, at, end - at);
  }

  @Property(tries = 100)
  default void rowsAfterARowAreIgnored(
      @ForAll("markets") RandomMarket market,
      @ForAll("windows") Windows windows,
      @ForAll @IntRange(max = 119) int anyRow,
      @ForAll("disturbances") double other) {
    MarketPanel panel = input(market);
    int last = anyRow % panel.rows();
    Formula<MarketPanel> formula = formula(panel.universe(), windows);
    MarketPanel disturbed = disturbed(panel, last + 1, panel.rows(), other);
    assertSameBits(formula.compute(disturbed), 0, formula.compute(panel), 0, last + 1);
  }

  @Property(tries = 100)
  default void aValueThatHasLeftTheWindowLeavesNoTrace(
      @ForAll("markets") RandomMarket market,
      @ForAll("windows") Windows windows,
      @ForAll @IntRange(max = 119) int anyRow,
      @ForAll("disturbances") double spike) {
    MarketPanel panel = input(market);
    Formula<MarketPanel> formula = formula(panel.universe(), windows);
    int at = anyRow % panel.rows();
    int calm = Math.min(panel.rows(), at + formula.lookback() + 1);
    FeatureFrame computed = formula.compute(disturbed(panel, at, at + 1, spike));
    assertSameBits(computed, calm, formula.compute(panel), calm, panel.rows() - calm);
  }

  @Property(tries = 50)
  default void aFrameThatIsUsedAgainKeepsNothingOfItsFormerContent(
      @ForAll("markets") RandomMarket market, @ForAll("windows") Windows windows) {
    MarketPanel panel = input(market);
    Formula<MarketPanel> formula = formula(panel.universe(), windows);
    FeatureFrame used = FeatureFrame.allocate(panel.grid(), formula.columns());
    for (int c = 0; c < used.columns().size(); c++) {
      Arrays.fill(used.unsafeColumn(c), 42);
    }
    formula.computeInto(panel, used);
    assertSameBits(used, 0, formula.compute(panel), 0, panel.rows());
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

  /** Up to 120 rows of several universes, with gaps and absent pairs. */
  @Provide
  default Arbitrary<RandomMarket> markets() {
    return Combinators.combine(
            Arbitraries.of(
                TinyMarket.UNIVERSE,
                RandomMarket.INCOMPLETE,
                RandomMarket.INCOMPLETE,
                Universe.g8()),
            Arbitraries.integers().between(1, 120),
            Arbitraries.of(0.0, 0.01, 0.1, 0.5),
            Arbitraries.longs())
        .as(
            (universe, rows, gaps, seed) ->
                new RandomMarket(universe, rows, seed).withGaps(gaps).withAbsentPairs());
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

  /** What a market should never hold. */
  @Provide
  default Arbitrary<Double> disturbances() {
    return Arbitraries.of(Double.NaN, 1e6, -1e6, 1e9, 0.0);
  }

  /** The panel with one value in place of every value of some rows. */
  static MarketPanel disturbed(MarketPanel panel, int from, int to, double value) {
    double[][] values = copy(panel);
    for (double[] ofPair : values) {
      if (ofPair != null) {
        Arrays.fill(ofPair, from, to, value);
      }
    }
    return MarketPanel.wrapping(panel.universe(), panel.grid(), values);
  }

  /** Copies of the arrays of a panel, {@code null} for an absent pair. */
  static double[][] copy(MarketPanel panel) {
    double[][] values = new double[panel.universe().pairs().size()][];
    for (int p = 0; p < values.length; p++) {
      values[p] = panel.values(p) == null ? null : panel.values(p).clone();
    }
    return values;
  }

  /** Compares some rows of all columns to the last bit. */
  static void assertSameBits(
      FeatureFrame actual, int from, FeatureFrame expected, int expectedFrom, int rows) {
    for (int c = 0; c < expected.columns().size(); c++) {
      for (int row = 0; row < rows; row++) {
        long actualBits = Double.doubleToLongBits(actual.value(c, from + row));
        long expectedBits = Double.doubleToLongBits(expected.value(c, expectedFrom + row));
        if (actualBits != expectedBits) {
          assertThat(actual.value(c, from + row))
              .as("%s, row %d", expected.columns().get(c).name(), expectedFrom + row)
              .isEqualTo(Double.valueOf(expected.value(c, expectedFrom + row)));
        }
      }
    }
  }

  /** The panel with every value multiplied by a factor. */
  static MarketPanel scaled(MarketPanel panel, double factor) {
    double[][] values = copy(panel);
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
