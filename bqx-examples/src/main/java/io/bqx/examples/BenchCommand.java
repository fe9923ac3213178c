package io.bqx.examples;

import io.bqx.core.BqxException;
import io.bqx.features.CurrencyPair;
import io.bqx.features.Universe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures the job on a synthetic market. */
@Command(
    name = "bench",
    description = {
      "Measures how close the job comes to the speed at which the database takes bytes.",
      "",
      "Makes one month of 28 pairs and times, by turns: a bare binary COPY of the finished rows of 463 columns into fresh"
          + " tables; stages 2.3, 2.4 and 2.16B on the 79 columns of the earlier stages; the whole job from the bars. All with"
          + " the same number of connections. Prints medians and the ratios to the bare COPY.",
      "",
      "With --export, times the export of some files of that month against the encoder alone on the same rows in memory.",
      "",
      "With --months, times the whole job over several numbers of months instead. With --year, does it once over 12 months,"
          + " or as many as --min-free allows, and validates them; the database stays.",
      "",
      "Before it measures, it warms up: everything once on a few rows, not counted, so that the JVM's compiler is done.",
      "",
      "Without --jdbc-url and --embedded, it measures on a PostgreSQL of its own in a temporary folder. --embedded with a new"
          + " folder does not wait for its disk while the folder is being filled. The schema must not exist; except with --year"
          + " it is dropped at the end.",
    },
    footer = {
      "",
      "Examples:",
      "  java -Xmx1g -jar bqx.jar bench",
      "  bqx bench --rows 5000 --rounds 5 --workers 4 --json bench.json",
      "  bqx bench --export --rounds 5",
      "  bqx bench --months 1,2,4,8,12 --rows 3000 --rounds 1",
      "  bqx bench --year --embedded ./year --min-free 10G --json year.json",
      "  bqx bench --year --layout shared --embedded ./shared --json shared.json",
      "",
      "Exit codes: 0 measured (with --year: and valid), 1 failed, 2 bad usage."
    })
final class BenchCommand implements Callable<Integer> {

  private static final int MONTHS_OF_A_YEAR = 12;
  private static final int MOST_MONTHS = 120;

  @Spec private CommandSpec command;
  @Mixin private DatabaseOptions options;
  @Mixin private LayoutOption layout;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "31000",
      description = "Minutes of each month that pairs have bars of; ${DEFAULT-VALUE} if not given.")
  private int rows;

  @Option(
      names = "--pairs",
      paramLabel = "PAIR",
      split = ",",
      description =
          "A market of these pairs and the columns that it then has, as in eurusd,eurjpy,usdjpy; all 28 pairs if not given.")
  private List<CurrencyPair> pairs = List.of();

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "4000",
      description =
          "Minutes, at most, that everything is done on once before it is measured; ${DEFAULT-VALUE} if not given, 0 for no"
              + " warming up.")
  private int warmUp;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "How often everything is measured; 3 if not given. Not with --year.")
  private Integer rounds;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Partitions written at the same time; the number of processors if not given.")
  private int workers = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--months",
      paramLabel = "N",
      split = ",",
      description =
          "Measure the whole job over these numbers of months. With --year: its one number of months, 12 if not given.")
  private List<Integer> months = List.of();

  @Option(
      names = "--export",
      description = "Measure the export to Parquet against the encoder alone instead.")
  private boolean export;

  @Option(names = "--year", description = "Do the whole job over a year and validate it.")
  private boolean year;

  @Option(
      names = "--min-free",
      paramLabel = "BYTES",
      converter = ByteCount.class,
      description =
          "With --year and an embedded PostgreSQL: stop in order when less of its disk is left, for example 10G.")
  private Long minFree;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write everything that is measured to this file.")
  private Path json;

  @Override
  public Integer call() throws InterruptedException {
    check();
    Console console = new Console(command);
    Interruption interruption = new Interruption(console.err());
    try (Database database = open(interruption)) {
      return measure(
          new BenchDatabase(database, workers, layout.ofNewSchema(), universe()),
          console,
          interruption);
    } catch (SQLException e) {
      throw new BqxException("The benchmark failed: " + e.getMessage(), e);
    }
  }

  private void check() {
    if (rows < 1 || workers < 1 || (rounds != null && rounds < 1)) {
      throw badUsage(
          "--rows is %d, --rounds is %d and --workers is %d; all must be 1 or more",
          rows, rounds(), workers);
    }
    if (warmUp < 0) {
      throw badUsage("--warm-up is %d; it must be 0 or more", warmUp);
    }
    if (months.stream().anyMatch(number -> number < 1 || number > MOST_MONTHS)) {
      throw badUsage("--months is %s; expected numbers from 1 to %d", months, MOST_MONTHS);
    }
    if (year && months.size() > 1) {
      throw badUsage("--year takes one number of months, not %s", months);
    }
    if (export && (year || !months.isEmpty())) {
      throw badUsage("--export is measured on one month; leave --months and --year out");
    }
    if (year && rounds != null) {
      throw badUsage("--year is measured once; leave --rounds out");
    }
    if (minFree != null && (!year || options.isServerOfUser())) {
      throw badUsage("--min-free goes with --year and a PostgreSQL that bqx runs itself");
    }
    if (options.isGiven()) {
      options.check();
    }
    for (CurrencyPair pair : pairs) {
      if (!Universe.g8().contains(pair)) {
        throw badUsage("--pairs: there is no pair %s among the 28", pair);
      }
    }
    if (json != null && (Files.isDirectory(json) || !Files.isDirectory(folderOf(json)))) {
      throw badUsage(
          "--json %s cannot be written: it must be a file in a folder that exists", json);
    }
  }

  private Universe universe() {
    Universe all = Universe.g8();
    return pairs.isEmpty()
        ? all
        : Universe.ofPairs(
            all.currencies().stream()
                .filter(currency -> pairs.stream().anyMatch(pair -> pair.contains(currency)))
                .toList(),
            all.pairs().stream().filter(pairs::contains).toList());
  }

  private static Path folderOf(Path file) {
    return file.toAbsolutePath().getParent();
  }

  private ParameterException badUsage(String message, Object... arguments) {
    return new ParameterException(
        command.commandLine(), String.format(Locale.ROOT, message, arguments));
  }

  private int rounds() {
    return rounds == null ? 3 : rounds;
  }

  private Database open(Interruption interruption) {
    return options.isGiven()
        ? options.openForBulkLoad(interruption)
        : Database.embedded(EmbeddedServer.temporary(), options.schema(), interruption);
  }

  private int measure(BenchDatabase bench, Console console, Interruption interruption)
      throws SQLException, InterruptedException {
    bench.requireNewSchema();
    if (warmUp > 0) {
      warmUp(bench, console);
    }
    int most = year && months.isEmpty() ? MONTHS_OF_A_YEAR : months.stream().reduce(1, Math::max);
    console.print(
        String.format(
            Locale.ROOT,
            "Making and importing bars of %s, %s x %d rows",
            Quantities.count(most, "month"),
            Quantities.count(bench.universe().pairs().size(), "pair"),
            rows));
    bench.importBars(most, rows);

    Map<String, Object> figures = circumstances(bench);
    boolean succeeded;
    if (year) {
      YearRun.Result result =
          new YearRun(bench, console, minFree == null ? 0 : minFree).run(most, interruption);
      figures.putAll(result.figures());
      succeeded = result.valid();
    } else {
      figures.putAll(compare(bench, console, interruption));
      succeeded = !interruption.isRequested();
      bench.dropSchema();
    }
    if (json != null) {
      ResultFile.writeJson(json, figures);
    }
    return succeeded ? 0 : Bqx.FAILED;
  }

  private Map<String, Object> compare(
      BenchDatabase bench, Console console, Interruption interruption)
      throws SQLException, InterruptedException {
    if (export) {
      return new ExportSpeed(bench, console, workers).run(rounds(), interruption::isRequested);
    }
    return months.isEmpty()
        ? new SpeedComparison(bench, console).run(rounds(), interruption::isRequested)
        : new MonthSeries(bench, console).run(months, rounds(), interruption::isRequested);
  }

  /** Does what will be measured once on few rows, for which the JVM compiles it. */
  private void warmUp(BenchDatabase bench, Console console)
      throws SQLException, InterruptedException {
    console.print(
        String.format(
            Locale.ROOT,
            "Warming up on %s x %d rows, which are not counted",
            Quantities.count(bench.universe().pairs().size(), "pair"),
            rowsOfWarmUp()));
    bench.importBars(1, rowsOfWarmUp());
    if (year || export || !months.isEmpty()) {
      bench.measure(bench.job(1));
    } else {
      new SpeedComparison(bench, console).warmUp();
    }
    bench.dropSchema();
  }

  private int rowsOfWarmUp() {
    return Math.min(rows, warmUp);
  }

  private Map<String, Object> circumstances(BenchDatabase bench) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put(
        "benchmark",
        year ? "year" : export ? "export" : months.isEmpty() ? "comparison" : "months");
    figures.put("pairs", bench.universe().pairs().size());
    figures.put("layout", layout.ofNewSchema().toString());
    figures.put("rows_per_month", rows);
    figures.put("rows_of_warm_up", rowsOfWarmUp());
    figures.put("workers", workers);
    figures.put("processors", Runtime.getRuntime().availableProcessors());
    figures.put("java", System.getProperty("java.version"));
    figures.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    figures.put("postgresql", bench.version());
    figures.put("max_heap_bytes", Runtime.getRuntime().maxMemory());
    return figures;
  }
}
