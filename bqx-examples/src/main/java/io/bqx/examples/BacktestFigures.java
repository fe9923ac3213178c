package io.bqx.examples;

import io.bqx.core.evaluation.Comparison;
import io.bqx.core.evaluation.Estimate;
import io.bqx.core.evaluation.EvaluationReport;
import io.bqx.core.evaluation.EvaluationReport.Level;
import io.bqx.core.evaluation.EvaluationReport.RandomCheck;
import io.bqx.core.evaluation.EvaluationReport.ShiftCheck;
import io.bqx.core.evaluation.Expectation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A backtest's report as maps and lists, for JSON; a value that is not defined is null. */
final class BacktestFigures {

  private BacktestFigures() {}

  static Map<String, Object> of(EvaluationReport report) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("target", report.settings().target().kind().toString());
    figures.put("target_rows", report.settings().target().rows());
    figures.put("first", report.period().first().toString());
    figures.put("test_from", report.period().testFrom().toString());
    figures.put("last", report.period().last().toString());
    figures.put("rows", report.period().rows());
    figures.put("test_rows", report.period().testRows());
    figures.put("test_blocks", report.period().testBlocks());
    figures.put("foundation_columns", report.foundationColumns());
    figures.put("all_columns", report.allColumns());
    figures.put("lookback_rows", report.lookback());
    figures.put("embargo_rows", report.embargo());
    figures.put("folds", report.settings().folds());
    figures.put("rule", report.settings().rule().toString());
    figures.put("cost_percent", report.settings().costPercent());
    figures.put("rows_per_year", report.settings().rowsPerYear());
    figures.put("resamples", report.settings().resamples());
    figures.put("seed", report.settings().seed());
    figures.put("levels", report.levels().stream().map(BacktestFigures::of).toList());
    figures.put("shifts", report.shifts().stream().map(BacktestFigures::of).toList());
    figures.put(
        "random_targets", report.randomTargets().stream().map(BacktestFigures::of).toList());
    figures.put("checks_held", report.checksHeld());
    List<Object> expectations = new ArrayList<>();
    for (Expectation expectation : Expectation.values()) {
      for (Level level : List.of(report.pooled(), report.own())) {
        expectations.add(of(expectation, level));
      }
    }
    figures.put("expectations", expectations);
    return figures;
  }

  private static Map<String, Object> of(Expectation expectation, Level level) {
    Estimate difference = level.by(expectation.measure()).difference();
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("measure", expectation.measure().toString());
    figures.put("level", level.name());
    figures.put("promised_low", expectation.low());
    figures.put("promised_high", expectation.high());
    figures.put("difference", of(difference));
    figures.put("verdict", expectation.judge(difference).name().toLowerCase(Locale.ROOT));
    return figures;
  }

  private static Map<String, Object> of(Level level) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("name", level.name());
    figures.put("rows", level.rows());
    figures.put("effective_rows", number(level.effectiveRows()));
    for (Comparison comparison : level.comparisons()) {
      Map<String, Object> of = new LinkedHashMap<>();
      of.put("foundation", of(comparison.foundation()));
      of.put("all", of(comparison.all()));
      of.put("difference", of(comparison.difference()));
      figures.put(comparison.measure().name().toLowerCase(Locale.ROOT), of);
    }
    return figures;
  }

  private static Map<String, Object> of(ShiftCheck check) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("model", check.model().toString());
    figures.put("ic_one_row_earlier", of(check.earlier()));
    figures.put("ic", of(check.onTime()));
    figures.put("ic_one_row_later", of(check.later()));
    figures.put("last_row_ic", of(check.lastRow()));
    figures.put("next_row_ic", of(check.nextRow()));
    figures.put("gain", of(check.gain()));
    figures.put("expected_gain", number(check.expected()));
    figures.put("error", of(check.error()));
    figures.put("held", check.held());
    return figures;
  }

  private static Map<String, Object> of(RandomCheck check) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("model", check.model().toString());
    figures.put("targets", check.targets());
    figures.put("mean_ic", number(check.meanIc()));
    figures.put("standard_error", number(check.standardError()));
    figures.put("intervals_without_zero", check.intervalsWithoutZero());
    figures.put("held", check.held());
    return figures;
  }

  private static Map<String, Object> of(Estimate estimate) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("value", number(estimate.value()));
    figures.put("low", number(estimate.low()));
    figures.put("high", number(estimate.high()));
    return figures;
  }

  private static Double number(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
