package io.bqx.examples;

import io.bqx.core.evaluation.Comparison;
import io.bqx.core.evaluation.Estimate;
import io.bqx.core.evaluation.EvaluationReport;
import io.bqx.core.evaluation.EvaluationReport.Level;
import io.bqx.core.evaluation.EvaluationReport.Period;
import io.bqx.core.evaluation.EvaluationReport.RandomCheck;
import io.bqx.core.evaluation.EvaluationReport.ShiftCheck;
import io.bqx.core.evaluation.Expectation;
import io.bqx.core.evaluation.Expectation.Verdict;
import io.bqx.core.evaluation.Measure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A backtest's report for people, as text and in Markdown. */
final class BacktestDocument {

  /** A table and what is to be said of it. */
  private record Section(String heading, TextTable table, List<String> remarks) {}

  private final EvaluationReport report;
  private final List<Section> sections = new ArrayList<>();

  private BacktestDocument(EvaluationReport report) {
    this.report = report;
  }

  static BacktestDocument of(EvaluationReport report) {
    BacktestDocument document = new BacktestDocument(report);
    document.sections.add(document.subject());
    document.sections.add(document.checksForShifts());
    document.sections.add(document.checksForRandomTargets());
    document.sections.add(document.level(report.pooled()));
    document.sections.add(document.level(report.own()));
    document.sections.add(document.pairs());
    document.sections.add(document.expectations());
    return document;
  }

  /** The lines of the console. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Section section : sections) {
      lines.add(section.heading());
      lines.add("");
      lines.addAll(section.table().lines());
      section.remarks().forEach(lines::add);
      lines.add("");
    }
    return lines;
  }

  /** The report in Markdown. */
  String markdown() {
    StringBuilder text = new StringBuilder("# Backtest\n");
    for (Section section : sections) {
      text.append("\n## ").append(section.heading()).append("\n\n");
      section.table().markdown().forEach(line -> text.append(line).append('\n'));
      section.remarks().forEach(remark -> text.append('\n').append(remark).append('\n'));
    }
    return text.toString();
  }

  private Section subject() {
    Period period = report.period();
    TextTable table = new TextTable().left("what").left("is");
    table.row("target", report.settings().target());
    table.row(
        "columns",
        report.foundationColumns() + " of the foundation, " + report.allColumns() + " in all");
    table.row("pairs", report.pairs().size());
    table.row("period", period.first() + " to " + period.last());
    table.row("forecast", "from " + period.testFrom() + " on");
    table.row(
        "rows",
        Quantities.count(period.rows())
            + " times of the market, "
            + Quantities.count(period.testRows())
            + " of them forecast in "
            + Quantities.count(report.settings().folds(), "test block"));
    table.row(
        "embargo",
        Quantities.count(report.embargo())
            + " rows: target "
            + report.settings().target().rows()
            + ", longest lookback "
            + Quantities.count(report.lookback()));
    table.row(
        "position",
        "rule "
            + report.settings().rule()
            + ", held for "
            + report.settings().target().rows()
            + " rows, cost "
            + decimals(report.settings().costPercent(), 4)
            + " % of what is traded");
    table.row("year", Quantities.count(Math.round(report.settings().rowsPerYear())) + " rows");
    table.row(
        "intervals",
        "95 %, "
            + Quantities.count(report.settings().resamples(), "resample")
            + " of "
            + Quantities.count(period.testBlocks(), "block")
            + " of 5 targets, seed "
            + report.settings().seed());
    return new Section("What was evaluated", table, List.of());
  }

  private Section checksForShifts() {
    TextTable table =
        new TextTable()
            .left("model")
            .right("IC, a row earlier")
            .right("IC")
            .right("IC, a row later")
            .right("last row's IC")
            .right("next row's IC")
            .right("gain")
            .right("expected")
            .left("check");
    for (ShiftCheck check : report.shifts()) {
      table.row(
          check.model(),
          cell(Measure.IC, check.earlier()),
          cell(Measure.IC, check.onTime()),
          cell(Measure.IC, check.later()),
          cell(Measure.IC, check.lastRow()),
          cell(Measure.IC, check.nextRow()),
          cell(Measure.IC, check.gain()),
          decimals(check.expected(), 4),
          check.held() ? "held" : "FAILED");
    }
    return new Section("Check 1: the target shifted by one row", table, List.of());
  }

  private Section checksForRandomTargets() {
    TextTable table =
        new TextTable()
            .left("model")
            .right("random targets")
            .right("mean IC")
            .right("standard error")
            .right("intervals without 0")
            .right("expected")
            .left("check");
    for (RandomCheck check : report.randomTargets()) {
      table.row(
          check.model(),
          check.targets(),
          decimals(check.meanIc(), 4),
          decimals(check.standardError(), 4),
          check.intervalsWithoutZero(),
          decimals(0.05 * check.targets(), 1),
          check.held() ? "held" : "FAILED");
    }
    List<String> remarks =
        report.checksHeld()
            ? List.of()
            : List.of("A check did not hold: no number below is to be believed.");
    return new Section("Check 2: random targets", table, remarks);
  }

  private Section level(Level level) {
    TextTable table =
        new TextTable()
            .left("measure")
            .right(report.foundationColumns() + " columns")
            .right(report.allColumns() + " columns")
            .right("difference");
    for (Comparison comparison : level.comparisons()) {
      Measure measure = comparison.measure();
      table.row(
          measure,
          cell(measure, comparison.foundation()),
          cell(measure, comparison.all()),
          cell(measure, comparison.difference()));
    }
    String rows =
        String.format(
            Locale.ROOT,
            "%s, which overlap: as informative as about %s.",
            Quantities.count(level.rows(), "row"),
            Double.isFinite(level.effectiveRows())
                ? Quantities.count(Math.round(level.effectiveRows()), "independent row")
                : "nothing");
    return new Section(capitalised(level.name()), table, List.of(rows));
  }

  private Section pairs() {
    TextTable table =
        new TextTable()
            .left("pair")
            .right("rows")
            .right("rank IC, " + report.foundationColumns())
            .right("rank IC, " + report.allColumns())
            .right("difference")
            .right("Sharpe, " + report.foundationColumns())
            .right("Sharpe, " + report.allColumns())
            .right("difference");
    int better = 0;
    int worse = 0;
    for (Level level : report.pairs()) {
      Comparison ic = level.by(Measure.RANK_IC);
      Comparison sharpe = level.by(Measure.SHARPE);
      table.row(
          level.name(),
          Quantities.count(level.rows()),
          value(Measure.RANK_IC, ic.foundation().value()),
          value(Measure.RANK_IC, ic.all().value()),
          cell(Measure.RANK_IC, ic.difference()),
          value(Measure.SHARPE, sharpe.foundation().value()),
          value(Measure.SHARPE, sharpe.all().value()),
          cell(Measure.SHARPE, sharpe.difference()));
      better += ic.difference().isAbove(0) ? 1 : 0;
      worse += ic.difference().isBelow(0) ? 1 : 0;
    }
    return new Section(
        "Single pairs, own models",
        table,
        List.of(
            String.format(
                Locale.ROOT,
                "The interval of the rank IC's difference lies above 0 for %d and below 0 for %d of %s; by chance alone"
                    + " about %.1f of each.",
                better,
                worse,
                Quantities.count(report.pairs().size(), "pair"),
                0.025 * report.pairs().size())));
  }

  private Section expectations() {
    TextTable table =
        new TextTable()
            .left("measure")
            .left("models")
            .right("promised")
            .right(report.foundationColumns() + " columns")
            .right(report.allColumns() + " columns")
            .right("difference")
            .left("verdict");
    List<String> remarks = new ArrayList<>();
    for (Expectation expectation : Expectation.values()) {
      for (Level level : List.of(report.pooled(), report.own())) {
        Measure measure = expectation.measure();
        Comparison comparison = level.by(measure);
        table.row(
            measure,
            level.pooled() ? "pooled" : "own",
            promised(expectation),
            value(measure, comparison.foundation().value()),
            value(measure, comparison.all().value()),
            cell(measure, comparison.difference()),
            verdict(expectation, comparison.difference()));
      }
    }
    for (Expectation expectation : Expectation.values()) {
      remarks.add(conclusion(expectation));
    }
    if (!report.period().isLongEnough()) {
      remarks.add(
          String.format(
              Locale.ROOT,
              "The test holds only %s of the bootstrap, fewer than %d: intervals are rough and rather too narrow.",
              Quantities.count(report.period().testBlocks(), "block"),
              Period.ENOUGH_BLOCKS));
    }
    return new Section("What the guide promises, and what was measured", table, remarks);
  }

  private static String promised(Expectation expectation) {
    return expectation == Expectation.SHARPE ? "1.5 -> 1.65 to 1.75: +0.15 to +0.25" : "+5 to +8 %";
  }

  private static String verdict(Expectation expectation, Estimate difference) {
    String possible =
        expectation.isPossible(difference) ? "; the promise is not excluded" : "; not as promised";
    return switch (expectation.judge(difference)) {
      case ADDS -> "added" + possible;
      case NOT_SHOWN -> "not shown: covers 0" + possible;
      case WORSE -> "worse";
      case UNDEFINED -> "cannot be measured";
    };
  }

  /** What the data say to a promise, or that they are too short to say anything. */
  private String conclusion(Expectation expectation) {
    if (!report.checksHeld()) {
      return expectation.measure()
          + ": a check did not hold, so these data say nothing about the promise.";
    }
    Estimate pooled = report.pooled().by(expectation.measure()).difference();
    Estimate own = report.own().by(expectation.measure()).difference();
    Estimate better = pooled.high() - pooled.low() < own.high() - own.low() ? pooled : own;
    double needed = expectation.lengthNeeded(better);
    double years = report.period().testRows() / report.settings().rowsPerYear();
    if (!(needed <= 1)) {
      return String.format(
          Locale.ROOT,
          "%s: these data cannot support the promise, whatever the difference. A test of %.2f years leaves it uncertain by"
              + " +-%s; to tell +%s from 0 the test would have to be about %s times as long.",
          expectation.measure(),
          years,
          value(expectation.measure(), (better.high() - better.low()) / 2),
          value(expectation.measure(), expectation.low()),
          Double.isNaN(needed) ? "n/a" : Quantities.count(Math.round(Math.ceil(needed))));
    }
    boolean possible = expectation.isPossible(pooled) || expectation.isPossible(own);
    boolean added =
        expectation.judge(pooled) == Verdict.ADDS || expectation.judge(own) == Verdict.ADDS;
    return expectation.measure()
        + (added
            ? ": something is added"
            : ": that anything is added is not supported by these data")
        + (possible ? ", and the promise is possible." : ", and the promise is excluded.");
  }

  private static String cell(Measure measure, Estimate estimate) {
    return Double.isNaN(estimate.low())
        ? value(measure, estimate.value())
        : value(measure, estimate.value())
            + " ["
            + value(measure, estimate.low())
            + ", "
            + value(measure, estimate.high())
            + "]";
  }

  private static String value(Measure measure, double value) {
    if (Double.isNaN(value)) {
      return "n/a";
    }
    return switch (measure) {
      case RANK_IC, IC, R2 -> decimals(value, 4);
      case DIRECTIONAL_ACCURACY, NET_RETURN, MAX_DRAWDOWN -> decimals(100 * value, 2) + " %";
      case SHARPE, SHARPE_BEFORE_COSTS -> decimals(value, 2);
      case TURNOVER -> Quantities.count(Math.round(value));
    };
  }

  private static String decimals(double value, int digits) {
    return Double.isNaN(value) ? "n/a" : String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  private static String capitalised(String text) {
    return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }
}
