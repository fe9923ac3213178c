package io.bqx.features.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.features.FeatureFrame;
import io.bqx.features.Formula;
import java.util.Arrays;

/** Assertions on computed frames. */
public final class Frames {

  private Frames() {}

  /** Fails unless some rows of all columns are equal to the last bit. */
  public static void assertSameBits(
      FeatureFrame actual, int from, FeatureFrame expected, int expectedFrom, int rows) {
    for (int c = 0; c < expected.columns().size(); c++) {
      for (int row = 0; row < rows; row++) {
        assertSameBit(
            actual.value(c, from + row),
            expected.value(c, expectedFrom + row),
            expected,
            c,
            expectedFrom + row);
      }
    }
  }

  /** Fails unless a value is equal to the last bit; column and row are for the message. */
  public static void assertSameBit(
      double actual, double expected, FeatureFrame frame, int column, int row) {
    if (Double.doubleToLongBits(actual) != Double.doubleToLongBits(expected)) {
      assertThat(actual)
          .as("%s, row %d", frame.columns().get(column).name(), row)
          .isEqualTo(Double.valueOf(expected));
    }
  }

  /** Fails if a formula leaves anything of a frame's former content in it. */
  static <I> void assertOverwrites(Formula<I> formula, I input) {
    FeatureFrame fresh = formula.compute(input);
    FeatureFrame used = FeatureFrame.allocate(fresh.axis(), formula.columns());
    for (int c = 0; c < used.columns().size(); c++) {
      Arrays.fill(used.unsafeColumn(c), 42);
    }
    formula.computeInto(input, used);
    assertSameBits(used, 0, fresh, 0, fresh.rows());
  }
}
