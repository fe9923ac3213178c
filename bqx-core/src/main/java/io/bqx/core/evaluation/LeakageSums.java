package io.bqx.core.evaluation;

import static io.bqx.core.evaluation.TargetValues.EARLIER;
import static io.bqx.core.evaluation.TargetValues.LAST_ROW;
import static io.bqx.core.evaluation.TargetValues.LATER;
import static io.bqx.core.evaluation.TargetValues.MAIN;
import static io.bqx.core.evaluation.TargetValues.NEXT_ROW;
import static io.bqx.core.evaluation.TargetValues.RANDOM;

import io.bqx.core.evaluation.EvaluationReport.Model;
import io.bqx.core.evaluation.EvaluationReport.RandomCheck;
import io.bqx.core.evaluation.EvaluationReport.ShiftCheck;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How forecasts of all targets agree with them, by chunk of time, and the checks made of it. */
final class LeakageSums {

  private static final double STANDARD_ERRORS = 3;

  /** Returns that hang together over time shift the gain a little. */
  private static final double TOLERATED_SHARE = 0.2;

  /** A look-ahead of a row would let the next row be known as well as the last one. */
  private static final double SUSPICIOUS_SHARE = 0.5;

  private final int targets;
  private final int series;
  private final int firstChunk;
  private final double[] sums;

  /** Sums for chunks from the first one on. */
  LeakageSums(int targets, int firstChunk, int chunks) {
    this.targets = targets;
    this.series = Model.values().length * (targets + 2);
    this.firstChunk = firstChunk;
    this.sums = new double[chunks * series * Correlation.SUMS];
  }

  /** Adds the forecasts of all targets by a model, less their training means, and the targets. */
  void add(int chunk, Model model, double[] forecasts, double[] values) {
    for (int k = 0; k < targets; k++) {
      add(chunk, seriesOf(model, k), forecasts[k], values[k]);
    }
    add(chunk, probeOf(model, MAIN), forecasts[LAST_ROW], values[MAIN]);
    add(chunk, probeOf(model, EARLIER), forecasts[LAST_ROW], values[EARLIER]);
  }

  private void add(int chunk, int which, double forecast, double value) {
    Correlation.add(sums, at(chunk, which), forecast, value);
  }

  private int seriesOf(Model model, int target) {
    return model.ordinal() * (targets + 2) + target;
  }

  /** Where the forecast of the last row's return meets another target. */
  private int probeOf(Model model, int target) {
    return seriesOf(model, targets + (target == MAIN ? 0 : 1));
  }

  private int at(int chunk, int which) {
    return ((chunk - firstChunk) * series + which) * Correlation.SUMS;
  }

  /** Adds sums for some of these chunks. */
  void add(LeakageSums part) {
    int offset = at(part.firstChunk, 0);
    for (int i = 0; i < part.sums.length; i++) {
      sums[offset + i] += part.sums[i];
    }
  }

  private double[] total(int which, int[] chunks) {
    double[] total = new double[Correlation.SUMS];
    for (int chunk : chunks) {
      int at = at(chunk, which);
      for (int i = 0; i < total.length; i++) {
        total[i] += sums[at + i];
      }
    }
    return total;
  }

  private double ic(Model model, int target, int[] chunks) {
    return Correlation.of(total(seriesOf(model, target), chunks), 0);
  }

  /**
   * What shifting the target by a row does.
   *
   * @param containsLastRow whether the target that begins a row earlier contains the row's return
   */
  List<ShiftCheck> shifts(BlockBootstrap bootstrap, boolean containsLastRow) {
    List<ShiftCheck> checks = new ArrayList<>();
    for (Model model : Model.values()) {
      Estimate gain = bootstrap.estimate(chunks -> gain(model, chunks));
      Estimate knownRow = bootstrap.estimate(chunks -> dueGain(model, chunks));
      Estimate error =
          bootstrap.estimate(
              chunks -> gain(model, chunks) - (containsLastRow ? dueGain(model, chunks) : 0));
      Estimate lastRow = bootstrap.estimate(chunks -> ic(model, LAST_ROW, chunks));
      Estimate nextRow = bootstrap.estimate(chunks -> ic(model, NEXT_ROW, chunks));
      boolean gainsAsDue =
          error.covers(0)
              || Math.abs(error.value()) <= TOLERATED_SHARE * Math.abs(knownRow.value());
      boolean gains = !containsLastRow || !knownRow.isAbove(0) || gain.isAbove(0);
      boolean foresees = nextRow.isAbove(0) && nextRow.value() > SUSPICIOUS_SHARE * lastRow.value();
      checks.add(
          new ShiftCheck(
              model,
              bootstrap.estimate(chunks -> ic(model, EARLIER, chunks)),
              bootstrap.estimate(chunks -> ic(model, MAIN, chunks)),
              bootstrap.estimate(chunks -> ic(model, LATER, chunks)),
              lastRow,
              nextRow,
              gain,
              containsLastRow ? knownRow.value() : 0,
              error,
              gainsAsDue && gains && !foresees));
    }
    return checks;
  }

  /** What the probe's covariance with the earlier target exceeds that with the main one by. */
  private double gain(Model model, int[] chunks) {
    double[] onTime = total(probeOf(model, MAIN), chunks);
    double[] earlier = total(probeOf(model, EARLIER), chunks);
    return (Correlation.covariance(earlier, 0) - Correlation.covariance(onTime, 0)) / unit(onTime);
  }

  /** The probe's covariance with what it forecasts, in the same unit. */
  private double dueGain(Model model, int[] chunks) {
    double[] lastRow = total(seriesOf(model, LAST_ROW), chunks);
    double[] onTime = total(probeOf(model, MAIN), chunks);
    return Correlation.covariance(lastRow, 0) / unit(onTime);
  }

  private static double unit(double[] onTime) {
    return Correlation.deviationOfX(onTime, 0) * Correlation.deviationOfY(onTime, 0);
  }

  /** How well random targets are forecast. */
  List<RandomCheck> randomTargets(BlockBootstrap bootstrap) {
    int count = targets - RANDOM;
    List<RandomCheck> checks = new ArrayList<>();
    for (Model model : Model.values()) {
      double[] ics = new double[count];
      int withoutZero = 0;
      for (int r = 0; r < count; r++) {
        int target = RANDOM + r;
        Estimate ic = bootstrap.estimate(chunks -> ic(model, target, chunks));
        ics[r] = ic.value();
        withoutZero += ic.covers(0) ? 0 : 1;
      }
      double mean = Arrays.stream(ics).average().orElseThrow();
      double variance =
          Arrays.stream(ics).map(ic -> (ic - mean) * (ic - mean)).sum() / Math.max(1, count - 1);
      double standardError = Math.sqrt(variance / count);
      checks.add(
          new RandomCheck(
              model,
              count,
              mean,
              standardError,
              withoutZero,
              Math.abs(mean) <= standardErrors(count) * standardError));
    }
    return checks;
  }

  /**
   * How many standard errors, estimated from so many values, are as rare as 3 known ones: Student's
   * t by the approximation of Gaver and Kafadar.
   */
  private static double standardErrors(int count) {
    double freedom = count - 1.0;
    double share = (freedom - 1.5) / ((freedom - 1) * (freedom - 1));
    return Math.sqrt(freedom * Math.expm1(STANDARD_ERRORS * STANDARD_ERRORS * share));
  }
}
