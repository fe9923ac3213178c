package io.bqx.core.evaluation;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * Circular moving block bootstrap: a resample puts together blocks of consecutive chunks of time
 * that begin anywhere, so that what hangs together within a block stays together.
 *
 * <p>Overlapping targets make neighbouring rows alike. A chunk is as long as the target, a block
 * five chunks; with shorter blocks, intervals would be too narrow.
 */
final class BlockBootstrap {

  /** Chunks of a block. The variance of a mean is then too small by about a fifteenth. */
  static final int BLOCK = 5;

  private static final double TAIL = 0.025;

  private final int chunks;
  private final long[] seeds;

  BlockBootstrap(int chunks, int resamples, long seed) {
    this.chunks = chunks;
    this.seeds = new SplittableRandom(seed).longs(resamples).toArray();
  }

  int resamples() {
    return seeds.length;
  }

  /** The chunks as they are. */
  int[] original() {
    int[] order = new int[chunks];
    Arrays.setAll(order, chunk -> chunk);
    return order;
  }

  /** The chunks of a resample, in order; always the same for a seed and number. */
  int[] resample(int number) {
    SplittableRandom random = new SplittableRandom(seeds[number]);
    int[] order = new int[chunks];
    for (int at = 0; at < chunks; at += BLOCK) {
      int start = random.nextInt(chunks);
      for (int i = 0; i < BLOCK && at + i < chunks; i++) {
        order[at + i] = (start + i) % chunks;
      }
    }
    return order;
  }

  /**
   * A statistic of chunks and its interval: from the 2.5th to the 97.5th percentile of resamples.
   */
  Estimate estimate(ToDoubleFunction<int[]> statistic) {
    double[] values = new double[seeds.length];
    Arrays.setAll(values, number -> statistic.applyAsDouble(resample(number)));
    return of(statistic.applyAsDouble(original()), values);
  }

  /** The estimate from a value and those of the resamples, which are sorted. */
  static Estimate of(double value, double[] resampled) {
    Arrays.sort(resampled);
    int defined = resampled.length;
    while (defined > 0 && Double.isNaN(resampled[defined - 1])) {
      defined--;
    }
    return 2 * defined < resampled.length
        ? new Estimate(value, Double.NaN, Double.NaN)
        : new Estimate(
            value, quantile(resampled, defined, TAIL), quantile(resampled, defined, 1 - TAIL));
  }

  private static double quantile(double[] sorted, int count, double probability) {
    double at = probability * (count - 1);
    int below = (int) at;
    int above = Math.min(count - 1, below + 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
