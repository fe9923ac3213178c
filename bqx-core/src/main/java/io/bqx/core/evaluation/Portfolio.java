package io.bqx.core.evaluation;

import io.bqx.core.evaluation.EvaluationReport.Model;

/**
 * The profits of trading the forecasts of some pairs, each with an equal share of the capital, at
 * the times of a test.
 *
 * <p>At every row a new position of one unit is taken on the side of the forecast and held for as
 * many rows as the target has: the position is the mean of the sides of that many latest rows.
 */
final class Portfolio {

  private final EvaluationSettings settings;
  private final TestTimes times;
  private final double[] gross;
  private final double[] net;
  private final double[] traded;

  Portfolio(EvaluationSettings settings, TestTimes times) {
    this.settings = settings;
    this.times = times;
    this.gross = new double[times.rows()];
    this.net = new double[times.rows()];
    this.traded = new double[times.rows()];
  }

  /** Trades a pair with a share of the capital; everything is sold at its last row. */
  void trade(PairWalk walk, Model model, double share) {
    double cost = settings.costPercent() / 100;
    int hold = settings.target().rows();
    int direction = settings.target().direction();
    double[] forecasts = walk.forecasts(model);
    int[] sides = new int[hold];
    int sum = 0;
    double before = 0;
    int end = times.endOf(walk.axis());
    for (int row = times.startOf(walk.axis()); row < end; row++) {
      int slot = row % hold;
      int side =
          Double.isNaN(forecasts[row]) ? 0 : settings.rule().side(direction * forecasts[row], cost);
      sum += side - sides[slot];
      sides[slot] = side;
      boolean last = row == end - 1;
      double position = last ? 0 : (double) sum / hold;
      double change = Math.abs(position - before);
      double profit =
          last ? 0 : position * (walk.targets().logarithm(row + 1) - walk.targets().logarithm(row));
      int at = times.indexOf(walk.axis().epochMicros(row));
      gross[at] += share * profit;
      net[at] += share * (profit - cost * change);
      traded[at] += share * change;
      before = position;
    }
  }

  /** Adds what came of it to scores. */
  void addTo(ChunkScores scores) {
    for (int at = 0; at < gross.length; at++) {
      scores.trade(times.chunkOfIndex(at), gross[at], net[at], traded[at]);
    }
  }
}
