package io.bqx.features;

import java.util.SplittableRandom;

/**
 * Closes that are hard on rolling sums: quiet walks and lively ones, flat stretches longer than any
 * window, jumps of 10 % up and down, spikes of one bar, quoted with three or five decimals.
 */
final class LongMarket {

  private static final long MINUTE = 60_000_000L;
  private static final long START = GoldenVectors.epochMicros("2024-01-01T22:00:00Z");

  private LongMarket() {}

  /** One row per minute from 2024-01-01 on. */
  static TimeAxis axis(int rows) {
    long[] times = new long[rows];
    for (int t = 0; t < rows; t++) {
      times[t] = START + t * MINUTE;
    }
    return TimeAxis.wrapping(times, 0);
  }

  /** Closes around the given price. */
  static double[] closes(int rows, double price, double tick, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] closes = new double[rows];
    double logarithm = 0;
    double step = 1e-4;
    int flatUntil = 0;
    for (int t = 0; t < rows; t++) {
      if (t % 1000 == 0) {
        step = random.nextDouble() < 0.3 ? 2e-5 : 2e-4;
      }
      if (t % 20_000 == 9_000) {
        flatUntil = t + 1500;
      }
      if (t % 20_000 == 15_000) {
        logarithm += logarithm > 0 ? Math.log(0.9) : Math.log(1.1);
      }
      if (t >= flatUntil) {
        logarithm += step * (random.nextDouble() - 0.5) - 1e-6 * logarithm;
      }
      double spike = t % 50_000 == 33_000 ? 1.1 : 1;
      closes[t] = Math.rint(price * spike * Math.exp(logarithm) / tick) * tick;
    }
    return closes;
  }
}
