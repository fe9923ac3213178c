package io.bqx.core.evaluation;

import io.bqx.core.evaluation.EvaluationReport.Level;
import io.bqx.core.evaluation.EvaluationReport.Model;
import io.bqx.features.CurrencyPair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Measures forecasts and finds the intervals of the measures. */
final class Scoring {

  private final EvaluationSettings settings;
  private final TestTimes times;
  private final BlockBootstrap bootstrap;

  Scoring(EvaluationSettings settings, TestTimes times, BlockBootstrap bootstrap) {
    this.settings = settings;
    this.times = times;
    this.bootstrap = bootstrap;
  }

  /** All pairs together. */
  Level all(List<PairWalk> pairs, boolean pooled) {
    return level(pairs, pooled, Optional.empty());
  }

  /** One pair by its own models. */
  Level one(PairWalk pair) {
    return level(List.of(pair), false, Optional.of(pair.pair()));
  }

  private Level level(List<PairWalk> pairs, boolean pooled, Optional<CurrencyPair> pair) {
    ChunkScores foundation =
        scores(pairs, pooled, pooled ? Model.POOLED_FOUNDATION : Model.OWN_FOUNDATION);
    ChunkScores all = scores(pairs, pooled, pooled ? Model.POOLED_ALL : Model.OWN_ALL);
    double[][] ofFoundation = new double[bootstrap.resamples()][];
    double[][] ofAll = new double[bootstrap.resamples()][];
    for (int b = 0; b < ofAll.length; b++) {
      int[] chunks = bootstrap.resample(b);
      ofFoundation[b] = foundation.measures(chunks);
      ofAll[b] = all.measures(chunks);
    }
    double[] foundationNow = foundation.measures(bootstrap.original());
    double[] allNow = all.measures(bootstrap.original());
    List<Comparison> comparisons = new ArrayList<>();
    for (Measure measure : Measure.values()) {
      int m = measure.ordinal();
      double[] differences = new double[ofAll.length];
      Arrays.setAll(differences, b -> ofAll[b][m] - ofFoundation[b][m]);
      comparisons.add(
          new Comparison(
              measure,
              BlockBootstrap.of(foundationNow[m], column(ofFoundation, m)),
              BlockBootstrap.of(allNow[m], column(ofAll, m)),
              BlockBootstrap.of(allNow[m] - foundationNow[m], differences)));
    }
    return new Level(
        pair,
        pooled,
        (long) all.rows(),
        effectiveRows(allNow[Measure.IC.ordinal()], column(ofAll, Measure.IC.ordinal())),
        comparisons);
  }

  private static double[] column(double[][] values, int m) {
    return Arrays.stream(values).mapToDouble(row -> row[m]).toArray();
  }

  /** The variance of the correlation of {@code n} independent rows is {@code (1 - IC^2)^2 / n}. */
  private static double effectiveRows(double ic, double[] resampled) {
    double mean = Arrays.stream(resampled).average().orElse(Double.NaN);
    double variance =
        Arrays.stream(resampled).map(v -> (v - mean) * (v - mean)).sum() / (resampled.length - 1);
    return (1 - ic * ic) * (1 - ic * ic) / variance;
  }

  private ChunkScores scores(List<PairWalk> pairs, boolean pooled, Model model) {
    ChunkScores scores =
        new ChunkScores(times.chunks(), settings.rowsPerYear(), settings.target().rows());
    int count = 0;
    for (PairWalk walk : pairs) {
      count += walk.axis().rows();
    }
    double[] targets = new double[count];
    double[] forecasts = new double[count];
    double[] means = new double[count];
    int[] chunks = new int[count];
    int found = 0;
    Portfolio portfolio = new Portfolio(settings, times);
    for (PairWalk walk : pairs) {
      double[] ofPair = walk.forecasts(model);
      int end = times.endOf(walk.axis());
      for (int row = times.startOf(walk.axis()); row < end; row++) {
        if (!Double.isNaN(ofPair[row]) && walk.targets().areKnown(row)) {
          targets[found] = walk.targets().main(row);
          forecasts[found] = ofPair[row];
          means[found] = walk.trainingMean(pooled, row);
          chunks[found++] = times.chunkOf(walk.axis().epochMicros(row));
        }
      }
      portfolio.trade(walk, model, 1.0 / pairs.size());
    }
    double[] targetRanks = Ranks.of(Arrays.copyOf(targets, found));
    double[] differences = new double[found];
    Arrays.setAll(differences, i -> forecasts[i] - means[i]);
    double[] forecastRanks = Ranks.of(differences);
    for (int i = 0; i < found; i++) {
      scores.observe(
          chunks[i], targets[i], forecasts[i], means[i], targetRanks[i], forecastRanks[i]);
    }
    portfolio.addTo(scores);
    scores.finish();
    return scores;
  }
}
