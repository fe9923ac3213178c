package io.bqx.examples;

import io.bqx.aws.AwsClients;
import io.bqx.aws.worker.LaunchReport;
import io.bqx.aws.worker.Machine;
import io.bqx.aws.worker.Worker;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Gets the machine. */
@Command(
    name = "launch",
    description = {
      "Gets the machine of a worker: the one that there is, or else exactly one new one. Where AWS"
          + " has no Spot machine to give, the next subnet and type are tried, and then On-Demand"
          + " if the specification allows it.",
      "",
      "If it fails, nothing is left behind. Run it again at any time."
    },
    footer = {
      "",
      "Examples:",
      "  bqx worker launch --spec worker.yaml --dry-run",
      "  bqx worker launch --spec worker.yaml --await 20",
      "",
      "Exit codes: 0 the machine runs (and is ready, with --await), 1 it does not, 2 bad usage."
    })
final class WorkerLaunchCommand implements Callable<Integer> {

  @Spec private CommandSpec command;
  @Mixin private WorkerOptions worker;
  @Mixin private AwsOptions aws;
  @Mixin private DryRunOption dryRun;

  @Option(
      names = "--await",
      paramLabel = "MINUTES",
      description =
          "Also wait until its status checks pass and its initialisation is complete, at most that"
              + " long.")
  private Integer awaitMinutes;

  @Option(
      names = "--print-user-data",
      description =
          "Print the script that the machine will run when it starts, and do nothing else.")
  private boolean printUserData;

  @Override
  public Integer call() {
    if (awaitMinutes != null && awaitMinutes < 1) {
      throw new ParameterException(
          command.commandLine(), "--await is " + awaitMinutes + "; it must be 1 minute or more");
    }
    Console console = new Console(command);
    try (AwsClients clients = aws.clients()) {
      Worker wanted = worker.worker(clients, console);
      if (printUserData) {
        console.print(Arrays.asList(wanted.userData().split("\n")));
        return 0;
      }
      if (dryRun.isGiven()) {
        console.print(DryRunOption.lines(wanted.plannedLaunch()));
        return 0;
      }
      LaunchReport report = wanted.launch();
      Machine machine =
          awaitMinutes == null
              ? report.machine()
              : wanted.awaitReady(Duration.ofMinutes(awaitMinutes));
      console.print(WorkerText.lines(report, machine, awaitMinutes != null));
      return 0;
    }
  }
}
