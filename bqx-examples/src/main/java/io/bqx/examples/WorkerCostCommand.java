package io.bqx.examples;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.aws.cost.CostModel;
import io.bqx.aws.cost.CostPlan;
import io.bqx.aws.cost.CostPlanFile;
import io.bqx.aws.cost.MachineTime;
import io.bqx.aws.cost.Market;
import io.bqx.aws.cost.PriceList;
import io.bqx.aws.cost.ScenarioComparison;
import io.bqx.aws.cost.SpotPriceHistory;
import io.bqx.aws.cost.StageCost;
import io.bqx.aws.cost.StageHours;
import io.bqx.aws.cost.Usd;
import io.bqx.core.BqxException;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.LedgerEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.pricing.PricingClient;

/** Says what a job on a rented machine costs. */
@Command(
    name = "cost",
    description = {
      "Says what a job on a rented machine costs: as planned, as it was, and in other ways of doing the work. US dollars, UTC.",
      "",
      "The plan is a YAML file: machine, hours of each stage, what is used beside the machine, prices that go before AWS's,"
          + " scenarios. With --started, the actual cost of the machine: On-Demand its seconds at the list price, on Spot at the"
          + " prices of its zone as they changed. With a database as well, its hours by stage, as the ledger has them."
    },
    footer = {
      "",
      "Examples:",
      "  bqx worker cost --plan plan.yaml",
      "  bqx worker cost --plan plan.yaml --started 2024-08-01T08:00:00Z --ended 2024-08-03T02:30:00Z",
      "  bqx worker cost --plan plan.yaml --started 2024-08-01T08:00:00Z --json \\",
      "    --jdbc-url jdbc:postgresql://db/fx --user me",
      "",
      "Exit codes: 0 shown, 1 a price, the plan or the ledger cannot be read, 2 bad usage."
    })
final class WorkerCostCommand implements Callable<Integer> {

  private static final Duration LEASE = Duration.ofSeconds(30);

  @Spec private CommandSpec command;
  @Mixin private DatabaseOptions database;
  @Mixin private MonthOptions months;

  @Option(
      names = "--plan",
      paramLabel = "FILE",
      required = true,
      description = "The plan, in YAML.")
  private Path planFile;

  @Option(
      names = "--started",
      paramLabel = "INSTANT",
      description = "When the machine started, as in 2024-08-01T08:00:00Z.")
  private Instant started;

  @Option(
      names = "--ended",
      paramLabel = "INSTANT",
      description = "When it was stopped or terminated; now if not given.")
  private Instant ended;

  @Option(
      names = "--taken-back",
      description =
          "EC2 took the Spot machine back at --ended: nothing is charged if that was within its first hour.")
  private boolean takenBack;

  @Option(names = "--json", description = "Print everything as JSON.")
  private boolean json;

  @Option(
      names = "--dry-run",
      description = "Print which calls of AWS would be made, and make none.")
  private boolean dryRun;

  @Override
  public Integer call() throws IOException {
    check();
    Console console = new Console(command);
    CostPlan plan = CostPlanFile.read(planFile);
    Prices prices =
        new Prices(plan, new AwsAccess(((Bqx) command.root().userObject()).environment()));
    Optional<MachineTime> time = time();
    if (dryRun) {
      List<String> calls = prices.calls(time);
      console.print(calls.isEmpty() ? List.of("No call of AWS") : calls);
      return 0;
    }
    CostModel model = CostModel.of(plan, prices.plannedHour());
    Optional<Usd> machine = time.map(prices::cost);
    CostFigures figures =
        new CostFigures(
            model.planned(),
            time.map(t -> model.actual(t, machine.orElseThrow())),
            time.filter(t -> database.isGiven())
                .map(t -> stages(model, t, machine.orElseThrow(), console)),
            plan.scenarios().isEmpty()
                ? Optional.empty()
                : Optional.of(new ScenarioComparison(plan.scenarios())));
    if (json) {
      console.print(
          JSON.std
              .with(JSON.Feature.PRETTY_PRINT_OUTPUT)
              .without(JSON.Feature.WRITE_NULL_PROPERTIES)
              .asString(figures.fields()));
    } else {
      console.print(figures.lines());
    }
    return 0;
  }

  private void check() {
    if (!Files.isReadable(planFile)) {
      throw badUsage("--plan %s cannot be read", planFile);
    }
    if (started == null && (ended != null || takenBack || database.isGiven())) {
      throw badUsage("--ended, --taken-back and a database go with --started INSTANT");
    }
    if (takenBack && ended == null) {
      throw badUsage("--taken-back goes with --ended INSTANT");
    }
    if (started != null && ended != null && ended.isBefore(started)) {
      throw badUsage("--ended %s is before --started %s", ended, started);
    }
    months.check();
    if (database.isGiven()) {
      database.check();
    }
  }

  private Optional<MachineTime> time() {
    if (started == null) {
      return Optional.empty();
    }
    Instant end = ended == null ? Instant.now() : ended;
    if (end.isBefore(started)) {
      throw badUsage("--started %s is in the future", started);
    }
    return Optional.of(new MachineTime(started, end, takenBack));
  }

  private List<StageCost> stages(CostModel model, MachineTime time, Usd machine, Console console) {
    try (Database open = database.open(new Interruption(console.err()))) {
      MonthOptions.Range range = months.orStored(open);
      Ledger ledger = new Ledger(open.dataSource(), open.schema(), LEASE);
      List<LedgerEntry> entries =
          ledger.exists() ? ledger.entries(range.from(), range.to()) : List.of();
      return model.stages(time, machine, StageHours.of(entries, time));
    }
  }

  private ParameterException badUsage(String message, Object... arguments) {
    return new ParameterException(
        command.commandLine(), String.format(Locale.ROOT, message, arguments));
  }

  /** The prices of a plan's machine: its own, else AWS's. */
  private static final class Prices {

    private final CostPlan plan;
    private final AwsAccess aws;

    Prices(CostPlan plan, AwsAccess aws) {
      this.plan = plan;
      this.aws = aws;
    }

    private boolean isSpot() {
      return plan.market() == Market.SPOT;
    }

    /** The planned price of an hour. */
    Usd plannedHour() {
      return plan.hourPrice()
          .orElseGet(
              () -> {
                Instant now = Instant.now();
                return isSpot() ? spot(now, now).priceAt(now) : onDemandHour();
              });
    }

    /** What the machine cost. */
    Usd cost(MachineTime time) {
      return isSpot()
          ? spot(time.started(), time.ended()).cost(time)
          : CostModel.onDemand(time, onDemandHour());
    }

    /** What would be called, for a plan and perhaps a machine. */
    List<String> calls(Optional<MachineTime> time) {
      List<String> calls = new ArrayList<>();
      if (isSpot()) {
        if (plan.hourPrice().isEmpty()) {
          calls.add(spotCall("now"));
        }
        time.ifPresent(t -> calls.add(spotCall(t.started() + " to " + t.ended())));
      } else if (plan.prices().onDemandHour(plan.instanceType()).isEmpty()
          && (time.isPresent() || plan.hourPrice().isEmpty())) {
        calls.add("pricing:GetProducts " + plan.instanceType() + ", On-Demand, Linux, " + region());
      }
      return calls;
    }

    private String spotCall(String when) {
      return "ec2:DescribeSpotPriceHistory " + plan.instanceType() + ", " + zone() + ", " + when;
    }

    private SpotPriceHistory spot(Instant from, Instant to) {
      try (Ec2Client ec2 = aws.client(Ec2Client.builder(), region())) {
        return SpotPriceHistory.read(ec2, plan.instanceType(), zone(), from, to);
      }
    }

    private Usd onDemandHour() {
      return plan.prices()
          .onDemandHour(plan.instanceType())
          .or(plan::hourPrice)
          .orElseGet(
              () -> {
                try (PricingClient pricing =
                    aws.client(PricingClient.builder(), PriceList.API_REGION)) {
                  return PriceList.of(pricing).onDemandHour(plan.instanceType(), region());
                }
              });
    }

    private String zone() {
      return plan.zone()
          .orElseThrow(
              missing("a zone, whose Spot prices count: add it to the plan, under worker, zone"));
    }

    /** A zone's name is its region's and a letter. */
    private Region region() {
      return plan.zone()
          .map(zone -> Region.of(zone.replaceFirst("[a-z]$", "")))
          .or(aws::region)
          .orElseThrow(missing("a region: set AWS_REGION, or add a zone to the plan"));
    }

    private static Supplier<BqxException> missing(String what) {
      return () -> new BqxException("The cost cannot be told without " + what);
    }
  }
}
