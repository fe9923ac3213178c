package io.bqx.examples;

import io.bqx.core.run.Phase2;
import io.bqx.core.stage.Stages;
import io.bqx.features.TriangularArbitrage;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say which stages are computed, and with which parameters. */
final class StageOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = {"--stages", "--stage"},
      paramLabel = "STAGE",
      split = ",",
      description =
          "Only these stages: 1.5 rate index and BQX, 2.11 and 2.12 regression terms, 2.14 covariances, 2.3 currency"
              + " indices, 2.4 triangular arbitrage, 2.16B blocs. All of them if not given.")
  private List<String> stages;

  @Option(
      names = "--cost",
      paramLabel = "PERCENT",
      description = "Cost of an arbitrage round trip in percent; ${DEFAULT-VALUE} if not given.")
  private double cost = TriangularArbitrage.DEFAULT_COST_PERCENT;

  @Option(
      names = "--threshold",
      paramLabel = "PERCENT",
      description =
          "Profit in percent above which an arbitrage is an opportunity; ${DEFAULT-VALUE} if not given.")
  private double threshold = TriangularArbitrage.DEFAULT_THRESHOLD_PERCENT;

  @Option(
      names = "--baseline",
      paramLabel = "INSTANT",
      description =
          "The rate index is 100 at the first bar at or after this time (UTC), as in 2024-07-01T00:00:00Z. If not given,"
              + " what the database keeps, else the first bar of each pair, which is then kept.")
  private Instant baseline;

  /**
   * Checks the values.
   *
   * @throws ParameterException if a stage does not exist or a number is outside its range
   */
  void check() {
    if (!(cost >= 0 && cost < 100)) {
      throw badUsage("--cost is %s; it must be at least 0 and below 100 percent", cost);
    }
    if (!Double.isFinite(threshold)) {
      throw badUsage("--threshold is %s; it must be a finite number of percent", threshold);
    }
    for (String stage : stages == null ? List.<String>of() : stages) {
      requireKnown(stage);
    }
  }

  private void requireKnown(String stage) {
    List<String> known =
        Stages.builtIn(
                Universe.g8(),
                Windows.ofDefaults(),
                TriangularArbitrage.DEFAULT_COST_PERCENT,
                TriangularArbitrage.DEFAULT_THRESHOLD_PERCENT)
            .ids();
    if (!known.contains(stage)) {
      throw badUsage(
          "--stages: there is no stage '%s'; the stages are %s", stage, String.join(", ", known));
    }
  }

  /** Hands what was given on to a job; what was not given keeps the job's own default. */
  Phase2 applyTo(Phase2 job) {
    Phase2 configured = job.cost(cost).threshold(threshold);
    if (stages != null) {
      configured = configured.stages(stages.toArray(String[]::new));
    }
    return baseline == null ? configured : configured.baseline(baseline);
  }

  private ParameterException badUsage(String message, Object... arguments) {
    return new ParameterException(
        command.commandLine(), String.format(Locale.ROOT, message, arguments));
  }
}
