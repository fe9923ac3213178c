package io.bqx.features;

import io.bqx.features.testing.Discrepancies;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Sections 3 to 5 of the specification on 28 pairs' bars, against values evaluated independently in
 * 80-bit arithmetic.
 */
class GoldenSeriesTest {

  private static final Windows WINDOWS = Windows.ofDefaults();
  private static final int TIMESTAMPS = 150;

  static final Iterable<String> PAIRS = BootstrapMarket.GOLDEN_PAIRS;

  @ParameterizedTest
  @FieldSource("PAIRS")
  void rateIndexAndBackwardReturnsAgree(String pair) {
    FeatureFrame index = BootstrapMarket.rateIndexFrame(pair);
    FeatureFrame returns = BackwardReturns.of(WINDOWS).compute(index.series(RateIndex.COLUMN));
    Discrepancies found = Discrepancies.atSpecifiedAccuracy();
    GoldenVectors.bootstrap(pair, "bqx").compareWith(index.and(returns), pair, found);
    found.assertNoneAmong(TIMESTAMPS * 30L);
  }

  @ParameterizedTest
  @FieldSource("PAIRS")
  void regressionTermsOfTheRateIndexAgree(String pair) {
    FeatureFrame terms =
        RegressionTerms.ofRateIndex(WINDOWS).compute(BootstrapMarket.rateIndex(pair));
    Discrepancies found = Discrepancies.atSpecifiedAccuracy();
    GoldenVectors.bootstrap(pair, "reg_rate").compareWith(terms, pair, found);
    found.assertNoneAmong(TIMESTAMPS * 30L);
  }

  @ParameterizedTest
  @FieldSource("PAIRS")
  void regressionTermsAndCovariancesOfTheReturnAgree(String pair) {
    FeatureFrame terms =
        RegressionTerms.of(WINDOWS).compute(BootstrapMarket.regressionSource(pair));
    FeatureFrame covariances = TermCovariance.of(WINDOWS).compute(terms);
    Discrepancies found = Discrepancies.atSpecifiedAccuracy();
    GoldenVectors.bootstrap(pair, "reg_bqx").compareWith(terms.and(covariances), pair, found);
    found.assertNoneAmong(TIMESTAMPS * 50L);
  }
}
