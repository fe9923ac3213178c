package io.bqx.features;

import io.bqx.features.testing.Discrepancies;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sections 3 to 5 of the specification on sixteen rows, with windows of 3 and 4 and BQX windows of
 * 2 and 3 rows.
 */
class TinySeriesTest {

  @ParameterizedTest
  @ValueSource(strings = {"eurjpy", "eurusd", "usdjpy"})
  void everyValueOfEveryRowAgrees(String pair) {
    Discrepancies found = Discrepancies.atSpecifiedAccuracy();
    tables(pair)
        .forEach((table, frame) -> GoldenVectors.tiny(pair, table).compareWith(frame, pair, found));
    found.assertNoneAmong(500);
  }

  @Test
  void everyValueWorkedOutByHandAgrees() {
    Discrepancies found = Discrepancies.atSpecifiedAccuracy();
    for (TinyMarket.Worked worked : worksOfSeries()) {
      FeatureFrame frame = tables(worked.pair()).get(worked.table());
      int row = frame.axis().indexOf(worked.time());
      double actual = frame.value(worked.column(), row);
      found.compare(
          worked.pair() + " " + worked.byHand(),
          worked.time(),
          worked.column(),
          actual,
          worked.value());
    }
    found.assertNoneAmong(30);
  }

  private static List<TinyMarket.Worked> worksOfSeries() {
    FeatureSchema regBqx = FeatureSchema.regBqx(TinyMarket.WINDOWS);
    return TinyMarket.workedByHand().stream()
        .filter(worked -> !worked.table().equals("reg_bqx") || regBqx.has(worked.column()))
        .toList();
  }

  private static Map<String, FeatureFrame> tables(String pair) {
    Windows windows = TinyMarket.WINDOWS;
    FeatureFrame index = TinyMarket.rateIndexFrame(pair);
    Series rates = index.series(RateIndex.COLUMN);
    FeatureFrame terms = RegressionTerms.of(windows).compute(TinyMarket.regressionSource(pair));
    return Map.of(
        "bqx", index.and(BackwardReturns.of(windows).compute(rates)),
        "reg_rate", RegressionTerms.ofRateIndex(windows).compute(rates),
        "reg_bqx", terms.and(TermCovariance.of(windows).compute(terms)));
  }
}
