package io.bqx.examples;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The commands about a rented machine. */
@Command(
    name = "worker",
    description = "Says what a rented machine of AWS costs that runs one job.",
    subcommands = {WorkerCostCommand.class},
    footer = {
      "",
      "Examples:",
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
