package io.bqx.features;

import java.util.SplittableRandom;

/** Values around 100 that walk, stand still, jump, and are missing here and there. */
final class RandomWalk {

  private RandomWalk() {}

  /** The values that belong to a seed; a value is missing with the given probability. */
  static double[] values(int rows, long seed, double missing) {
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
