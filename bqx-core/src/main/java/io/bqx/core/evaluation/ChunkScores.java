package io.bqx.core.evaluation;

/**
 * What the forecasts of one level add to each measure, chunk of time by chunk of time, so that
 * measures of any resample of chunks are sums.
 */
final class ChunkScores {

  private static final int ROWS = 0;
  private static final int HITS = 1;
  private static final int DECIDED = 2;
  private static final int ERRORS = 3;
  private static final int SPREAD = 4;
  private static final int GROSS = 5;
  private static final int GROSS_SQUARED = 6;
  private static final int NET = 7;
  private static final int NET_SQUARED = 8;
  private static final int TRADED = 9;
  private static final int TIMES = 10;
  private static final int VALUES = 11;
  private static final int RANKS = VALUES + Correlation.SUMS;
  private static final int FIELDS = RANKS + Correlation.SUMS;

  private static final int PATH = 4;
  private static final int SUM = 0;
  private static final int PEAK = 1;
  private static final int TROUGH = 2;
  private static final int FALL = 3;

  private final double chunksPerYear;
  private final double rowsPerYear;
  private final double[] sums;
  private final double[] paths;

  ChunkScores(int chunks, double rowsPerYear, int rowsPerChunk) {
    this.rowsPerYear = rowsPerYear;
    this.chunksPerYear = rowsPerYear / rowsPerChunk;
    this.sums = new double[chunks * FIELDS];
    this.paths = new double[chunks * PATH];
  }

  /**
   * Adds a forecast and what came of it; ranks are among all rows of the level.
   *
   * <p>Correlations are of the forecast's difference from the training mean. The mean itself
   * wanders with the targets of earlier test blocks, which alone would make a correlation negative.
   */
  void observe(
      int chunk,
      double target,
      double forecast,
      double trainingMean,
      double targetRank,
      double forecastRank) {
    int at = chunk * FIELDS;
    sums[at + ROWS]++;
    if (target != 0 && forecast != 0) {
      sums[at + DECIDED]++;
      sums[at + HITS] += target > 0 == forecast > 0 ? 1 : 0;
    }
    sums[at + ERRORS] += (target - forecast) * (target - forecast);
    sums[at + SPREAD] += (target - trainingMean) * (target - trainingMean);
    Correlation.add(sums, at + VALUES, forecast - trainingMean, target);
    Correlation.add(sums, at + RANKS, forecastRank, targetRank);
  }

  /** Adds the profit of a time and what was traded at it; times come in order. */
  void trade(int chunk, double gross, double net, double traded) {
    int at = chunk * FIELDS;
    sums[at + GROSS] += gross;
    sums[at + NET] += net;
    sums[at + TRADED] += traded;
    sums[at + TIMES]++;
    int path = chunk * PATH;
    paths[path + SUM] += net;
    paths[path + PEAK] = Math.max(paths[path + PEAK], paths[path + SUM]);
    paths[path + TROUGH] = Math.min(paths[path + TROUGH], paths[path + SUM]);
    paths[path + FALL] = Math.max(paths[path + FALL], paths[path + PEAK] - paths[path + SUM]);
  }

  /** Is called when everything has been added. */
  void finish() {
    for (int at = 0; at < sums.length; at += FIELDS) {
      sums[at + GROSS_SQUARED] = sums[at + GROSS] * sums[at + GROSS];
      sums[at + NET_SQUARED] = sums[at + NET] * sums[at + NET];
    }
  }

  /** All measures of the given chunks in the given order, by {@link Measure#ordinal()}. */
  double[] measures(int[] order) {
    double[] total = new double[FIELDS];
    for (int chunk : order) {
      int at = chunk * FIELDS;
      for (int f = 0; f < FIELDS; f++) {
        total[f] += sums[at + f];
      }
    }
    int chunks = order.length;
    double[] measures = new double[Measure.values().length];
    measures[Measure.RANK_IC.ordinal()] = Correlation.of(total, RANKS);
    measures[Measure.IC.ordinal()] = Correlation.of(total, VALUES);
    measures[Measure.DIRECTIONAL_ACCURACY.ordinal()] = total[HITS] / total[DECIDED];
    measures[Measure.R2.ordinal()] =
        total[SPREAD] > 0 ? 1 - total[ERRORS] / total[SPREAD] : Double.NaN;
    measures[Measure.SHARPE_BEFORE_COSTS.ordinal()] =
        sharpe(total[GROSS], total[GROSS_SQUARED], chunks);
    measures[Measure.SHARPE.ordinal()] = sharpe(total[NET], total[NET_SQUARED], chunks);
    measures[Measure.NET_RETURN.ordinal()] = total[NET] / total[TIMES] * rowsPerYear;
    measures[Measure.TURNOVER.ordinal()] = total[TRADED] / total[TIMES] * rowsPerYear;
    measures[Measure.MAX_DRAWDOWN.ordinal()] = deepestFall(order);
    return measures;
  }

  double rows() {
    double rows = 0;
    for (int at = 0; at < sums.length; at += FIELDS) {
      rows += sums[at + ROWS];
    }
    return rows;
  }

  private double sharpe(double sum, double squares, int chunks) {
    double mean = sum / chunks;
    double variance = (squares - chunks * mean * mean) / (chunks - 1);
    return variance > 0 ? mean / Math.sqrt(variance) * Math.sqrt(chunksPerYear) : Double.NaN;
  }

  private double deepestFall(int[] order) {
    double sum = 0;
    double peak = 0;
    double deepest = 0;
    for (int chunk : order) {
      int path = chunk * PATH;
      deepest = Math.max(deepest, paths[path + FALL]);
      deepest = Math.max(deepest, peak - sum - paths[path + TROUGH]);
      peak = Math.max(peak, sum + paths[path + PEAK]);
      sum += paths[path + SUM];
    }
    return deepest;
  }
}
