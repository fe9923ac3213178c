package io.bqx.examples;

import io.bqx.aws.AwsClients;
import io.bqx.aws.worker.RunningCost;
import io.bqx.aws.worker.Worker;
import io.bqx.aws.worker.WorkerSpec;
import io.bqx.core.report.CompletionReport;
import io.bqx.core.report.MachineUse;
import io.bqx.core.report.ReportFolder;
import io.bqx.core.report.WorkPlan;
import io.bqx.core.run.Phase2;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Writes what a job did as files. */
@Command(
    name = "report",
    description = {
      "Writes report.html, report.md and report.json: stages, partitions, speed, retries, interruptions, planned against"
          + " actual time and cost, missing values, and what the features look like. Changes nothing in the database.",
      "",
      "report.html is one page with charts that needs nothing else. A report in the folder is compared with the new one and"
          + " replaced. Without --from and --to, every month that has bars."
    },
    footer = {
      "",
      "Examples:",
      "  bqx report --embedded ./db --out ./report",
      "  bqx report --embedded ./db --out ./report --validate --price 0.45",
      "  bqx report --jdbc-url jdbc:postgresql://db/fx --user me --out ./report --worker worker.yaml",
      "",
      "Exit codes: 0 written (with --validate: and every check passed), 1 failed, 2 bad usage."
    })
final class ReportCommand implements Callable<Integer> {

  @Spec private CommandSpec command;
  @Mixin private DatabaseOptions database;
  @Mixin private MonthOptions months;
  @Mixin private StageOptions stages;
  @Mixin private LayoutOption layout;
  @Mixin private AwsOptions aws;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "The folder to write to; it is created if it does not exist.")
  private Path out;

  @Option(
      names = "--validate",
      description =
          "Validate the months first, as 'bqx validate' does, and put the result into the report.")
  private boolean validate;

  @Option(
      names = "--plan",
      paramLabel = "FILE",
      description =
          "What was planned, as a properties file with NAME.stages, NAME.hours, NAME.partitions, planned.usd.per.hour and"
              + " actual.usd.per.hour. If not given: 12 hours for stages 1.5 to 2.14 and 55 hours for 2.3, 2.4 and 2.16B, both"
              + " for 336 partitions, without prices.")
  private Path plan;

  @Option(
      names = "--planned-price",
      paramLabel = "USD",
      description = "Price per hour of the machine that was planned for; overrides that of --plan.")
  private BigDecimal plannedPrice;

  @Option(
      names = "--price",
      paramLabel = "USD",
      description =
          "Price per hour of the machine that did the work; overrides that of --plan. Also the planned price if there is none.")
  private BigDecimal price;

  @Option(
      names = "--worker",
      paramLabel = "FILE",
      description =
          "The specification of the rented worker that did the job: its machines, what AWS asked for them and what their losses"
              + " cost go into the report. Calls AWS.")
  private Path worker;

  @Option(
      names = "--state",
      paramLabel = "FILE",
      description =
          "With --worker: where its state is kept; .bqx/workers/NAME.json in your home folder if not given.")
  private Path state;

  @Override
  public Integer call() {
    database.check();
    months.check();
    stages.check();
    check();
    WorkPlan planned = plan();
    Console console = new Console(command);
    try (Database open = database.open(new Interruption(console.err()))) {
      MonthOptions.Range range = months.orStored(open);
      Phase2 job =
          stages.applyTo(
              layout.applyTo(
                  Phase2.on(open.dataSource())
                      .schema(open.schema())
                      .months(range.from(), range.to())));
      CompletionReport report = job.report(planned).onMachines(machines());
      if (validate) {
        report = report.with(job.validate());
      }
      for (Path file : ReportFolder.at(out).write(report)) {
        console.print(file.toString());
      }
      return report.validation().map(found -> found.exitCode()).orElse(0);
    }
  }

  private List<MachineUse> machines() {
    if (worker == null) {
      return List.of();
    }
    try (AwsClients clients = aws.clients()) {
      Worker rented =
          Worker.with(clients)
              .spec(WorkerSpec.fromFile(worker))
              .cost(RunningCost.atPricesOf(clients));
      return (state == null ? rented : rented.stateFile(state)).machinesUsed();
    }
  }

  private WorkPlan plan() {
    WorkPlan planned = plan == null ? WorkPlan.ofDefaults() : WorkPlan.read(plan);
    if (price != null) {
      planned = planned.actualPrice(price);
      planned = planned.hasPlannedPrice() ? planned : planned.plannedPrice(price);
    }
    return plannedPrice == null ? planned : planned.plannedPrice(plannedPrice);
  }

  private void check() {
    if (Files.exists(out) && !Files.isDirectory(out)) {
      throw badUsage("--out %s is a file; name a folder", out);
    }
    if (plan != null && !Files.isReadable(plan)) {
      throw badUsage("--plan %s cannot be read", plan);
    }
    if (worker == null && state != null) {
      throw badUsage("--state goes with --worker");
    }
    checkPrice("--price", price);
    checkPrice("--planned-price", plannedPrice);
  }

  private void checkPrice(String option, BigDecimal given) {
    if (given != null && given.signum() < 0) {
      throw badUsage("%s is %s; a price per hour is not negative", option, given);
    }
  }

  private ParameterException badUsage(String message, Object... arguments) {
    return new ParameterException(
        command.commandLine(), String.format(Locale.ROOT, message, arguments));
  }
}
