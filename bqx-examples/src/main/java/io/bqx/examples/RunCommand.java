package io.bqx.examples;

import io.bqx.core.rewrite.SwapPolicy;
import io.bqx.core.run.Phase2;
import io.bqx.core.run.Run;
import io.bqx.core.run.RunReport;
import io.bqx.core.watch.StallPolicy;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Brings the stages of a range of months up to date. */
@Command(
    name = "run",
    description = {
      "Computes the stages that are due and swaps the finished partitions in.",
      "",
      "Stop it at any time, also with kill -9, and run it again: it goes on where it stopped. Started twice, both share the"
          + " work."
    },
    footer = {
      "",
      "Examples:",
      "  bqx run --embedded ./db --from 2024-07 --to 2024-08",
      "  bqx run --embedded ./db --from 2024-07 --to 2025-06 --stages 2.3,2.4 --workers 2",
      "  bqx run --embedded ./db --from 2024-07 --to 2025-06 --layout shared",
      "  BQX_DB_PASSWORD=... bqx run --jdbc-url jdbc:postgresql://db/fx --user me \\",
      "    --from 2024-07 --to 2025-06",
      "",
      "Exit codes: 0 all partitions are up to date, 1 one could not be done or the run was stopped, 2 bad usage."
    })
final class RunCommand implements Callable<Integer> {

  private static final Duration LONGEST_LOCK_TIMEOUT = Duration.ofMinutes(10);
  private static final Duration LONGEST_STALL_TIMEOUT = Duration.ofDays(1);

  @Spec private CommandSpec command;
  @Mixin private DatabaseOptions database;
  @Mixin private MonthOptions months;
  @Mixin private StageOptions stages;
  @Mixin private LayoutOption layout;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Partitions written at the same time; the number of processors if not given.")
  private Integer workers;

  @Option(
      names = "--lock-timeout",
      paramLabel = "SECONDS",
      description =
          "How long one try to lock a table waits for those who use it, while others wait behind it; ${DEFAULT-VALUE} if not given.")
  private long lockTimeout = SwapPolicy.ofDefaults().lockTimeout().toSeconds();

  @Option(
      names = "--lock-tries",
      paramLabel = "N",
      description =
          "How often that is tried before the partition fails; ${DEFAULT-VALUE} if not given.")
  private int lockTries = SwapPolicy.ofDefaults().tries();

  @Option(
      names = "--stall-timeout",
      paramLabel = "SECONDS",
      description =
          "After how much time without progress to say what the run waits for; ${DEFAULT-VALUE} if not given.")
  private long stallTimeout = StallPolicy.ofDefaults().timeout().toSeconds();

  @Option(
      names = "--cancel-stalled",
      description =
          "Also end a wait that --stall-timeout reports, and try the partition again, except where the server is seen at work"
              + " on it.")
  private boolean cancelStalled;

  @Option(
      names = "--redo",
      description =
          "Compute the stages even where nothing has changed, for example after stored values were changed by hand.")
  private boolean redo;

  @Option(
      names = "--forgive-crashes",
      description = "Try months again on which several workers in a row died.")
  private boolean forgiveCrashes;

  @Option(
      names = "--watch-interruption",
      description =
          "On a Spot machine of EC2: watch for the notice that it will be taken back, and then end the run in order within 110 s.")
  private boolean watchInterruption;

  @Override
  public Integer call() throws InterruptedException {
    database.check();
    MonthOptions.Range range = months.required();
    stages.check();
    check();
    Console console = new Console(command);
    Interruption interruption = new Interruption(console.err());
    try (Database open = database.open(interruption)) {
      Phase2 job =
          stages
              .applyTo(
                  Phase2.on(open.dataSource())
                      .schema(open.schema())
                      .months(range.from(), range.to()))
              .listener(ProgressDisplay.choose(console.err()));
      layout
          .applyTo(job)
          .swapPolicy(
              new SwapPolicy(
                  Duration.ofSeconds(lockTimeout), lockTries, SwapPolicy.ofDefaults().pause()));
      job.stallPolicy(new StallPolicy(Duration.ofSeconds(stallTimeout), cancelStalled));
      if (redo) {
        job.redo();
      }
      if (forgiveCrashes) {
        job.forgiveCrashes();
      }
      Run run = (workers == null ? job : job.workers(workers)).start();
      if (watchInterruption) {
        return awaitWatched(run, interruption, console);
      }
      RunReport report = interruption.await(run);
      console.print(ReportText.lines(report));
      return report.exitCode();
    }
  }

  private int awaitWatched(Run run, Interruption interruption, Console console)
      throws InterruptedException {
    Map<String, String> environment = ((Bqx) command.root().userObject()).environment();
    try (InterruptionWatch watch = InterruptionWatch.begin(environment, run, console)) {
      Optional<RunReport> report = watch.await(run, interruption);
      report.ifPresent(ended -> console.print(ReportText.lines(ended)));
      watch.reason().ifPresent(reason -> console.print("Interrupted: " + reason));
      return report.map(RunReport::exitCode).orElse(Bqx.FAILED);
    }
  }

  private void check() {
    if (workers != null && workers < 1) {
      throw badUsage("--workers is %d; it must be 1 or more", workers);
    }
    if (lockTries < 1) {
      throw badUsage("--lock-tries is %d; it must be 1 or more", lockTries);
    }
    checkSeconds("--lock-timeout", lockTimeout, LONGEST_LOCK_TIMEOUT);
    checkSeconds("--stall-timeout", stallTimeout, LONGEST_STALL_TIMEOUT);
  }

  private void checkSeconds(String option, long given, Duration most) {
    if (given < 1 || given > most.toSeconds()) {
      throw badUsage("%s is %d; it must be from 1 to %d seconds", option, given, most.toSeconds());
    }
  }

  private ParameterException badUsage(String message, Object... arguments) {
    return new ParameterException(
        command.commandLine(), String.format(Locale.ROOT, message, arguments));
  }
}
