package io.bqx.examples.tutorial;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.features.FeatureFrame;
import io.bqx.features.Formula;
import io.bqx.features.Series;
import io.bqx.features.testing.SeriesFormulaContract;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class ReturnRangeProperties implements SeriesFormulaContract {

  @Override
  public Arbitrary<Formula<Series>> anyFormula() {
    return Arbitraries.integers().between(1, 40).map(ReturnRange::new);
  }

  @Property(tries = 50)
  void aRangeIsNeverNegative(
      @ForAll("formulas") Formula<Series> formula, @ForAll("gaplessSeries") Series returns) {
    FeatureFrame ranges = formula.compute(returns);
    for (int row = formula.lookback(); row < ranges.rows(); row++) {
      assertThat(ranges.value(0, row)).isNotNegative();
    }
  }
}
