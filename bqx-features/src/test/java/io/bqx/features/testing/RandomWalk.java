package io.bqx.features.testing;

import io.bqx.features.TimeAxis;
import java.util.SplittableRandom;

/** Values around 100 that walk, stand still, jump, and are missing here and there. */
public final class RandomWalk {

  private static final long HOUR = 3_600_000_000L;
  private static final long JULY_2024 = 1_719_792_000_000_000L;

  private RandomWalk() {}

  /**
   * Rows every hour, so that a month has 744 of them.
   *
   * @param ordinalOfFirstRow how many rows of the month precede the first one
   * @param missingBefore how many hours of the month before it have no row
   */
  public static TimeAxis axis(int rows, int ordinalOfFirstRow, int missingBefore) {
    long[] times = new long[rows];
    for (int row = 0; row < rows; row++) {
      times[row] = JULY_2024 + (ordinalOfFirstRow + missingBefore + row) * HOUR;
    }
    return TimeAxis.wrapping(times, ordinalOfFirstRow);
  }

  /** The values that belong to a seed; a value is missing with the given probability. */
  public static double[] values(int rows, long seed, double missing) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[rows];
    double value = 50 + 100 * random.nextDouble();
    int flat = 0;
    for (int row = 0; row < rows; row++) {
      flat = flat > 0 ? flat - 1 : random.nextInt(50) == 0 ? random.nextInt(60) : 0;
      if (flat == 0) {
        value *= 1 + 0.01 * (random.nextDouble() - 0.5);
        value *= random.nextInt(100) == 0 ? 0.9 + 0.2 * random.nextDouble() : 1;
      }
      values[row] = random.nextDouble() < missing ? Double.NaN : value;
    }
    return values;
  }
}
