package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Scale;

/**
 * The covariances of the terms of a series: both formulas together look back as far as each of them
 * in turn.
 */
class TermCovarianceProperties implements RollingFormulaContract {

  @Override
  public Formula<Series> formula(Windows windows) {
    return new CovarianceOfSeries(RegressionTerms.of(windows), TermCovariance.of(windows));
  }

  private record CovarianceOfSeries(RegressionTerms terms, TermCovariance covariance)
      implements Formula<Series> {

    @Override
    public List<FeatureColumn> columns() {
      return covariance.columns();
    }

    @Override
    public int lookback() {
      return terms.lookback() + covariance.lookback();
    }

    @Override
    public FeatureFrame compute(Series y) {
      return covariance.compute(terms.compute(y));
    }

    @Override
    public void computeInto(Series y, FeatureFrame out) {
      covariance.computeInto(terms.compute(y), out);
    }
  }

  @Override
  public int degree(String column) {
    return 2;
  }

  @Override
  public int firstPresentRow(FeatureColumn column) {
    return 2 * column.lookback();
  }

  @Property(tries = 200)
  void addingAConstantMovesNothing(
      @ForAll("windows") Windows windows,
      @ForAll("gaplessSeries") Series y,
      @ForAll @Scale(9) @DoubleRange(min = -1000, max = 1000) double constant) {
    FeatureFrame before = formula(windows).compute(y);
    FeatureFrame after =
        formula(windows)
            .compute(
                Series.wrapping(
                    y.axis(), Arrays.stream(y.toArray()).map(v -> v + constant).toArray()));
    for (FeatureColumn column : before.columns()) {
      for (int t = firstPresentRow(column); t < y.rows(); t++) {
        double expected = before.value(column.name(), t);
        assertThat(after.value(column.name(), t))
            .as("%s at row %d", column.name(), t)
            .isCloseTo(expected, within(Math.max(1e-9 * Math.abs(expected), 1e-8)));
      }
    }
  }

  @Property(tries = 100)
  void constantTermsCovaryExactlyNotAtAll(
      @ForAll("windows") Windows windows,
      @ForAll("gaplessSeries") Series before,
      @ForAll @Scale(9) @DoubleRange(min = -1e6, max = 1e6) double level) {
    int rows = before.rows();
    int constant = 2 * windows.longestRegression() + 50;
    double[] values = Arrays.copyOf(before.toArray(), rows + constant);
    Arrays.fill(values, rows, rows + constant, level);
    FeatureFrame covariances =
        formula(windows).compute(Series.of(LongMarket.axis(rows + constant), values));
    for (FeatureColumn column : covariances.columns()) {
      for (int t = rows + firstPresentRow(column); t < rows + constant; t++) {
        assertThat(covariances.value(column.name(), t))
            .as("%s at row %d", column.name(), t)
            .isEqualTo(0.0);
      }
    }
  }

  @Property(tries = 50)
  void termsAreFoundByNameWhereverTheyStand(@ForAll("gappySeries") Series y) {
    Windows windows = Windows.ofDefaults().withRegression(5, 9);
    FeatureFrame terms = RegressionTerms.of(windows).compute(y);
    FeatureFrame apart =
        RegressionTerms.of(windows.withRegression(9))
            .compute(y)
            .and(RegressionTerms.of(windows.withRegression(5)).compute(y));
    TermCovariance covariance = TermCovariance.of(windows);
    for (FeatureColumn column : covariance.columns()) {
      assertThat(covariance.compute(apart).series(column.name()).toArray())
          .containsExactly(covariance.compute(terms).series(column.name()).toArray());
    }
  }

  @Example
  void aFrameWithoutATermIsRefusedByTheNameOfTheColumn() {
    Series y = Series.of(LongMarket.axis(3), 1, 2, 4);
    FeatureFrame terms = RegressionTerms.of(Windows.ofDefaults().withRegression(3)).compute(y);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TermCovariance.of(Windows.ofDefaults().withRegression(4)).compute(terms))
        .withMessageContaining("w4_quadratic_term");
  }
}
