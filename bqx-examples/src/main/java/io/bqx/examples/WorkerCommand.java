package io.bqx.examples;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The commands about a rented machine. */
@Command(
    name = "worker",
    description =
        "Rents a machine of AWS that runs one job, watches it and gives it back; says what it"
            + " costs; makes the resident machine larger or smaller.",
    subcommands = {
      WorkerRunCommand.class,
      WorkerPreflightCommand.class,
      WorkerLaunchCommand.class,
      WorkerStatusCommand.class,
      WorkerTerminateCommand.class,
      WorkerResizeCommand.class,
      WorkerCostCommand.class
    },
    footer = {
      "",
      "Examples:",
      "  bqx worker run --spec worker.yaml --jdbc-url jdbc:postgresql://db/fx --user me \\",
      "      --export s3://bucket/features --report ./report --confirm TERMINATE",
      "  bqx worker preflight --spec worker.yaml",
      "  bqx worker launch --spec worker.yaml --await 20",
      "  bqx worker status --spec worker.yaml",
      "  bqx worker terminate --spec worker.yaml --jdbc-url jdbc:postgresql://db/fx --user me",
      "  bqx worker cost --plan plan.yaml",
      "",
      "Exit codes: 0 done, 1 failed, 2 bad usage."
    })
final class WorkerCommand implements Runnable {

  @Spec private CommandSpec command;

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(),
        "A command is missing: " + String.join(", ", command.subcommands().keySet()));
  }
}
