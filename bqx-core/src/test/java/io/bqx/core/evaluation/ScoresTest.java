package io.bqx.core.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.bqx.core.evaluation.Expectation.Verdict;
import io.bqx.core.evaluation.WalkForward.Fold;
import io.bqx.features.TimeAxis;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Measures and blocks of time on numbers that can be checked by hand. */
class ScoresTest {

  private static final double[] TARGETS = {1, -2, 3, -1, 0, 2};
  private static final double[] FORECASTS = {0.5, -1, 1, 1, 1, -0.5};

  private static double[] measures() {
    ChunkScores scores = new ChunkScores(3, 300, 2);
    double[] targetRanks = Ranks.of(TARGETS);
    double[] forecastRanks = Ranks.of(FORECASTS);
    double[] net = {0.01, 0.02, -0.05, 0.01, 0.03, -0.02};
    for (int i = 0; i < TARGETS.length; i++) {
      scores.observe(i / 2, TARGETS[i], FORECASTS[i], 0.5, targetRanks[i], forecastRanks[i]);
      scores.trade(i / 2, net[i] + 0.001, net[i], 0.1);
    }
    scores.finish();
    return scores.measures(new int[] {0, 1, 2});
  }

  private static double of(Measure measure) {
    return measures()[measure.ordinal()];
  }

  @Test
  void threeOfTheFiveRowsWithATargetHaveTheRightSign() {
    assertThat(of(Measure.DIRECTIONAL_ACCURACY)).isEqualTo(3.0 / 5);
  }

  @Test
  void r2ComparesWithTheMeanOfTheTrainingRows() {
    double errors = 0.25 + 1 + 4 + 4 + 1 + 6.25;
    double spread = 0.25 + 6.25 + 6.25 + 2.25 + 0.25 + 2.25;
    assertThat(of(Measure.R2)).isCloseTo(1 - errors / spread, within(1e-12));
  }

  @Test
  void correlationsAreThoseOfValuesAndOfRanks() {
    assertThat(of(Measure.IC)).isCloseTo(correlation(TARGETS, FORECASTS), within(1e-12));
    double[] targetRanks = {4, 1, 6, 2, 3, 5};
    double[] forecastRanks = {3, 1, 5, 5, 5, 2};
    assertThat(of(Measure.RANK_IC))
        .isCloseTo(correlation(targetRanks, forecastRanks), within(1e-12));
  }

  private static double correlation(double[] x, double[] y) {
    double[] sums = new double[5];
    for (int i = 0; i < x.length; i++) {
      sums[0] += x[i] / x.length;
      sums[1] += y[i] / x.length;
    }
    for (int i = 0; i < x.length; i++) {
      sums[2] += (x[i] - sums[0]) * (x[i] - sums[0]);
      sums[3] += (y[i] - sums[1]) * (y[i] - sums[1]);
      sums[4] += (x[i] - sums[0]) * (y[i] - sums[1]);
    }
    return sums[4] / Math.sqrt(sums[2] * sums[3]);
  }

  @Test
  void sharpeIsThatOfChunksTimesTheRootOfTheirNumberInAYear() {
    double mean = 0;
    double deviation = Math.sqrt((0.03 * 0.03 + 0.04 * 0.04 + 0.01 * 0.01) / 2);
    assertThat(of(Measure.SHARPE)).isCloseTo(mean, within(1e-9));
    assertThat(of(Measure.SHARPE_BEFORE_COSTS))
        .isCloseTo(0.002 / deviation * Math.sqrt(150), within(1e-9));
  }

  @Test
  void returnAndTurnoverAreOfAYear() {
    assertThat(of(Measure.NET_RETURN)).isCloseTo(0, within(1e-12));
    assertThat(of(Measure.TURNOVER)).isCloseTo(0.1 * 300, within(1e-12));
  }

  @Test
  void theDeepestFallReachesOverChunks() {
    assertThat(of(Measure.MAX_DRAWDOWN)).isCloseTo(0.05, within(1e-12));
  }

  @Test
  void theDeepestFallFollowsTheOrderOfChunks() {
    ChunkScores scores = new ChunkScores(3, 300, 1);
    double[] net = {-0.02, 0.05, -0.03};
    for (int chunk = 0; chunk < 3; chunk++) {
      scores.trade(chunk, net[chunk], net[chunk], 0);
    }
    scores.finish();
    int fall = Measure.MAX_DRAWDOWN.ordinal();
    assertThat(scores.measures(new int[] {0, 1, 2})[fall]).isCloseTo(0.03, within(1e-12));
    assertThat(scores.measures(new int[] {1, 0, 2})[fall]).isCloseTo(0.05, within(1e-12));
  }

  @Test
  void equalValuesHaveTheMiddleOfTheirRanks() {
    assertThat(Ranks.of(new double[] {3, 1, 3, 2, 3})).containsExactly(0.75, 0, 0.75, 0.25, 0.75);
  }

  @Test
  void anEmbargoOfRowsOfEveryPairLiesBetweenTrainingValidationAndTest() {
    TimeAxis grid = TimeAxis.of(LongStream.range(0, 1000).toArray());
    TimeAxis everyOther = TimeAxis.of(LongStream.range(0, 500).map(t -> 2 * t).toArray());
    List<Fold> folds = WalkForward.plan(grid, List.of(grid, everyOther), 30, 10, 4);
    assertThat(folds).hasSize(4);
    for (Fold fold : folds) {
      assertThat(fold.testFrom() - fold.trainEnd()).isEqualTo(60);
      assertThat(fold.validationFrom() - fold.innerEnd()).isBetween(59L, 60L);
      assertThat(fold.trainEnd() - fold.validationFrom()).isEqualTo(fold.trainEnd() / 4);
      assertThat(fold.testTo() - fold.testFrom()).isEqualTo(150);
    }
    assertThat(folds.get(0).testFrom()).isEqualTo(400);
    assertThat(folds.get(3).testTo()).isEqualTo(1000);
  }

  @Test
  void verdictsFollowTheInterval() {
    assertThat(Expectation.SHARPE.judge(new Estimate(0.2, 0.1, 0.3))).isEqualTo(Verdict.ADDS);
    assertThat(Expectation.SHARPE.judge(new Estimate(0.2, -1, 2))).isEqualTo(Verdict.NOT_SHOWN);
    assertThat(Expectation.SHARPE.judge(new Estimate(-1, -2, -0.1))).isEqualTo(Verdict.WORSE);
    assertThat(Expectation.SHARPE.isPossible(new Estimate(0.2, -1, 2))).isTrue();
    assertThat(Expectation.SHARPE.isPossible(new Estimate(0, -0.1, 0.1))).isFalse();
    assertThat(Expectation.SHARPE.lengthNeeded(new Estimate(0, -0.3, 0.3)))
        .isCloseTo(4, within(1e-12));
  }

  @Test
  void settingsOutOfRangeFailWhereTheyAreGiven() {
    EvaluationSettings bqx = EvaluationSettings.of(Target.bqxAfter(60, 15));
    assertThatThrownBy(() -> bqx.rule(PositionRule.ABOVE_COST))
        .hasMessageContaining("compares a return with its costs");
    assertThatThrownBy(() -> bqx.folds(0)).hasMessageContaining("folds");
    assertThatThrownBy(() -> bqx.costPercent(-1)).hasMessageContaining("cost of a trade");
    assertThatThrownBy(() -> bqx.rowsPerYear(0)).hasMessageContaining("A year");
    assertThatThrownBy(() -> bqx.randomTargets(65)).hasMessageContaining("random targets");
    assertThatThrownBy(() -> bqx.resamples(10)).hasMessageContaining("resamples");
    assertThatThrownBy(() -> Target.returnOver(1)).hasMessageContaining("2 to 10000 rows");
    assertThatThrownBy(() -> Target.bqxAfter(10, 15)).hasMessageContaining("prices that are known");
  }
}
