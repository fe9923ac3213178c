package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class SeriesTest {

  private static final TimeAxis AXIS = LongMarket.axis(3);

  @Test
  void copiesTheCallersValuesUnlessItWraps() {
    double[] values = {1, Double.NaN, 3};
    Series copied = Series.of(AXIS, values);
    Series wrapped = Series.wrapping(AXIS, values);
    values[0] = 7;
    copied.toArray()[2] = 7;
    assertThat(copied.toArray()).containsExactly(1, Double.NaN, 3);
    assertThat(wrapped.value(0)).isEqualTo(7);
    assertThat(copied.rows()).isEqualTo(3);
  }

  @Test
  void aSliceHasItsRowsAndTheirTimes() {
    Series slice = Series.of(AXIS, 1, 2, 3).slice(1, 3);
    assertThat(slice.toArray()).containsExactly(2, 3);
    assertThat(slice.axis()).isEqualTo(AXIS.slice(1, 3));
    assertThat(slice).hasToString("Series[" + AXIS.slice(1, 3) + "]");
  }

  @Test
  void refusesMoreOrFewerValuesThanRows() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Series.of(AXIS, 1, 2))
        .withMessageContaining("3 rows")
        .withMessageContaining("2 values");
  }

  @Test
  void theRateIndexIsAHundredAtTheBaseline() {
    FeatureFrame index = RateIndex.relativeTo(2).compute(Series.of(AXIS, 2, 3, Double.NaN));
    assertThat(index.series(RateIndex.COLUMN).toArray()).containsExactly(100, 150, Double.NaN);
    for (double impossible : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RateIndex.relativeTo(impossible))
          .withMessageContaining(String.valueOf(impossible));
    }
  }

  @Test
  void barsAreColumnsOfOneTimeAxis() {
    CurrencyPair pair = CurrencyPair.of("eurusd");
    double[] close = {1, 2, 3};
    Bars bars =
        Bars.wrapping(
            pair, AXIS, new double[] {4, 5, 6}, new double[3], new double[3], close, new double[3]);
    assertThat(bars.open(1)).isEqualTo(5);
    assertThat(bars.closes().toArray()).containsExactly(close);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Bars.wrapping(pair, AXIS, close, close, close, new double[2], close))
        .withMessageContaining("eurusd")
        .withMessageContaining("close");
  }
}
