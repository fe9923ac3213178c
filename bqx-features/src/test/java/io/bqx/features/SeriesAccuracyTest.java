package io.bqx.features;

import io.bqx.features.RegressionTerms.Term;
import io.bqx.features.TermCovariance.Pairing;
import io.bqx.features.testing.Discrepancies;
import java.util.Arrays;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every value of every row and column of two series against {@link ExactSeries}, at the accuracy
 * that the specification demands: of 210,000 and 70,000 bars, and once more of 210,000 in the long
 * tests.
 */
class SeriesAccuracyTest {

  private static final Windows WINDOWS = Windows.ofDefaults();

  @ParameterizedTest
  @CsvSource({"210000, 150, 0.001, 1", "70000, 0.5, 0.00001, 2"})
  void regressionTermsAndCovariancesOfTheReturnAreExactInEveryRow(
      int rows, double price, double tick, long seed) {
    double[] closes = LongMarket.closes(rows, price, tick, seed);
    Series index = index(closes);
    Series y = BootstrapMarket.regressionSource(index, WINDOWS);
    FeatureFrame terms = RegressionTerms.of(WINDOWS).compute(y);
    FeatureFrame covariances = TermCovariance.of(WINDOWS).compute(terms);

    int source = WINDOWS.regressionSource();
    DoubleDouble[] exactReturn =
        ExactSeries.backwardReturn(ExactSeries.rateIndex(closes, closes[0]), source);
    DoubleDouble[] exactY = Arrays.copyOfRange(exactReturn, source, rows);
    Discrepancies found = Discrepancies.atSpecifiedAccuracy();
    WINDOWS.regression().parallelStream()
        .forEach(
            w -> {
              DoubleDouble[][] exact = ExactSeries.terms(exactY, w);
              for (Term term : Term.values()) {
                compare(found, terms, term.columnOf(w), exact[term.ordinal()]);
              }
              for (Pairing pairing : Pairing.values()) {
                DoubleDouble[] covariance =
                    ExactSeries.sampleCovariance(
                        exact[pairing.first.ordinal()], exact[pairing.second.ordinal()], w);
                compare(found, covariances, pairing.columnOf(w), covariance);
              }
            });
    found.assertNoneAmong(72L * rows);
  }

  @ParameterizedTest
  @CsvSource({"210000, 150, 0.001, 1", "70000, 0.5, 0.00001, 2"})
  void regressionTermsOfTheRateIndexAreExactInEveryRow(
      int rows, double price, double tick, long seed) {
    double[] closes = LongMarket.closes(rows, price, tick, seed);
    FeatureFrame terms = RegressionTerms.ofRateIndex(WINDOWS).compute(index(closes));
    DoubleDouble[] exactIndex = ExactSeries.rateIndex(closes, closes[0]);
    Discrepancies found = Discrepancies.atSpecifiedAccuracy();
    WINDOWS.regression().parallelStream()
        .forEach(
            w -> {
              DoubleDouble[][] exact = ExactSeries.terms(exactIndex, w);
              for (Term term : Term.values()) {
                compare(found, terms, term.columnOf(w), exact[term.ordinal()]);
              }
            });
    found.assertNoneAmong(40L * rows);
  }

  @ParameterizedTest
  @CsvSource({"210000, 150, 0.001, 1", "70000, 0.5, 0.00001, 2"})
  void backwardReturnsAreExactInEveryRow(int rows, double price, double tick, long seed) {
    double[] closes = LongMarket.closes(rows, price, tick, seed);
    FeatureFrame returns = BackwardReturns.of(WINDOWS).compute(index(closes));
    DoubleDouble[] index = ExactSeries.rateIndex(closes, closes[0]);
    Discrepancies found = Discrepancies.atSpecifiedAccuracy();
    WINDOWS.bqx().parallelStream()
        .forEach(
            w -> {
              compareWindow(found, returns, "w" + w, index, w);
              compareEach(
                  found,
                  returns,
                  "w" + w + "_bqx_endpoint",
                  w,
                  t -> index[t - w].minus(index[t]).over(index[t]));
            });
    int w = WINDOWS.aggregate();
    compareWindow(found, returns, "agg", index, w);
    DoubleDouble[] deviation = ExactSeries.sampleDeviation(index, w);
    DoubleDouble[] mirrored = negated(index);
    compareEach(
        found,
        returns,
        "agg_bqx_range",
        w,
        t -> highest(index, t, w).plus(highest(mirrored, t, w)).over(index[t]));
    compareEach(found, returns, "agg_bqx_volatility", w, t -> deviation[t - 1].over(index[t]));
    found.assertNoneAmong(35L * rows);
  }

  @Tag("long")
  @Test
  void theSecondSeriesIsExactInAsManyRowsAsTheFirst() {
    regressionTermsAndCovariancesOfTheReturnAreExactInEveryRow(210_000, 0.5, 0.00001, 2);
    regressionTermsOfTheRateIndexAreExactInEveryRow(210_000, 0.5, 0.00001, 2);
    backwardReturnsAreExactInEveryRow(210_000, 0.5, 0.00001, 2);
  }

  private static void compareWindow(
      Discrepancies found, FeatureFrame returns, String prefix, DoubleDouble[] index, int w) {
    DoubleDouble[] sums = ExactSeries.sums(index, w, 0);
    DoubleDouble[] deviation = ExactSeries.sampleDeviation(index, w);
    DoubleDouble[] mirrored = negated(index);
    compare(found, returns, prefix + "_bqx_return", ExactSeries.backwardReturn(index, w));
    compareEach(found, returns, prefix + "_bqx_max_index", w, t -> highest(index, t, w));
    compareEach(
        found, returns, prefix + "_bqx_min_index", w, t -> highest(mirrored, t, w).negated());
    compareEach(found, returns, prefix + "_bqx_avg_index", w, t -> sums[t - 1].over(w));
    compareEach(found, returns, prefix + "_bqx_stdev_index", w, t -> deviation[t - 1]);
  }

  private static DoubleDouble[] negated(DoubleDouble[] values) {
    return Arrays.stream(values).map(DoubleDouble::negated).toArray(DoubleDouble[]::new);
  }

  /** The highest of the {@code w} values before row {@code t}. */
  private static DoubleDouble highest(DoubleDouble[] values, int t, int w) {
    DoubleDouble highest = values[t - w];
    for (int row = t - w + 1; row < t; row++) {
      highest = values[row].value() > highest.value() ? values[row] : highest;
    }
    return highest;
  }

  private static void compareEach(
      Discrepancies found,
      FeatureFrame computed,
      String column,
      int first,
      IntFunction<DoubleDouble> exact) {
    DoubleDouble[] expected = new DoubleDouble[computed.rows()];
    for (int t = first; t < expected.length; t++) {
      expected[t] = exact.apply(t);
    }
    compare(found, computed, column, expected);
  }

  private static Series index(double[] closes) {
    Series series = Series.wrapping(LongMarket.axis(closes.length), closes);
    return RateIndex.relativeTo(closes[0]).compute(series).series(RateIndex.COLUMN);
  }

  private static void compare(
      Discrepancies found, FeatureFrame computed, String column, DoubleDouble[] exact) {
    int c = computed.indexOf(column);
    synchronized (found) {
      for (int row = 0; row < exact.length; row++) {
        double expected = exact[row] == null ? Double.NaN : exact[row].value();
        found.compare(
            "", computed.axis().epochMicros(row), column, computed.value(c, row), expected);
      }
    }
  }
}
