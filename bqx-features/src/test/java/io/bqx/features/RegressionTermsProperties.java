package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bqx.features.RegressionTerms.Term;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Scale;

class RegressionTermsProperties implements RollingFormulaContract {

  private static final int ROWS = 2_000;

  @Override
  public Formula<Series> formula(Windows windows) {
    return RegressionTerms.of(windows);
  }

  @Override
  public int degree(String column) {
    return 1;
  }

  @Override
  public boolean scales(String column) {
    return !column.endsWith("_r2");
  }

  @Property(tries = 200)
  void addingAConstantMovesOnlyConstantTermAndPrediction(
      @ForAll("windows") Windows windows,
      @ForAll("gaplessSeries") Series y,
      @ForAll @Scale(9) @DoubleRange(min = -1000, max = 1000) double constant) {
    Set<Term> moved = EnumSet.of(Term.CONSTANT, Term.PREDICTION);
    FeatureFrame before = RegressionTerms.of(windows).compute(y);
    FeatureFrame after =
        RegressionTerms.of(windows)
            .compute(
                Series.wrapping(
                    y.axis(), Arrays.stream(y.toArray()).map(v -> v + constant).toArray()));
    for (int w : windows.regression()) {
      for (Term term : Term.values()) {
        double move = moved.contains(term) ? constant : 0;
        for (int t = w - 1; t < y.rows(); t++) {
          assertThat(after.value(term.columnOf(w), t))
              .as("%s at row %d", term.columnOf(w), t)
              .isCloseTo(before.value(term.columnOf(w), t) + move, within(1e-9));
        }
      }
    }
  }

  @Property(tries = 50)
  void anExactParabolaIsFoundAndLeavesNothing(
      @ForAll @Scale(9) @DoubleRange(min = -5, max = 5) double level,
      @ForAll @Scale(9) @DoubleRange(min = -5, max = 5) double slope,
      @ForAll @Scale(9) @DoubleRange(min = -5, max = 5) double curvature) {
    Windows windows = Windows.ofDefaults();
    double step = 1.0 / ROWS;
    double[] values = new double[ROWS];
    Arrays.setAll(values, t -> level + t * step * (slope + t * step * curvature));
    FeatureFrame terms =
        RegressionTerms.of(windows).compute(Series.wrapping(LongMarket.axis(ROWS), values));
    for (int w : windows.regression()) {
      for (int t = w - 1; t < ROWS; t++) {
        double first = (t - w + 1) * step;
        double span = (w - 1) * step;
        assertTerm(terms, Term.QUADRATIC, w, t, curvature * span * span);
        assertTerm(terms, Term.LINEAR, w, t, (slope + 2 * curvature * first) * span);
        assertTerm(terms, Term.CONSTANT, w, t, values[t - w + 1]);
        assertTerm(terms, Term.PREDICTION, w, t, values[t]);
        assertTerm(terms, Term.RESIDUAL, w, t, 0);
        assertTerm(terms, Term.RMSE, w, t, 0);
        assertTerm(terms, Term.R2, w, t, 1);
      }
    }
  }

  private static void assertTerm(FeatureFrame terms, Term term, int w, int t, double exact) {
    double allowed = Math.max(1e-9 * Math.abs(exact), 1e-12);
    double actual = terms.value(term.columnOf(w), t);
    if (!(Math.abs(actual - exact) <= allowed)) {
      assertThat(actual).as("%s at row %d", term.columnOf(w), t).isCloseTo(exact, within(allowed));
    }
  }

  @Property(tries = 200)
  void theThreeTermsAddUpToThePredictionAndTheResidualIsWhatItLeaves(
      @ForAll("windows") Windows windows, @ForAll("gaplessSeries") Series y) {
    FeatureFrame terms = RegressionTerms.of(windows).compute(y);
    for (int w : windows.regression()) {
      for (int t = w - 1; t < y.rows(); t++) {
        double sum =
            terms.value(Term.QUADRATIC.columnOf(w), t)
                + terms.value(Term.LINEAR.columnOf(w), t)
                + terms.value(Term.CONSTANT.columnOf(w), t);
        double prediction = terms.value(Term.PREDICTION.columnOf(w), t);
        assertThat(sum).isCloseTo(prediction, within(1e-10));
        assertThat(y.value(t) - prediction)
            .isCloseTo(terms.value(Term.RESIDUAL.columnOf(w), t), within(1e-10));
      }
    }
  }

  @Property(tries = 200)
  void theFitExplainsBetweenNothingAndEverything(
      @ForAll("windows") Windows windows, @ForAll("gaplessSeries") Series y) {
    FeatureFrame terms = RegressionTerms.of(windows).compute(y);
    for (int w : windows.regression()) {
      for (int t = w - 1; t < y.rows(); t++) {
        assertThat(terms.value(Term.R2.columnOf(w), t)).isBetween(-1e-12, 1.0);
        assertThat(terms.value(Term.RMSE.columnOf(w), t)).isGreaterThanOrEqualTo(0);
      }
    }
  }

  @Property(tries = 100)
  void aConstantWindowIsExactlyConstant(
      @ForAll("windows") Windows windows,
      @ForAll("gaplessSeries") Series before,
      @ForAll @Scale(9) @DoubleRange(min = -1e6, max = 1e6) double level) {
    int rows = before.rows();
    int constant = windows.longestRegression() + 50;
    double[] values = Arrays.copyOf(before.toArray(), rows + constant);
    Arrays.fill(values, rows, rows + constant, level);
    FeatureFrame terms =
        RegressionTerms.of(windows).compute(Series.of(LongMarket.axis(rows + constant), values));
    for (int w : windows.regression()) {
      for (int t = rows + w - 1; t < rows + constant; t++) {
        assertThat(terms.value(Term.QUADRATIC.columnOf(w), t)).isEqualTo(0.0);
        assertThat(terms.value(Term.LINEAR.columnOf(w), t)).isEqualTo(0.0);
        assertThat(terms.value(Term.CONSTANT.columnOf(w), t)).isEqualTo(level);
        assertThat(terms.value(Term.RESIDUAL.columnOf(w), t)).isEqualTo(0.0);
        assertThat(terms.value(Term.RMSE.columnOf(w), t)).isEqualTo(0.0);
        assertThat(terms.value(Term.R2.columnOf(w), t)).isEqualTo(1.0);
        assertThat(terms.value(Term.PREDICTION.columnOf(w), t)).isEqualTo(level);
      }
    }
  }

  @Example
  void r2AloneDependsOnTheScaleBecauseItsDenominatorHoldsAnAbsoluteConstant() {
    double[] zigzag = new double[60];
    Arrays.setAll(zigzag, t -> t % 2 == 0 ? 1 : -1);
    Series y = Series.of(LongMarket.axis(60), zigzag);
    RegressionTerms terms = RegressionTerms.of(Windows.ofDefaults().withRegression(60));
    assertThat(terms.compute(y).value("w60_r2", 59)).isLessThan(0.01);
    Series small = RollingFormulaContract.scaled(y, 1e-8);
    assertThat(terms.compute(small).value("w60_r2", 59)).isGreaterThan(0.9999);
  }
}
