package io.bqx.examples;

import java.nio.charset.StandardCharsets;
import java.time.YearMonth;

/**
 * Random numbers that are the same on every Java release and machine: SplitMix64 bits (Steele, Lea
 * and Flood, 2014), the polar method for Gaussians, and {@link StrictMath} for logarithms.
 */
final class RandomNumbers {

  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private long state;
  private double spareGaussian = Double.NaN;

  private RandomNumbers(long state) {
    this.state = state;
  }

  /**
   * The numbers of a named use in a month, or in all months if that is {@code null}; uses do not
   * share numbers.
   */
  static RandomNumbers of(long seed, String use, YearMonth month) {
    long state = mix(seed + GOLDEN_GAMMA);
    for (byte character : use.getBytes(StandardCharsets.UTF_8)) {
      state = mix(state + GOLDEN_GAMMA + character);
    }
    if (month != null) {
      state = mix(state + GOLDEN_GAMMA + 12L * month.getYear() + month.getMonthValue());
    }
    return new RandomNumbers(state);
  }

  private static long mix(long bits) {
    long z = bits;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** A number in [0, 1). */
  double uniform() {
    state += GOLDEN_GAMMA;
    return (mix(state) >>> 11) * 0x1.0p-53;
  }

  /** A number of the standard normal distribution. */
  double gaussian() {
    if (!Double.isNaN(spareGaussian)) {
      double spare = spareGaussian;
      spareGaussian = Double.NaN;
      return spare;
    }
    double x;
    double y;
    double square;
    do {
      x = 2 * uniform() - 1;
      y = 2 * uniform() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square == 0);
    double scale = Math.sqrt(-2 * StrictMath.log(square) / square);
    spareGaussian = y * scale;
    return x * scale;
  }
}
