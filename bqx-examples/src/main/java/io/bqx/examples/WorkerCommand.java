package io.bqx.examples;

import picocli.CommandLine.Command;

/** The commands about a rented machine. */
@Command(
    name = "worker",
    description =
        "Rents a machine of AWS that runs one job, watches it and gives it back; makes the resident"
            + " machine larger or smaller.",
    subcommands = {
      WorkerPreflightCommand.class,
      WorkerLaunchCommand.class,
      WorkerStatusCommand.class,
      WorkerTerminateCommand.class,
      WorkerResizeCommand.class
    },
    footer = {
      "",
      "Examples:",
      "  bqx worker preflight --spec worker.yaml",
      "  bqx worker launch --spec worker.yaml --await 20",
      "  bqx worker status --spec worker.yaml",
      "  bqx worker terminate --spec worker.yaml --jdbc-url jdbc:postgresql://db/fx --user me",
      "",
      "Exit codes: 0 done, 1 failed, 2 bad usage."
    })
final class WorkerCommand {}
