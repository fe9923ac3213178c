package io.bqx.examples;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.run.Phase2;
import io.bqx.core.run.RunReport;
import io.bqx.features.Universe;
import java.sql.SQLException;
import java.time.Duration;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Compares stages 2.3, 2.4 and 2.16B with a bare COPY of the rows that they write. */
@Command(
    name = "bench",
    description = {
      "Measures how close the market stages come to the speed at which the database takes bytes.",
      "",
      "Makes one month of 28 pairs in a PostgreSQL of its own and times, by turns, stages 2.3, 2.4 and 2.16B on the 79"
          + " columns of the earlier stages, and a bare binary COPY of the finished 463 columns into fresh tables over the"
          + " same number of connections."
    },
    footer = {
      "",
      "Examples:",
      "  bqx bench",
      "  bqx bench --rows 5000 --rounds 5 --workers 4",
      "",
      "Exit codes: 0 measured, 1 failed, 2 bad usage."
    })
final class BenchCommand implements Callable<Integer> {

  private static final YearMonth MONTH = YearMonth.of(2024, 7);
  private static final String[] FOUNDATION = {"1.5", "2.12", "2.14"};
  private static final String[] MARKET = {"2.3", "2.4", "2.16B"};

  @Spec private CommandSpec command;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "31000",
      description = "Minutes of the month that pairs have bars of; ${DEFAULT-VALUE} if not given.")
  private int rows;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "3",
      description = "How often both are measured; ${DEFAULT-VALUE} if not given.")
  private int rounds;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Partitions written at the same time; the number of processors if not given.")
  private int workers = Runtime.getRuntime().availableProcessors();

  /** One round: the same rows, written by the stages and by a bare COPY. */
  private record Round(RunReport stages, BareCopy.Result floor) {

    double ratio() {
      return (double) stages.elapsed().toNanos() / floor.elapsed().toNanos();
    }
  }

  @Override
  public Integer call() throws InterruptedException {
    if (rows < 1 || rounds < 1 || workers < 1) {
      throw new ParameterException(
          command.commandLine(),
          String.format(
              Locale.ROOT,
              "--rows is %d, --rounds is %d and --workers is %d; all must be 1 or more",
              rows,
              rounds,
              workers));
    }
    Console console = new Console(command);
    Interruption interruption = new Interruption(console.err());
    try (Database database =
        Database.embedded(
            EmbeddedServer.temporary(), DatabaseOptions.DEFAULT_SCHEMA, interruption)) {
      console.print(
          String.format(
              Locale.ROOT, "Making a month of 28 pairs x %d rows in a temporary folder", rows));
      SyntheticMarket market =
          SyntheticMarket.of(Universe.g8()).from(MONTH).months(1).rowsPerMonth(rows);
      SyntheticBars.load(market, database);
      List<Round> measured = new ArrayList<>();
      for (int round = 1; round <= rounds && !interruption.isRequested(); round++) {
        measured.add(measure(database));
        console.print(line(round, measured.get(round - 1)));
      }
      if (!measured.isEmpty()) {
        console.print(summary(measured));
      }
      return measured.size() == rounds ? 0 : Bqx.FAILED;
    } catch (SQLException e) {
      throw new BqxException("The benchmark failed: " + e.getMessage(), e);
    }
  }

  private Round measure(Database database) throws SQLException, InterruptedException {
    BareCopy copy = new BareCopy(database, workers);
    copy.dropTables();
    require(job(database).stages(FOUNDATION).run());
    RunReport stages = require(job(database).stages(MARKET).run());
    return new Round(stages, copy.run());
  }

  private Phase2 job(Database database) {
    return Phase2.on(database.dataSource())
        .schema(database.schema())
        .months(MONTH, MONTH)
        .workers(workers);
  }

  private static RunReport require(RunReport report) {
    if (report.exitCode() != 0) {
      throw new BqxException("A run of the benchmark failed: " + report.failures().get(0));
    }
    return report;
  }

  private static String line(int round, Round measured) {
    return String.format(
        Locale.ROOT,
        "Round %d: stages 2.3, 2.4 and 2.16B %.2f s, bare COPY %.2f s, ratio %.2f",
        round,
        seconds(measured.stages().elapsed()),
        seconds(measured.floor().elapsed()),
        measured.ratio());
  }

  private static List<String> summary(List<Round> measured) {
    Round first = measured.get(0);
    double stages = median(measured.stream().map(r -> seconds(r.stages().elapsed())).toList());
    double floor = median(measured.stream().map(r -> seconds(r.floor().elapsed())).toList());
    TextTable table = new TextTable().left("what").right("median").right("rows/s").right("MB/s");
    table.row(
        cells("stages 2.3, 2.4 and 2.16B", stages, first.stages().rows(), first.stages().bytes()));
    table.row(cells("bare binary COPY", floor, first.floor().rows(), first.floor().bytes()));
    List<String> lines = new ArrayList<>(table.lines());
    lines.add(
        String.format(
            Locale.ROOT,
            "Median ratio %.2f; %d rows of 463 columns; heap of at most %d MB",
            median(measured.stream().map(Round::ratio).toList()),
            first.floor().rows(),
            Runtime.getRuntime().maxMemory() >> 20));
    return lines;
  }

  private static Object[] cells(String what, double seconds, long rows, long bytes) {
    return new Object[] {
      what,
      String.format(Locale.ROOT, "%.2f s", seconds),
      String.format(Locale.ROOT, "%,.0f", rows / seconds),
      String.format(Locale.ROOT, "%.0f", bytes / seconds / 1e6)
    };
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  private static double seconds(Duration time) {
    return time.toNanos() / 1e9;
  }

  /** The tables that the market stages write. */
  static List<PairTable> tables(String schema) {
    return Universe.g8().pairs().stream()
        .map(pair -> PairTable.of(schema, TableFamily.REG_BQX, pair))
        .toList();
  }
}
