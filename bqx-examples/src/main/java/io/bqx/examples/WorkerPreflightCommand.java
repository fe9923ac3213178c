package io.bqx.examples;

import io.bqx.aws.AwsClients;
import io.bqx.aws.worker.PreflightReport;
import io.bqx.aws.worker.Worker;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Looks at everything that a launch depends on. */
@Command(
    name = "preflight",
    description = {
      "Looks at everything that the launch and the run of a worker depend on: network, access,"
          + " type, quotas, Spot price, image, database. Changes nothing; with --fix it adds the"
          + " one rule by which the database admits the worker.",
      "",
      "With options that name a database, it is asked; else its port in the specification is tried."
    },
    footer = {
      "",
      "Examples:",
      "  bqx worker preflight --spec worker.yaml",
      "  bqx worker preflight --spec worker.yaml --fix",
      "",
      "Exit codes: 0 no check failed (there may be warnings), 1 one failed, 2 bad usage."
    })
final class WorkerPreflightCommand implements Callable<Integer> {

  @Spec private CommandSpec command;
  @Mixin private WorkerOptions worker;
  @Mixin private AwsOptions aws;
  @Mixin private DatabaseOptions database;
  @Mixin private DryRunOption dryRun;

  @Option(
      names = "--fix",
      description =
          "Add the rule that admits the worker's security group to port 5432 of the database's, if"
              + " it is missing.")
  private boolean fix;

  @Override
  public Integer call() {
    if (database.isGiven()) {
      database.check();
    }
    Console console = new Console(command);
    try (AwsClients clients = aws.clients()) {
      Worker wanted = worker.worker(clients, console);
      if (dryRun.isGiven()) {
        console.print(DryRunOption.lines(wanted.plannedPreflight(fix)));
        return 0;
      }
      if (!database.isGiven()) {
        return examine(wanted, console);
      }
      try (Database open = database.open(new Interruption(console.err()))) {
        return examine(wanted.database(open.dataSource()), console);
      }
    }
  }

  private int examine(Worker wanted, Console console) {
    PreflightReport report = fix ? wanted.preflightAndFix() : wanted.preflight();
    console.print(WorkerText.lines(report));
    return report.passed() ? 0 : Bqx.FAILED;
  }
}
