package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.bqx.features.testing.Discrepancies;
import io.bqx.features.testing.Frames;
import io.bqx.features.testing.PanelFormulaContract;
import io.bqx.features.testing.RandomMarket;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

/** Section 8: blocs of currencies. */
class CurrencyBlocsProperties implements MarketFormulaContract {

  private static final Windows WINDOWS = new Windows(List.of(5, 12), List.of(15));
  private static final int FILL_LIMIT = 3;

  @Override
  public Formula<MarketPanel> formula(Universe universe, Windows windows) {
    return CurrencyBlocs.of(universe, windows, FILL_LIMIT);
  }

  @Override
  public MarketPanel input(RandomMarket market) {
    return market.predictions();
  }

  @Override
  public Map<String, Double> exactRow(MarketPanel input, Windows windows, int k) {
    return new ExactMarket(input, windows, FILL_LIMIT).blocs(k);
  }

  @Property(tries = 100)
  void coherenceLiesBetweenMinusOneAndOne(
      @ForAll("markets") RandomMarket market, @ForAll("windows") Windows windows) {
    MarketPanel panel = market.predictions();
    FeatureFrame blocs = CurrencyBlocs.of(panel.universe(), windows).compute(panel);
    for (FeatureColumn column : blocs.columns()) {
      if (column.name().contains("_coherence_")) {
        for (int k = 0; k < blocs.rows(); k++) {
          double coherence = blocs.value(column.name(), k);
          assertThat(Double.isNaN(coherence) || Math.abs(coherence) <= 1 + 1e-12)
              .as("%s at row %d is %s", column.name(), k, coherence)
              .isTrue();
        }
      }
    }
  }

  @Property(tries = 50)
  void membersThatMoveAsOneAreFullyCoherent(
      @ForAll long seed, @ForAll @IntRange(min = -9, max = 9) int magnitude) {
    double size = 3 * Math.pow(10, magnitude);
    double[] walk = new Random(seed).doubles(40, -1e-3, 1e-3).toArray();
    double[] larger = Arrays.stream(walk).map(value -> size * value).toArray();
    assertThat(usdCoherence(negated(walk), larger)).isCloseTo(1, within(1e-12));
    assertThat(usdCoherence(walk, larger)).isCloseTo(-1, within(1e-12));
  }

  /**
   * The last value over 12 rows where the dollar's members are {@code -eurusd} and {@code usdjpy}.
   */
  private static double usdCoherence(double[] eurusd, double[] usdjpy) {
    double[][] values = {null, eurusd, usdjpy};
    TimeAxis grid = LongMarket.axis(eurusd.length);
    MarketPanel panel = MarketPanel.wrapping(TinyMarket.UNIVERSE, grid, values);
    FeatureFrame blocs = CurrencyBlocs.of(TinyMarket.UNIVERSE, WINDOWS).compute(panel);
    return blocs.value("usd_bloc_coherence_12min", grid.rows() - 1);
  }

  private static double[] negated(double[] values) {
    return Arrays.stream(values).map(value -> -value).toArray();
  }

  @Property(tries = 50)
  void negatedPredictionsNegateStrengthAndLeaveSpreadAndCoherence(
      @ForAll("markets") RandomMarket market) {
    MarketPanel panel = market.predictions();
    CurrencyBlocs formula = CurrencyBlocs.of(panel.universe(), WINDOWS);
    FeatureFrame blocs = formula.compute(panel);
    FeatureFrame negated = formula.compute(MarketFormulaContract.scaled(panel, -1));
    for (int c = 0; c < blocs.columns().size(); c++) {
      double sign = blocs.columns().get(c).name().matches(".*(strength|momentum).*") ? -1 : 1;
      MarketFormulaContract.assertColumnIs(negated, blocs, c, sign);
    }
  }

  /** Powers of two lose nothing, so scaling must be exact: no column hides an absolute constant. */
  @Property(tries = 50)
  void strengthScalesWithThePredictionsAndSharesAndCoherenceDoNot(
      @ForAll("markets") RandomMarket market) {
    MarketPanel panel = market.predictions();
    CurrencyBlocs formula = CurrencyBlocs.of(panel.universe(), WINDOWS);
    FeatureFrame blocs = formula.compute(panel);
    FeatureFrame scaled = formula.compute(MarketFormulaContract.scaled(panel, 0x1p20));
    for (int c = 0; c < blocs.columns().size(); c++) {
      boolean pure = blocs.columns().get(c).name().matches(".*(consensus|coherence).*");
      MarketFormulaContract.assertColumnIs(scaled, blocs, c, pure ? 1 : 0x1p20);
    }
  }

  @Property(tries = 50)
  void quotingAPairTheOtherWayRoundChangesNothing(@ForAll("markets") RandomMarket market) {
    MarketPanel panel = market.predictions();
    List<CurrencyPair> pairs =
        panel.universe().pairs().stream().map(CurrencyPair::inverse).toList();
    Universe inverted = Universe.ofPairs(panel.universe().currencies(), pairs);
    MarketPanel invertedPanel =
        MarketPanel.wrapping(
            inverted,
            panel.grid(),
            PanelFormulaContract.copy(MarketFormulaContract.scaled(panel, -1)));
    FeatureFrame blocs = CurrencyBlocs.of(panel.universe(), WINDOWS).compute(panel);
    FeatureFrame ofInverted = CurrencyBlocs.of(inverted, WINDOWS).compute(invertedPanel);
    for (int c = 0; c < blocs.columns().size(); c++) {
      MarketFormulaContract.assertColumnIs(ofInverted, blocs, c, 1);
    }
  }

  @Property(tries = 50)
  void equalMembersHaveDispersionZeroAndFullConsensus(
      @ForAll @DoubleRange(min = -1, max = -0.01) double value,
      @ForAll @IntRange(min = 2, max = 7) int present) {
    Universe g8 = Universe.g8();
    double[][] values = new double[28][1];
    int left = present;
    for (CurrencyPair pair : g8.pairs()) {
      boolean member = pair.contains(Currency.USD);
      int sign = member ? pair.signOf(Currency.USD) : 1;
      values[g8.indexOf(pair)][0] = member && left-- <= 0 ? Double.NaN : sign * value;
    }
    FeatureFrame blocs =
        CurrencyBlocs.of(g8, WINDOWS).compute(MarketPanel.wrapping(g8, LongMarket.axis(1), values));
    assertThat(blocs.value("usd_bloc_strength", 0)).isEqualTo(value);
    assertThat(blocs.value("usd_bloc_dispersion", 0)).isZero();
    assertThat(blocs.value("usd_bloc_consensus", 0)).isEqualTo(1);
  }

  /**
   * Coherence at row 30 over 12 rows begins at row 19, the last filled row of a gap from 17 to 19.
   */
  @Property(tries = 20)
  void oneRowLessThanTheLookbackLosesAValueAndOneRowMoreChangesNothing(@ForAll long seed) {
    double[][] values =
        PanelFormulaContract.copy(new RandomMarket(Universe.g8(), 31, seed).predictions());
    Arrays.fill(values[Universe.g8().indexOf(CurrencyPair.of("eurusd"))], 17, 20, Double.NaN);
    MarketPanel panel = MarketPanel.wrapping(Universe.g8(), LongMarket.axis(31), values);
    CurrencyBlocs formula = CurrencyBlocs.of(Universe.g8(), WINDOWS, FILL_LIMIT);
    int lookback = formula.lookback();
    assertThat(lookback).isEqualTo(14);
    FeatureFrame enough = formula.compute(panel.slice(30 - lookback, 31));
    FeatureFrame more = formula.compute(panel.slice(30 - lookback - 1, 31));
    FeatureFrame less = formula.compute(panel.slice(30 - lookback + 1, 31));
    Frames.assertSameBits(more, lookback + 1, enough, lookback, 1);
    assertThat(enough.columns().stream().map(c -> enough.value(c.name(), lookback)))
        .noneMatch(value -> value.isNaN() && panelVaries(values));
    assertThat(less.value("usd_bloc_coherence_12min", lookback - 1)).isNaN();
  }

  private static boolean panelVaries(double[][] values) {
    return Arrays.stream(values)
        .allMatch(ofPair -> Arrays.stream(ofPair, 20, 31).distinct().count() > 1);
  }

  @Example
  void aBlocWithoutMembersIsMissing() {
    MarketPanel panel = new RandomMarket(TinyMarket.UNIVERSE, 40, 1).predictions();
    FeatureFrame blocs = CurrencyBlocs.of(TinyMarket.UNIVERSE, WINDOWS).compute(panel);
    for (FeatureColumn column : blocs.columns()) {
      if (column.name().startsWith("commodity_")) {
        assertThat(blocs.series(column.name()).toArray()).containsOnly(Double.NaN);
      }
    }
  }

  @Example
  void oneMemberThatVariesAloneHasNoCoherence() {
    double[][] values = new double[3][40];
    Arrays.fill(values[2], 0.1);
    Arrays.setAll(values[1], k -> Math.sin(k));
    MarketPanel panel = MarketPanel.wrapping(TinyMarket.UNIVERSE, LongMarket.axis(40), values);
    FeatureFrame blocs = CurrencyBlocs.of(TinyMarket.UNIVERSE, WINDOWS).compute(panel);
    assertThat(blocs.series("usd_bloc_coherence_12min").toArray()).containsOnly(Double.NaN);
  }

  /**
   * One member of size 1e6 beside members of 1e-3: variances of 1e12 must not swallow those of
   * 1e-6.
   */
  @Example
  void aMemberThatDwarfsTheOthersCostsNoAccuracy() {
    double[][] values =
        PanelFormulaContract.copy(new RandomMarket(Universe.g8(), 60, 7).predictions());
    double[] eurusd = values[Universe.g8().indexOf(CurrencyPair.of("eurusd"))];
    Arrays.setAll(eurusd, k -> 1e9 * eurusd[k]);
    MarketPanel panel = MarketPanel.wrapping(Universe.g8(), LongMarket.axis(60), values);
    FeatureFrame blocs = CurrencyBlocs.of(Universe.g8(), WINDOWS).compute(panel);
    Discrepancies found = Discrepancies.atSpecifiedAccuracy();
    for (int k = 0; k < 60; k++) {
      Map<String, Double> exact = new ExactMarket(panel, WINDOWS, 15).blocs(k);
      for (FeatureColumn column : blocs.columns()) {
        double computed = blocs.value(column.name(), k);
        found.compare("row " + k, 0, column.name(), computed, exact.get(column.name()));
      }
    }
    found.assertNoneAmong(1000);
  }

  @Example
  void aNegativeFillLimitIsRefused() {
    assertThatThrownBy(() -> CurrencyBlocs.of(Universe.g8(), WINDOWS, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("fill limit")
        .hasMessageContaining("-1");
  }
}
