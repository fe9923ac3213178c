package io.bqx.examples;

import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ingest.ImportReport;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.run.Phase2;
import io.bqx.core.run.RunReport;
import io.bqx.core.stage.Stages;
import io.bqx.core.validation.ValidationReport;
import io.bqx.features.TriangularArbitrage;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.YearMonth;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The whole job on a database and a market that the command brings along. */
@Command(
    name = "demo",
    description = {
      "Runs the whole job on data that it makes: starts a PostgreSQL of its own in a temporary folder, fills it with a"
          + " synthetic market of 28 currency pairs and 12 months, computes all stages, and checks every result.",
      "",
      "Needs nothing but this program. Deletes everything at the end unless --keep is given."
    },
    footer = {
      "",
      "Examples:",
      "  bqx demo",
      "  bqx demo --rows-per-month 5000 --keep ./demo",
      "  bqx status --embedded ./demo",
      "",
      "Exit codes: 0 every partition is done and every check passed, 1 otherwise, 2 bad usage."
    })
final class DemoCommand implements Callable<Integer> {

  private static final YearMonth FIRST_MONTH = YearMonth.of(2024, 7);
  private static final int MONTHS = 12;
  private static final String STEPS = "%d/4 %s";

  @Spec private CommandSpec command;

  @Option(
      names = "--rows-per-month",
      paramLabel = "N",
      defaultValue = "1000",
      description =
          "Minutes of each month that pairs have bars of; ${DEFAULT-VALUE} if not given, 50000 is all of them.")
  private int rowsPerMonth;

  @Option(
      names = "--keep",
      paramLabel = "DIR",
      description = "Keep the database in this new folder.")
  private Path keep;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same number gives the same market; ${DEFAULT-VALUE} if not given.")
  private long seed;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Partitions written at the same time; the number of processors if not given.")
  private Integer workers;

  @Override
  public Integer call() throws InterruptedException {
    check();
    Console console = new Console(command);
    Interruption interruption = new Interruption(console.err());
    Stopwatch total = Stopwatch.started();
    Stopwatch phase = Stopwatch.started();
    announce(
        console,
        1,
        "Starting PostgreSQL " + (keep == null ? "in a temporary folder" : "in " + keep));
    try (Database database =
        Database.embedded(startServer(), DatabaseOptions.DEFAULT_SCHEMA, interruption)) {
      Duration starting = phase.lap();
      SyntheticMarket market =
          SyntheticMarket.of(Universe.g8())
              .seed(seed)
              .from(FIRST_MONTH)
              .months(MONTHS)
              .rowsPerMonth(rowsPerMonth);
      announce(
          console,
          2,
          String.format(
              Locale.ROOT,
              "Making and importing bars of %d pairs and %d months",
              market.universe().pairs().size(),
              MONTHS));
      ImportReport bars = SyntheticBars.load(market, database);
      Duration loading = phase.lap();

      announce(console, 3, "Computing all stages");
      RunReport run;
      try (ProgressDisplay display = ProgressDisplay.choose(console.err())) {
        run = interruption.await(job(database, market).listener(display.listener()).start());
      }
      Duration running = phase.lap();
      if (interruption.isRequested()) {
        console.print(ReportText.lines(run));
        return Bqx.FAILED;
      }

      announce(console, 4, "Validating");
      ValidationReport validation = job(database, market).validate();
      Duration validating = phase.lap();

      console.print(ReportText.lines(run));
      console.print("");
      console.print(ValidationText.lines(validation));
      console.print("");
      TextTable times = new TextTable().left("phase").right("time").left("what");
      times.row("PostgreSQL", Quantities.duration(starting), "unpacked, initialised, started");
      times.row(
          "bars",
          Quantities.duration(loading),
          Quantities.count(bars.inserted(), "bar") + " imported");
      times.row("stages", Quantities.duration(running), work(run));
      times.row(
          "validation",
          Quantities.duration(validating),
          Quantities.count(validation.values(), "value") + " recomputed");
      times.row("total", Quantities.duration(total.lap()), "");
      console.print(times.lines());
      console.print("");
      console.print(verdict(run, validation, market));
      if (keep != null) {
        console.print(
            String.format(
                Locale.ROOT,
                "The database is kept in %s. Look at it with 'bqx status --embedded %s'.",
                keep,
                keep));
      }
      return run.exitCode() == 0 && validation.exitCode() == 0 ? 0 : Bqx.FAILED;
    }
  }

  private void check() {
    if (rowsPerMonth < 1) {
      throw new ParameterException(
          command.commandLine(),
          String.format(Locale.ROOT, "--rows-per-month is %d; it must be 1 or more", rowsPerMonth));
    }
    if (workers != null && workers < 1) {
      throw new ParameterException(
          command.commandLine(),
          String.format(Locale.ROOT, "--workers is %d; it must be 1 or more", workers));
    }
    try {
      if (keep != null && !Directories.isAbsentOrEmpty(keep)) {
        throw new ParameterException(
            command.commandLine(),
            String.format(Locale.ROOT, "--keep %s is not an empty folder; name a new one", keep));
      }
    } catch (IOException e) {
      throw new ParameterException(
          command.commandLine(), "--keep cannot be used: " + Directories.reason(e), e);
    }
  }

  private static void announce(Console console, int step, String what) {
    console.print(String.format(Locale.ROOT, STEPS, step, what));
  }

  private EmbeddedServer startServer() {
    return keep == null ? EmbeddedServer.temporary() : EmbeddedServer.forBulkLoad(keep);
  }

  private Phase2 job(Database database, SyntheticMarket market) {
    List<YearMonth> months = market.months();
    Phase2 job =
        Phase2.on(database.dataSource())
            .schema(database.schema())
            .months(months.get(0), months.get(months.size() - 1));
    return workers == null ? job : job.workers(workers);
  }

  private static String work(RunReport run) {
    double seconds = Math.max(1, run.elapsed().toMillis()) / 1000.0;
    return String.format(
        Locale.ROOT,
        "%s, %s, %s",
        Quantities.count(run.rows(), "row"),
        Quantities.bytes(run.bytes()),
        Quantities.rate(run.rows() / seconds));
  }

  private static String verdict(
      RunReport run, ValidationReport validation, SyntheticMarket market) {
    long done = run.counts().getOrDefault(State.DONE, 0L);
    int columns =
        Stages.builtIn(
                market.universe(),
                Windows.ofDefaults(),
                TriangularArbitrage.DEFAULT_COST_PERCENT,
                TriangularArbitrage.DEFAULT_THRESHOLD_PERCENT)
            .schemaOf(TableFamily.REG_BQX)
            .size();
    return String.format(
        Locale.ROOT,
        "%s: %d/%d partitions of %d columns, %s",
        run.exitCode() == 0 && validation.exitCode() == 0 ? "Done" : "FAILED",
        done,
        run.outcomes().size(),
        columns,
        ValidationText.verdict(validation));
  }

  /** Measures one phase after the other. */
  private static final class Stopwatch {

    private long since = System.nanoTime();

    static Stopwatch started() {
      return new Stopwatch();
    }

    /** The time since the start or the last call. */
    Duration lap() {
      long now = System.nanoTime();
      Duration time = Duration.ofNanos(now - since);
      since = now;
      return time;
    }
  }
}
