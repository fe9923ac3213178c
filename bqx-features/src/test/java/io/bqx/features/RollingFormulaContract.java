package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.bqx.features.testing.Frames;
import io.bqx.features.testing.SeriesFormulaContract;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** What every formula over a rolling window of a series promises, to the last bit. */
interface RollingFormulaContract extends SeriesFormulaContract {

  /** The formula under test. */
  Formula<Series> formula(Windows windows);

  @Override
  default Arbitrary<Formula<Series>> anyFormula() {
    return windows().map(this::formula);
  }

  /** The power of the input's scale by which a column scales. */
  int degree(String column);

  /** Whether a column scales with its input at all. */
  default boolean scales(String column) {
    return true;
  }

  /** The first row that has a value on gapless input. */
  default int firstPresentRow(FeatureColumn column) {
    return column.lookback();
  }

  @Property(tries = 200)
  default void theFirstValueAppearsExactlyAfterTheLookback(
      @ForAll("windows") Windows windows, @ForAll("gaplessSeries") Series series) {
    Formula<Series> formula = formula(windows);
    FeatureFrame frame = formula.compute(series);
    int longest = 0;
    for (FeatureColumn column : frame.columns()) {
      int first = firstPresentRow(column);
      longest = Math.max(longest, first);
      for (int row = 0; row < frame.rows(); row++) {
        boolean present = !Double.isNaN(frame.value(column.name(), row));
        if (present != row >= first) {
          fail("%s at row %d: present is %s".formatted(column.name(), row, present));
        }
      }
    }
    assertThat(longest).isEqualTo(formula.lookback());
  }

  @Property(tries = 200)
  default void oneRowLessThanTheLookbackLosesAValueAndOneRowMoreChangesNothing(
      @ForAll("windows") Windows windows, @ForAll("gaplessSeries") Series series) {
    Formula<Series> formula = formula(windows);
    int lookback = formula.lookback();
    int t = series.rows() - 1;
    Assume.that(t > lookback);
    FeatureFrame enough = formula.compute(series.slice(t - lookback, t + 1));
    FeatureFrame more = formula.compute(series.slice(t - lookback - 1, t + 1));
    FeatureFrame less = formula.compute(series.slice(t - lookback + 1, t + 1));
    Frames.assertSameBits(more, lookback + 1, enough, lookback, 1);
    assertThat(missingIn(enough, lookback)).isZero();
    assertThat(missingIn(less, lookback - 1)).isPositive();
  }

  @Property(tries = 200)
  default void aMissingValueRemovesValuesOfItsWindowsAndChangesNone(
      @ForAll("windows") Windows windows,
      @ForAll("gaplessSeries") Series series,
      @ForAll @IntRange(max = 399) int position) {
    int gap = position % series.rows();
    Formula<Series> formula = formula(windows);
    FeatureFrame full = formula.compute(series);
    FeatureFrame gappy = formula.compute(with(series, row -> row == gap, Double.NaN));
    for (int c = 0; c < full.columns().size(); c++) {
      int reach = gap + firstPresentRow(full.columns().get(c));
      for (int row = 0; row < full.rows(); row++) {
        boolean mayBeMissing = row >= gap && row <= reach;
        if (!(mayBeMissing && Double.isNaN(gappy.value(c, row)))) {
          Frames.assertSameBit(gappy.value(c, row), full.value(c, row), full, c, row);
        }
      }
    }
  }

  @Property(tries = 200)
  default void scalesWithItsInput(
      @ForAll("windows") Windows windows,
      @ForAll("gaplessSeries") Series series,
      @ForAll("scales") double scale) {
    FeatureFrame unscaled = formula(windows).compute(series);
    FeatureFrame scaled = formula(windows).compute(scaled(series, scale));
    for (int c = 0; c < unscaled.columns().size(); c++) {
      String column = unscaled.columns().get(c).name();
      if (scales(column)) {
        double rounding = 1e-12 * Math.pow(greatest(series), degree(column));
        for (int row = firstPresentRow(unscaled.columns().get(c)); row < series.rows(); row++) {
          double expected = unscaled.value(c, row);
          double actual = scaled.value(c, row) / Math.pow(scale, degree(column));
          double allowed = Math.max(1e-9 * Math.abs(expected), rounding);
          if (!(Math.abs(actual - expected) <= allowed)) {
            fail("%s at row %d was %s and became %s".formatted(column, row, expected, actual));
          }
        }
      }
    }
  }

  @Property(tries = 200)
  default void scalesWithItsInputToTheLastBitByPowersOfTwo(
      @ForAll("windows") Windows windows,
      @ForAll("gappySeries") Series series,
      @ForAll @IntRange(min = -27, max = 27) int exponent) {
    FeatureFrame unscaled = formula(windows).compute(series);
    FeatureFrame scaled = formula(windows).compute(scaled(series, Math.scalb(1.0, exponent)));
    for (int c = 0; c < unscaled.columns().size(); c++) {
      String column = unscaled.columns().get(c).name();
      if (scales(column)) {
        for (int row = 0; row < series.rows(); row++) {
          double actual = Math.scalb(scaled.value(c, row), -exponent * degree(column));
          Frames.assertSameBit(actual, unscaled.value(c, row), unscaled, c, row);
        }
      }
    }
  }

  /** One or two windows of each kind, short enough for a series to hold many. */
  @Provide
  default Arbitrary<Windows> windows() {
    Arbitrary<List<Integer>> regression =
        Arbitraries.integers()
            .between(3, 40)
            .set()
            .ofMinSize(1)
            .ofMaxSize(2)
            .map(RollingFormulaContract::ascending);
    Arbitrary<List<Integer>> bqx =
        Arbitraries.integers()
            .between(2, 30)
            .set()
            .ofMinSize(1)
            .ofMaxSize(2)
            .map(RollingFormulaContract::ascending);
    return Combinators.combine(regression, bqx).as(Windows::new);
  }

  private static List<Integer> ascending(Set<Integer> windows) {
    return windows.stream().sorted().toList();
  }

  @Provide
  default Arbitrary<Double> scales() {
    return Arbitraries.of(1e-8, 1e8, 0.1, 3.0);
  }

  private static Series with(Series series, IntPredicate rows, double value) {
    double[] values = series.toArray();
    for (int row = 0; row < values.length; row++) {
      if (rows.test(row)) {
        values[row] = value;
      }
    }
    return Series.wrapping(series.axis(), values);
  }

  static Series scaled(Series series, double scale) {
    double[] values = series.toArray();
    for (int row = 0; row < values.length; row++) {
      values[row] *= scale;
    }
    return Series.wrapping(series.axis(), values);
  }

  static double greatest(Series series) {
    double greatest = 0;
    for (double value : series.toArray()) {
      greatest = Math.max(greatest, Math.abs(value));
    }
    return greatest;
  }

  private static long missingIn(FeatureFrame frame, int row) {
    long missing = 0;
    for (int c = 0; c < frame.columns().size(); c++) {
      missing += Double.isNaN(frame.value(c, row)) ? 1 : 0;
    }
    return missing;
  }
}
