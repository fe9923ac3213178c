package io.bqx.examples;

import io.bqx.core.export.ParquetExport;
import io.bqx.features.CurrencyPair;
import io.bqx.features.Universe;
import java.time.YearMonth;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The options that say what is exported, where {@code --to} is the place and not the last month.
 */
final class ExportScopeOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--from",
      paramLabel = "MONTH",
      description = "The first month (UTC), as in 2024-07; every month with features if not given.")
  private YearMonth from;

  @Option(names = "--until", paramLabel = "MONTH", description = "The last month, itself included.")
  private YearMonth until;

  @Option(
      names = "--pairs",
      paramLabel = "PAIR",
      split = ",",
      description = "Only these pairs, as in eurusd,usdjpy; all 28 if not given.")
  private List<CurrencyPair> pairs = List.of();

  @Option(
      names = "--workers",
      paramLabel = "N",
      description =
          "Files that are worked on at the same time; the number of processors if not given.")
  private Integer workers;

  /**
   * Checks what is given.
   *
   * @throws ParameterException if one end of the months is missing, they are the wrong way round, a
   *     pair is unknown, or there are no workers
   */
  void check() {
    if ((from == null) != (until == null)) {
      throw badUsage("Which months? Missing %s", from == null ? "--from MONTH" : "--until MONTH");
    }
    if (from != null && until.isBefore(from)) {
      throw badUsage("--until %s is before --from %s", until, from);
    }
    for (CurrencyPair pair : pairs) {
      if (!Universe.g8().pairs().contains(pair)) {
        throw badUsage("--pairs: there is no pair %s among the 28", pair);
      }
    }
    if (workers != null && workers < 1) {
      throw badUsage("--workers is %d; it must be 1 or more", workers);
    }
  }

  /** Hands what was given on. */
  ParquetExport applyTo(ParquetExport export) {
    if (from != null) {
      export.months(from, until);
    }
    if (!pairs.isEmpty()) {
      export.pairs(pairs.toArray(CurrencyPair[]::new));
    }
    return workers == null ? export : export.workers(workers);
  }

  private ParameterException badUsage(String message, Object... arguments) {
    return new ParameterException(
        command.commandLine(), String.format(Locale.ROOT, message, arguments));
  }
}
