package io.bqx.examples;

import io.bqx.aws.AwsClients;
import io.bqx.aws.worker.Gate;
import io.bqx.aws.worker.TerminationOrder;
import io.bqx.aws.worker.Worker;
import io.bqx.core.export.ExportDestination;
import io.bqx.core.export.ParquetExport;
import io.bqx.core.run.JobStatus;
import io.bqx.core.run.Phase2;
import io.bqx.core.validation.ValidationReport;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Gives the machine back. */
@Command(
    name = "terminate",
    description = {
      "Terminates the machine of a worker, waits until it is gone, cancels its Spot request, and"
          + " says what is left over.",
      "",
      "Refuses until its gates are open: ledger-complete, validation-green, export-verified,"
          + " logs-archived. The first two look into the database that options name, the third one"
          + " also where --export says, and the last one into S3. A gate is passed over with --skip-gate and --reason, which are recorded."
          + " Then it asks for the word TERMINATE."
    },
    footer = {
      "",
      "Examples:",
      "  bqx worker terminate --spec worker.yaml --jdbc-url jdbc:postgresql://db/fx --user me \\",
      "      --export s3://bucket/features",
      "  bqx worker terminate --spec worker.yaml --jdbc-url jdbc:postgresql://db/fx --user me \\",
      "      --skip-gate export-verified --reason 'this run exports nothing'",
      "  bqx worker terminate --spec worker.yaml --dry-run",
      "",
      "Exit codes: 0 nothing runs any more, 1 a gate is closed or it failed, 2 bad usage."
    })
final class WorkerTerminateCommand implements Callable<Integer> {

  @Spec private CommandSpec command;
  @Mixin private WorkerOptions worker;
  @Mixin private AwsOptions aws;
  @Mixin private DatabaseOptions database;
  @Mixin private MonthOptions months;
  @Mixin private StageOptions stages;
  @Mixin private LayoutOption layout;
  @Mixin private TerminationOptions termination;
  @Mixin private DryRunOption dryRun;

  @Option(
      names = "--export",
      paramLabel = "DIR|s3://BUCKET/PREFIX",
      description =
          "Where 'bqx export' has put the files of these months; the gate export-verified opens when 'bqx export verify' has"
              + " found them right.")
  private String exported;

  @Override
  public Integer call() {
    months.check();
    stages.check();
    if (database.isGiven()) {
      database.check();
    }
    checkExport();
    Console console = new Console(command);
    try (AwsClients clients = aws.clients()) {
      Worker wanted = worker.worker(clients, console);
      if (!database.isGiven()) {
        return terminate(wanted, console);
      }
      try (Database open = database.open(new Interruption(console.err()))) {
        MonthOptions.Range range = months.orStored(open);
        Supplier<JobStatus> ledger = () -> job(open, range).status();
        Supplier<ValidationReport> validation = () -> stages.applyTo(job(open, range)).validate();
        wanted.gate(Gate.ledgerComplete(ledger)).gate(Gate.validationGreen(validation));
        if (exported != null) {
          wanted.gate(Gate.exportVerified(() -> unverified(open, range, clients)));
        }
        return terminate(wanted, console);
      }
    }
  }

  private List<String> unverified(Database open, MonthOptions.Range range, AwsClients clients) {
    try (ExportDestination place = DestinationOptions.placeOf(exported, clients)) {
      return ParquetExport.on(open.dataSource())
          .schema(open.schema())
          .months(range.from(), range.to())
          .to(place)
          .unverified();
    }
  }

  private void checkExport() {
    if (exported == null) {
      return;
    }
    if (!database.isGiven()) {
      throw badUsage("--export also needs the database that the files are compared with");
    }
    DestinationOptions.checkPlace(command, "--export", exported);
  }

  private ParameterException badUsage(String message) {
    return new ParameterException(command.commandLine(), message);
  }

  private Phase2 job(Database open, MonthOptions.Range range) {
    return layout.applyTo(
        Phase2.on(open.dataSource()).schema(open.schema()).months(range.from(), range.to()));
  }

  private int terminate(Worker wanted, Console console) {
    TerminationOrder order = termination.order(console);
    if (dryRun.isGiven()) {
      console.print(DryRunOption.lines(wanted.plannedTermination(order)));
      return 0;
    }
    console.print(WorkerText.lines(wanted.terminate(order)));
    return 0;
  }
}
