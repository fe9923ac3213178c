package io.bqx.examples;

import io.bqx.core.backtest.Backtest;
import io.bqx.core.evaluation.EvaluationReport;
import io.bqx.core.evaluation.EvaluationSettings;
import io.bqx.core.evaluation.PositionRule;
import io.bqx.core.evaluation.Target;
import io.bqx.features.CurrencyPair;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Finds out what the market's features add. */
@Command(
    name = "backtest",
    description = {
      "Finds out whether all columns forecast better than those of stages 2.12 and 2.14 alone: walks forward through the"
          + " months with ridge regressions, per pair and pooled, and prints how good their forecasts are and what trading"
          + " them would have brought, each with a 95 %% interval, and two checks for look-ahead. Changes nothing.",
      "",
      "Without --from and --to, every month that has bars. All stages must have been computed."
    },
    footer = {
      "",
      "Examples:",
      "  java -Xmx2g -jar bqx.jar backtest --embedded ./db --target 60",
      "  bqx backtest --embedded ./db --from 2024-07 --to 2025-06 --folds 9 --out report.md",
      "  bqx backtest --embedded ./db --pairs eurusd,usdjpy --predict bqx --json report.json",
      "",
      "Exit codes: 0 evaluated, 1 failed or a check for look-ahead did not hold, 2 bad usage."
    })
final class BacktestCommand implements Callable<Integer> {

  private static final EvaluationSettings DEFAULTS = EvaluationSettings.of(Target.returnOver(60));

  @Spec private CommandSpec command;
  @Mixin private DatabaseOptions database;
  @Mixin private MonthOptions months;

  @Option(
      names = "--target",
      paramLabel = "ROWS",
      defaultValue = "60",
      description = "How many rows of a pair ahead is forecast; ${DEFAULT-VALUE} if not given.")
  private int rows;

  @Option(
      names = "--predict",
      paramLabel = "WHAT",
      defaultValue = "return",
      description =
          "return: the pair's return over these rows; bqx: its BQX over 15 rows at their end. ${DEFAULT-VALUE} if not given.")
  private Target.Kind kind;

  @Option(
      names = "--pairs",
      paramLabel = "PAIR",
      split = ",",
      description = "Only these pairs; all that have features if not given.")
  private List<CurrencyPair> pairs = List.of();

  @Option(
      names = "--folds",
      paramLabel = "N",
      description =
          "Test blocks, before each of which the models are made anew; ${DEFAULT-VALUE} if not given.")
  private int folds = DEFAULTS.folds();

  @Option(
      names = "--rule",
      paramLabel = "RULE",
      defaultValue = "sign",
      description =
          "When a forecast is traded: sign always, above-cost if the forecast return is larger than the costs of buying and"
              + " selling. ${DEFAULT-VALUE} if not given.")
  private PositionRule rule;

  @Option(
      names = "--cost",
      paramLabel = "PERCENT",
      description =
          "Cost of buying or selling once, in percent of what is traded; a third of 0.02 if not given, one leg of an arbitrage"
              + " round trip.")
  private double cost = DEFAULTS.costPercent();

  @Option(
      names = "--rows-per-year",
      paramLabel = "ROWS",
      description =
          "Rows of a year, for annual figures; ${DEFAULT-VALUE} if not given: minutes of 52 weeks of 5 days.")
  private double rowsPerYear = DEFAULTS.rowsPerYear();

  @Option(
      names = "--random-targets",
      paramLabel = "N",
      description = "Random targets of the second check; ${DEFAULT-VALUE} if not given.")
  private int randomTargets = DEFAULTS.randomTargets();

  @Option(
      names = "--resamples",
      paramLabel = "N",
      description = "Resamples of the bootstrap; ${DEFAULT-VALUE} if not given.")
  private int resamples = DEFAULTS.resamples();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of resamples and random targets; ${DEFAULT-VALUE} if not given.")
  private long seed = DEFAULTS.seed();

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Pairs read at the same time; the number of processors if not given.")
  private int workers = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write everything that was found to this file.")
  private Path json;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Also write the report to this file, in Markdown.")
  private Path markdown;

  @Override
  public Integer call() {
    database.check();
    months.check();
    EvaluationSettings settings = settings();
    ResultFile.check(command, "--json", json);
    ResultFile.check(command, "--out", markdown);
    Console console = new Console(command);
    try (Database open = database.open(new Interruption(console.err()))) {
      MonthOptions.Range range = months.orStored(open);
      Backtest backtest =
          Backtest.on(open.dataSource())
              .schema(open.schema())
              .months(range.from(), range.to())
              .settings(settings)
              .workers(workers)
              .progress(
                  step -> {
                    console.err().println("backtest: " + step);
                    console.err().flush();
                  });
      UsageMeter meter = UsageMeter.start(open);
      EvaluationReport report = (pairs.isEmpty() ? backtest : backtest.pairs(pairs)).run();
      Usage usage = meter.read();
      BacktestDocument document = BacktestDocument.of(report);
      console.print(document.lines());
      console.print(
          String.format(
              Locale.ROOT,
              "%s, at most %s of heap",
              Quantities.duration(usage.elapsed()),
              Quantities.bytes(usage.peakHeap())));
      ResultFile.writeJson(json, BacktestFigures.of(report));
      ResultFile.writeText(markdown, document.markdown());
      return report.checksHeld() ? 0 : Bqx.FAILED;
    }
  }

  private EvaluationSettings settings() {
    try {
      Target target =
          kind == Target.Kind.RETURN
              ? Target.returnOver(rows)
              : Target.bqxAfter(rows, Windows.ofDefaults().regressionSource());
      if (workers < 1) {
        throw new IllegalArgumentException("--workers is " + workers + "; it must be 1 or more");
      }
      pairs.forEach(Universe.g8()::indexOf);
      return EvaluationSettings.of(target)
          .folds(folds)
          .rule(rule)
          .costPercent(cost)
          .rowsPerYear(rowsPerYear)
          .randomTargets(randomTargets)
          .resamples(resamples)
          .seed(seed);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }
}
