package io.bqx.features.testing;

import io.bqx.features.Currency;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureFrame;
import io.bqx.features.Formula;
import io.bqx.features.MarketPanel;
import io.bqx.features.Universe;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/**
 * What every formula over a market panel promises: a value depends on its row and the lookback
 * before it, on nothing else, to the last bit.
 */
public interface PanelFormulaContract {

  /** The formulas under test, for a universe: one, or one of several settings. */
  Arbitrary<Function<Universe, Formula<MarketPanel>>> anyFormula();

  /** Their input, made from a market at random: its closes or its predictions. */
  MarketPanel input(RandomMarket market);

  /** {@link #anyFormula()}, for parameters of properties. */
  @Provide
  default Arbitrary<Function<Universe, Formula<MarketPanel>>> formulas() {
    return anyFormula();
  }

  @Property(tries = 150)
  default void aCutAnywhereChangesNoBit(
      @ForAll("markets") RandomMarket market,
      @ForAll("formulas") Function<Universe, Formula<MarketPanel>> formulaFor,
      @ForAll @IntRange(max = 119) int anyRow,
      @ForAll @IntRange(max = 119) int anyLength) {
    MarketPanel panel = input(market);
    int at = anyRow % panel.rows();
    int end = at + 1 + anyLength % (panel.rows() - at);
    Formula<MarketPanel> formula = formulaFor.apply(panel.universe());
    int from = Math.max(0, at - formula.lookback());
    FeatureFrame whole = formula.compute(panel);
    FeatureFrame piece = formula.compute(panel.slice(from, end));
    Frames.assertSameBits(piece, at - from, whole, at, end - at);
  }

  @Property(tries = 100)
  default void rowsAfterARowAreIgnored(
      @ForAll("markets") RandomMarket market,
      @ForAll("formulas") Function<Universe, Formula<MarketPanel>> formulaFor,
      @ForAll @IntRange(max = 119) int anyRow,
      @ForAll("disturbances") double other) {
    MarketPanel panel = input(market);
    int last = anyRow % panel.rows();
    Formula<MarketPanel> formula = formulaFor.apply(panel.universe());
    MarketPanel disturbed = disturbed(panel, last + 1, panel.rows(), other);
    Frames.assertSameBits(formula.compute(disturbed), 0, formula.compute(panel), 0, last + 1);
  }

  @Property(tries = 100)
  default void aValueThatHasLeftTheWindowLeavesNoTrace(
      @ForAll("markets") RandomMarket market,
      @ForAll("formulas") Function<Universe, Formula<MarketPanel>> formulaFor,
      @ForAll @IntRange(max = 119) int anyRow,
      @ForAll("disturbances") double spike) {
    MarketPanel panel = input(market);
    Formula<MarketPanel> formula = formulaFor.apply(panel.universe());
    int at = anyRow % panel.rows();
    int calm = Math.min(panel.rows(), at + formula.lookback() + 1);
    FeatureFrame computed = formula.compute(disturbed(panel, at, at + 1, spike));
    Frames.assertSameBits(computed, calm, formula.compute(panel), calm, panel.rows() - calm);
  }

  @Property(tries = 50)
  default void aFrameThatIsUsedAgainKeepsNothingOfItsFormerContent(
      @ForAll("markets") RandomMarket market,
      @ForAll("formulas") Function<Universe, Formula<MarketPanel>> formulaFor) {
    MarketPanel panel = input(market);
    Frames.assertOverwrites(formulaFor.apply(panel.universe()), panel);
  }

  /** Up to 120 rows of several universes, with gaps and absent pairs. */
  @Provide
  default Arbitrary<RandomMarket> markets() {
    Universe three =
        Universe.ofPairs(
            List.of(Currency.USD, Currency.EUR, Currency.JPY),
            List.of(
                CurrencyPair.of("eurjpy"), CurrencyPair.of("eurusd"), CurrencyPair.of("usdjpy")));
    return Combinators.combine(
            Arbitraries.of(three, RandomMarket.INCOMPLETE, RandomMarket.INCOMPLETE, Universe.g8()),
            Arbitraries.integers().between(1, 120),
            Arbitraries.of(0.0, 0.01, 0.1, 0.5),
            Arbitraries.longs())
        .as(
            (universe, rows, gaps, seed) ->
                new RandomMarket(universe, rows, seed).withGaps(gaps).withAbsentPairs());
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

  /** Copies of the values of a panel, an array per pair, {@code null} for an absent one. */
  static double[][] copy(MarketPanel panel) {
    double[][] values = new double[panel.universe().pairs().size()][];
    for (int p = 0; p < values.length; p++) {
      CurrencyPair pair = panel.universe().pairs().get(p);
      if (panel.has(pair)) {
        values[p] = new double[panel.rows()];
        Arrays.setAll(values[p], row -> panel.value(pair, row));
      }
    }
    return values;
  }
}
