package io.bqx.core.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BlockBootstrapTest {

  private static final int CHUNKS = 120;

  @Test
  void ofTwentyFourBlocksNineOfTenIntervalsHoldTheMeanOfOverlappingSums() {
    int target = 8;
    int covered = 0;
    int trials = 200;
    SplittableRandom random = new SplittableRandom(7);
    for (int trial = 0; trial < trials; trial++) {
      double[] ofChunk = overlappingSums(target, random);
      Estimate mean =
          new BlockBootstrap(CHUNKS, 200, trial)
              .estimate(order -> Arrays.stream(order).mapToDouble(c -> ofChunk[c]).sum());
      covered += mean.covers(0) ? 1 : 0;
    }
    assertThat((double) covered / trials).isBetween(0.85, 0.97);
  }

  /** Sums over chunks of values each of which is the sum of the next steps of a random walk. */
  private static double[] overlappingSums(int target, SplittableRandom random) {
    double[] steps = random.doubles((long) (CHUNKS + 1) * target).map(u -> u - 0.5).toArray();
    double[] ofChunk = new double[CHUNKS];
    for (int row = 0; row < CHUNKS * target; row++) {
      for (int ahead = 1; ahead <= target; ahead++) {
        ofChunk[row / target] += row + ahead < steps.length ? steps[row + ahead] : 0;
      }
    }
    return ofChunk;
  }

  @Test
  void aResampleConsistsOfBlocksOfNeighboursAndIsAlwaysTheSame() {
    BlockBootstrap bootstrap = new BlockBootstrap(CHUNKS, 10, 3);
    int[] order = bootstrap.resample(4);
    assertThat(order)
        .hasSize(CHUNKS)
        .containsExactly(new BlockBootstrap(CHUNKS, 10, 3).resample(4));
    assertThat(order).isNotEqualTo(bootstrap.resample(5));
    for (int i = 0; i < CHUNKS; i++) {
      if (i % BlockBootstrap.BLOCK > 0) {
        assertThat(order[i]).isEqualTo((order[i - 1] + 1) % CHUNKS);
      }
    }
  }

  @Test
  void anIntervalGoesFromTheFirstToTheLastFortieth() {
    double[] values = new double[201];
    Arrays.setAll(values, i -> 200 - i);
    Estimate estimate = BlockBootstrap.of(3, values);
    assertThat(estimate.value()).isEqualTo(3);
    assertThat(estimate.low()).isCloseTo(5, within(1e-12));
    assertThat(estimate.high()).isCloseTo(195, within(1e-12));
  }

  @Test
  void aStatisticThatIsMostlyUndefinedHasNoInterval() {
    Estimate estimate =
        BlockBootstrap.of(Double.NaN, new double[] {Double.NaN, 1, Double.NaN, Double.NaN});
    assertThat(estimate.low()).isNaN();
    assertThat(estimate.covers(0)).isFalse();
    assertThat(Expectation.SHARPE.judge(estimate)).isEqualTo(Expectation.Verdict.UNDEFINED);
  }
}
