package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Scale;

class BackwardReturnsProperties implements RollingFormulaContract {

  @Override
  public Formula<Series> formula(Windows windows) {
    return BackwardReturns.of(windows);
  }

  @Override
  public int degree(String column) {
    return column.endsWith("_index") ? 1 : 0;
  }

  @Property(tries = 200)
  void highestAndLowestAreThoseOfTheRowsBefore(
      @ForAll("windows") Windows windows, @ForAll("gaplessSeries") Series index) {
    FeatureFrame returns = BackwardReturns.of(windows).compute(index);
    for (int w : windows.bqx()) {
      for (int t = w; t < index.rows(); t++) {
        double[] before = Arrays.copyOfRange(index.toArray(), t - w, t);
        assertThat(returns.value("w" + w + "_bqx_max_index", t))
            .isEqualTo(Arrays.stream(before).max().getAsDouble());
        assertThat(returns.value("w" + w + "_bqx_min_index", t))
            .isEqualTo(Arrays.stream(before).min().getAsDouble());
      }
    }
  }

  @Property(tries = 100)
  void aggregatesRepeatTheLongestWindow(
      @ForAll("windows") Windows windows, @ForAll("gappySeries") Series index) {
    FeatureFrame returns = BackwardReturns.of(windows).compute(index);
    String longest = "w" + windows.aggregate();
    for (String suffix :
        new String[] {"return", "max_index", "min_index", "avg_index", "stdev_index"}) {
      assertThat(returns.series("agg_bqx_" + suffix).toArray())
          .containsExactly(returns.series(longest + "_bqx_" + suffix).toArray());
    }
  }

  @Property(tries = 100)
  void aConstantIndexHasNoReturnAndNoDeviation(
      @ForAll("windows") Windows windows,
      @ForAll @Scale(9) @DoubleRange(min = 1e-6, max = 1e6) double level) {
    double[] constant = new double[100];
    Arrays.fill(constant, level);
    FeatureFrame returns =
        BackwardReturns.of(windows).compute(Series.of(LongMarket.axis(100), constant));
    for (FeatureColumn column : returns.columns()) {
      double expected =
          column.name().endsWith("stdev_index") || !column.name().endsWith("_index") ? 0 : level;
      for (int t = column.lookback(); t < 100; t++) {
        assertThat(returns.value(column.name(), t)).as(column.name()).isEqualTo(expected);
      }
    }
  }

  @Example
  void aFallingPriceHasAPositiveReturn() {
    Series falling = Series.of(LongMarket.axis(4), 100, 90, 80, 50);
    FeatureFrame returns = BackwardReturns.of(Windows.ofDefaults().withBqx(3)).compute(falling);
    assertThat(returns.value("w3_bqx_return", 3))
        .isEqualTo((100 - 50) / 50.0 + (90 - 50) / 50.0 + (80 - 50) / 50.0);
    assertThat(returns.value("w3_bqx_endpoint", 3)).isEqualTo(1.0);
    assertThat(returns.value("agg_bqx_range", 3)).isEqualTo((100 - 80) / 50.0);
    assertThat(returns.value("w3_bqx_stdev_index", 3)).isCloseTo(10, within(1e-12));
  }

  @Example
  void anIndexThatCountsAsZeroHasNoReturns() {
    Series vanishing = Series.of(LongMarket.axis(5), 1, 2, 0.9e-12, 1.1e-12, 3);
    FeatureFrame returns = BackwardReturns.of(Windows.ofDefaults().withBqx(2)).compute(vanishing);
    for (String ratio :
        new String[] {"w2_bqx_return", "w2_bqx_endpoint", "agg_bqx_range", "agg_bqx_volatility"}) {
      assertThat(returns.value(ratio, 2)).as(ratio).isNaN();
      assertThat(returns.value(ratio, 3)).as(ratio).isNotNaN();
    }
    assertThat(returns.value("w2_bqx_max_index", 2)).isEqualTo(2);
  }
}
