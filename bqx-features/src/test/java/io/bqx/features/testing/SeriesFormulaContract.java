package io.bqx.features.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.features.FeatureFrame;
import io.bqx.features.Formula;
import io.bqx.features.Series;
import io.bqx.features.TimeAxis;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/**
 * What every formula over a series promises: a value depends on its row and the lookback before it,
 * on nothing else, to the last bit.
 */
public interface SeriesFormulaContract {

  /** The formulas under test: one, or one of several settings. */
  Arbitrary<? extends Formula<Series>> anyFormula();

  /** {@link #anyFormula()}, for parameters of properties. */
  @Provide
  default Arbitrary<? extends Formula<Series>> formulas() {
    return anyFormula();
  }

  @Property(tries = 200)
  default void aCutAnywhereChangesNoBit(
      @ForAll("formulas") Formula<Series> formula,
      @ForAll("gappySeries") Series series,
      @ForAll @IntRange(max = 399) int position) {
    int at = position % series.rows();
    FeatureFrame whole = formula.compute(series);
    int from = Math.max(0, at - formula.lookback());
    FeatureFrame piece = formula.compute(series.slice(from, series.rows()));
    Frames.assertSameBits(piece, at - from, whole, at, series.rows() - at);
  }

  @Property(tries = 200)
  default void rowsAfterARowAreIgnored(
      @ForAll("formulas") Formula<Series> formula,
      @ForAll("gappySeries") Series series,
      @ForAll @IntRange(max = 399) int position,
      @ForAll("disturbances") double other) {
    int last = position % series.rows();
    FeatureFrame before = formula.compute(series);
    FeatureFrame after = formula.compute(disturbed(series, last + 1, series.rows(), other));
    Frames.assertSameBits(after, 0, before, 0, last + 1);
  }

  @Property(tries = 200)
  default void aValueThatHasLeftTheWindowLeavesNoTrace(
      @ForAll("formulas") Formula<Series> formula,
      @ForAll("gappySeries") Series series,
      @ForAll @IntRange(max = 399) int position,
      @ForAll("disturbances") double spike) {
    int at = position % series.rows();
    int calm = Math.min(series.rows(), at + formula.lookback() + 1);
    FeatureFrame computed = formula.compute(disturbed(series, at, at + 1, spike));
    Frames.assertSameBits(computed, calm, formula.compute(series), calm, series.rows() - calm);
  }

  @Property(tries = 100)
  default void aFrameThatIsUsedAgainKeepsNothingOfItsFormerContent(
      @ForAll("formulas") Formula<Series> formula, @ForAll("gappySeries") Series series) {
    Frames.assertOverwrites(formula, series);
  }

  @Property(tries = 10)
  default void aSeriesWithoutRowsGivesAFrameWithoutRows(
      @ForAll("formulas") Formula<Series> formula) {
    FeatureFrame frame = formula.compute(Series.of(TimeAxis.of()));
    assertThat(frame.rows()).isZero();
    assertThat(frame.columns()).isEqualTo(formula.columns());
  }

  /**
   * Random walks around 100 with flat stretches and jumps, of 1 to 400 rows on hours that cross the
   * ends of months.
   */
  @Provide
  default Arbitrary<Series> gaplessSeries() {
    return seriesWith(0);
  }

  /** The same with missing values. */
  @Provide
  default Arbitrary<Series> gappySeries() {
    return seriesWith(0.01);
  }

  /** What a series should never hold, and what makes a difference. */
  @Provide
  default Arbitrary<Double> disturbances() {
    return Arbitraries.of(Double.NaN, 1e6, -1e6, 1e9, 0.0);
  }

  private static Arbitrary<Series> seriesWith(double missing) {
    return Combinators.combine(
            Arbitraries.integers().between(1, 400),
            Arbitraries.integers().between(0, 500),
            Arbitraries.integers().between(0, 100),
            Arbitraries.randomValue(random -> random.nextLong()))
        .as(
            (rows, ordinal, before, seed) ->
                Series.wrapping(
                    RandomWalk.axis(rows, ordinal, before),
                    RandomWalk.values(rows, seed, missing)));
  }

  /** The series with one value in place of every value of some rows. */
  static Series disturbed(Series series, int from, int to, double value) {
    double[] values = series.toArray();
    Arrays.fill(values, from, to, value);
    return Series.wrapping(series.axis(), values);
  }
}
