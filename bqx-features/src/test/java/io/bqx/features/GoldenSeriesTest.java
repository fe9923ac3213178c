package io.bqx.features;

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
    found.compare(pair, index.and(returns), GoldenVectors.bootstrap(pair, "bqx"));
    found.assertNoneAmong(TIMESTAMPS * 30L);
  }

  @ParameterizedTest
  @FieldSource("PAIRS")
  void regressionTermsOfTheRateIndexAgree(String pair) {
    FeatureFrame terms =
        RegressionTerms.ofRateIndex(WINDOWS).compute(BootstrapMarket.rateIndex(pair));
    Discrepancies found = Discrepancies.atSpecifiedAccuracy();
    found.compare(pair, terms, GoldenVectors.bootstrap(pair, "reg_rate"));
    found.assertNoneAmong(TIMESTAMPS * 30L);
  }

  @ParameterizedTest
  @FieldSource("PAIRS")
  void regressionTermsAndCovariancesOfTheReturnAgree(String pair) {
    FeatureFrame terms =
        RegressionTerms.of(WINDOWS).compute(BootstrapMarket.regressionSource(pair));
    FeatureFrame covariances = TermCovariance.of(WINDOWS).compute(terms);
    Discrepancies found = Discrepancies.atSpecifiedAccuracy();
    found.compare(pair, terms.and(covariances), GoldenVectors.bootstrap(pair, "reg_bqx"));
    found.assertNoneAmong(TIMESTAMPS * 50L);
  }
}
