package io.bqx.examples;

import io.bqx.aws.AwsClients;
import io.bqx.aws.worker.RunOrder;
import io.bqx.aws.worker.RunningCost;
import io.bqx.aws.worker.Worker;
import io.bqx.core.export.ExportDestination;
import io.bqx.core.export.ParquetExport;
import io.bqx.core.report.ReportFolder;
import io.bqx.core.report.WorkPlan;
import io.bqx.core.run.Phase2;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Rents a machine, has it do the job, and gives it back. */
@Command(
    name = "run",
    description = {
      "Does everything from the preflight to the report: looks, puts bqx.jar into S3, launches the machine, waits for it,"
          + " watches the run and replaces machines that are lost, validates, exports, verifies the export, waits for the log,"
          + " terminates the machine past its gates, and writes the report.",
      "",
      "Validation and export are made by this process, while the machine is rented. Stop it at any time and run it again: it"
          + " goes on where it stopped, and the machine goes on meanwhile. It never rents a second machine beside the first."
    },
    footer = {
      "",
      "Examples:",
      "  bqx worker run --spec worker.yaml --jdbc-url jdbc:postgresql://db/fx --user me \\",
      "      --export s3://bucket/features --report ./report --confirm TERMINATE",
      "  bqx worker run --spec worker.yaml --jdbc-url jdbc:postgresql://db/fx --user me \\",
      "      --skip-gate export-verified --reason 'this run exports nothing' --relaunches 2",
      "  bqx worker run --spec worker.yaml --jdbc-url jdbc:postgresql://db/fx --user me --dry-run",
      "",
      "Exit codes: 0 done and nothing is rented any more, 1 it stopped at a step, 2 bad usage."
    })
final class WorkerRunCommand implements Callable<Integer> {

  @Spec private CommandSpec command;
  @Mixin private WorkerOptions worker;
  @Mixin private AwsOptions aws;
  @Mixin private DatabaseOptions database;
  @Mixin private MonthOptions months;
  @Mixin private StageOptions stages;
  @Mixin private LayoutOption layout;
  @Mixin private SupervisionOptions supervision;
  @Mixin private TerminationOptions termination;
  @Mixin private DryRunOption dryRun;

  @Option(
      names = "--jar",
      paramLabel = "FILE",
      description =
          "The bqx.jar to put where the specification says, unless it is there; the one that this is if not given.")
  private Path jar;

  @Option(
      names = "--fix",
      description =
          "Have the preflight add the rule that admits the worker's security group to the database's, if it is missing.")
  private boolean fix;

  @Option(
      names = "--export",
      paramLabel = "DIR|s3://BUCKET/PREFIX",
      description = "Where to export the features of the months to, as 'bqx export' does.")
  private String exported;

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description = "The folder for report.html, report.md and report.json; none if not given.")
  private Path report;

  @Option(
      names = "--plan",
      paramLabel = "FILE",
      description =
          "What was planned, as for 'bqx report'; what was paid is asked from AWS, whatever the file says.")
  private Path plan;

  @Override
  public Integer call() {
    database.check();
    months.check();
    stages.check();
    check();
    Console console = new Console(command);
    RunOrder.Builder order =
        RunOrder.builder()
            .supervision(supervision.policy())
            .termination(termination.order(console));
    if (fix) {
      order.fixingAccess();
    }
    jar().ifPresent(order::jar);
    Interruption interruption = new Interruption(console.err());
    try (AwsClients clients = aws.clients();
        Database open = database.open(interruption)) {
      interruption.cancelBy(Thread.currentThread()::interrupt);
      Worker wanted = worker.worker(clients, console).cost(RunningCost.atPricesOf(clients));
      MonthOptions.Range range = months.orStored(open);
      Phase2 job =
          stages.applyTo(
              layout.applyTo(
                  Phase2.on(open.dataSource())
                      .schema(open.schema())
                      .months(range.from(), range.to())));
      wanted.database(open.dataSource()).ledger(job::status);
      order.validation(job::validate);
      if (report != null) {
        WorkPlan planned = plan == null ? WorkPlan.ofDefaults() : WorkPlan.read(plan);
        order.report(() -> job.report(planned), ReportFolder.at(report));
      }
      if (exported == null) {
        return run(wanted, order.build(), console);
      }
      try (ExportDestination place = DestinationOptions.placeOf(exported, clients)) {
        ParquetExport export =
            ParquetExport.on(open.dataSource())
                .schema(open.schema())
                .months(range.from(), range.to())
                .listener(new ExportProgress(console.err(), "done"))
                .to(place);
        return run(wanted, order.export(export).build(), console);
      }
    }
  }

  private int run(Worker wanted, RunOrder order, Console console) {
    if (dryRun.isGiven()) {
      console.print(DryRunOption.lines(wanted.plannedRun(order)));
      return 0;
    }
    console.print(WorkerText.lines(wanted.run(order), wanted.machinesUsed()));
    return 0;
  }

  private Optional<Path> jar() {
    if (jar != null) {
      return Optional.of(jar);
    }
    CodeSource own = Bqx.class.getProtectionDomain().getCodeSource();
    return Optional.ofNullable(own)
        .map(source -> Path.of(URI.create(source.getLocation().toString())))
        .filter(Files::isRegularFile);
  }

  private void check() {
    if (jar != null && !Files.isReadable(jar)) {
      throw badUsage("--jar " + jar + " cannot be read");
    }
    if (plan != null && !Files.isReadable(plan)) {
      throw badUsage("--plan " + plan + " cannot be read");
    }
    if (plan != null && report == null) {
      throw badUsage("--plan goes with --report");
    }
    if (report != null && Files.exists(report) && !Files.isDirectory(report)) {
      throw badUsage("--report " + report + " is a file; name a folder");
    }
    if (exported != null) {
      DestinationOptions.checkPlace(command, "--export", exported);
    }
  }

  private ParameterException badUsage(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}
