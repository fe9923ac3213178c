package io.bqx.examples;

import io.bqx.aws.AwsClients;
import io.bqx.aws.worker.RunningCost;
import io.bqx.aws.worker.Worker;
import io.bqx.core.run.Phase2;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says how a worker stands. */
@Command(
    name = "status",
    description = {
      "Says how a worker stands: its machine, how long it runs and what it has cost, what the"
          + " ledger says of its run, and the last lines of its log. Changes nothing.",
      "",
      "The ledger is read if options name a database; without --from and --to, over every month"
          + " that has bars."
    },
    footer = {
      "",
      "Examples:",
      "  bqx worker status --spec worker.yaml",
      "  bqx worker status --spec worker.yaml --jdbc-url jdbc:postgresql://db/fx --user me",
      "",
      "Exit codes: 0 shown, 1 AWS or the database cannot be asked, 2 bad usage."
    })
final class WorkerStatusCommand implements Callable<Integer> {

  @Spec private CommandSpec command;
  @Mixin private WorkerOptions worker;
  @Mixin private AwsOptions aws;
  @Mixin private DatabaseOptions database;
  @Mixin private MonthOptions months;
  @Mixin private LayoutOption layout;
  @Mixin private DryRunOption dryRun;

  @Override
  public Integer call() {
    months.check();
    if (database.isGiven()) {
      database.check();
    }
    Console console = new Console(command);
    try (AwsClients clients = aws.clients()) {
      Worker wanted = worker.worker(clients, console).cost(RunningCost.atPricesOf(clients));
      if (dryRun.isGiven()) {
        console.print(DryRunOption.lines(wanted.plannedStatus()));
        return 0;
      }
      if (!database.isGiven()) {
        console.print(WorkerText.lines(wanted.status()));
        return 0;
      }
      try (Database open = database.open(new Interruption(console.err()))) {
        MonthOptions.Range range = months.orStored(open);
        Phase2 job =
            Phase2.on(open.dataSource()).schema(open.schema()).months(range.from(), range.to());
        console.print(WorkerText.lines(wanted.ledger(layout.applyTo(job)::status).status()));
        return 0;
      }
    }
  }
}
