package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.features.Universe;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine;

/** The commands one after the other, on one embedded server that another process keeps running. */
class BqxJobTest {

  private static final String[] MONTHS = {"--from", "2024-07", "--to", "2024-08"};

  @TempDir private static Path folder;
  private static Path allBars;
  private static Path bars;
  private static ServerHolder holder;

  private record Result(int exitCode, String out, String err) {}

  @BeforeAll
  static void makeBarsAndStartTheServer() throws IOException {
    allBars =
        FewPairs.bars(
            SyntheticMarket.of(Universe.g8()).months(2).rowsPerMonth(60), folder.resolve("all"));
    bars =
        FewPairs.bars(
            SyntheticMarket.of(FewPairs.THREE).months(1).rowsPerMonth(120), folder.resolve("few"));
    holder = ServerHolder.startQuick(folder.resolve("db"));
  }

  @AfterAll
  static void stopTheServer() throws IOException {
    holder.close();
  }

  @Test
  void fromBarsToValidatedFeaturesStepByStep() throws SQLException {
    assertThat(bqx("steps", "status").err()).contains("There are no bars in the schema steps");

    Result imported = bqx("steps", "import", "--format", "csv", allBars.toString());
    assertThat(imported.exitCode()).as(imported.err()).isZero();
    assertThat(imported.out()).contains("28 files loaded, 0 refused");

    Result again = bqx("steps", "import", "--format", "csv", allBars.toString());
    assertThat(again.exitCode()).isZero();
    assertThat(again.out()).contains("0 bars inserted, 0 replaced");

    Result plan = bqx("steps", "plan", MONTHS);
    assertThat(plan.exitCode()).isZero();
    assertThat(plan.out())
        .contains("2024-07  all 28")
        .contains("never done: 1.5 2.11 2.12 2.14 2.3 2.4 2.16B")
        .contains("56 of 56 partitions due");

    Result run = bqx("steps", "run", MONTHS);
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    assertThat(run.out()).contains("56 partitions in ").contains("56 done");
    assertThat(run.err()).contains("56 of 56 partitions");

    Result rerun = bqx("steps", "run", MONTHS);
    assertThat(rerun.exitCode()).isZero();
    assertThat(rerun.out()).contains("56 up to date");

    Result validation = bqx("steps", "validate");
    assertThat(validation.exitCode()).as(validation.out()).isZero();
    assertThat(validation.out()).contains("checks passed").doesNotContain("FAILED");

    Result status = bqx("steps", "status");
    assertThat(status.exitCode()).isZero();
    assertThat(status.out())
        .contains("2024-08    28        0       0          0  1.5 2.11 2.12 2.14 2.3 2.4 2.16B")
        .contains("Everything is done");

    Result costlier = bqx("steps", "plan", MONTHS, "--cost", "0.05");
    assertThat(costlier.out()).contains("parameters changed: 2.4");
  }

  @Test
  void aRunIsTrackedMeasuredValidatedAndReported(@TempDir Path out) throws IOException {
    String[] july = {"--from", "2024-07", "--to", "2024-07"};
    bqx("reported", "import", "--format", "csv", allBars.toString());
    Path stages = out.resolve("stages.md");

    Result run =
        bqx(
            "reported",
            "run",
            july,
            "--validate",
            "--track",
            stages.toString(),
            "--metrics-port",
            "0");
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    assertThat(run.out()).contains("28 done", "checks passed");
    assertThat(run.err()).contains("metrics: http://127.0.0.1:");
    assertThat(Files.readString(stages))
        .containsPattern(
            "- \\*\\*2.3 currency indices\\*\\*: Completed .* 28 partitions, .* 224 features added, .* Validation: passed\\.");

    Result watched = bqx("reported", "status", july, "--watch", "--interval", "1");
    assertThat(watched.exitCode()).isZero();
    assertThat(watched.out()).contains("Everything is done");

    Path folder = out.resolve("report");
    Result report =
        bqx(
            "reported",
            "report",
            july,
            "--out",
            folder.toString(),
            "--validate",
            "--price",
            "0.45");
    assertThat(report.exitCode()).as(report.out() + report.err()).isZero();
    assertThat(report.out().lines())
        .containsExactly(
            folder.resolve("report.html").toString(),
            folder.resolve("report.md").toString(),
            folder.resolve("report.json").toString());
    assertThat(Files.readString(folder.resolve("report.md")))
        .contains("| state | complete |", "| tier1 | 4 h 35 min |", "| 2.06 |", "## Validation");
    assertThat(Files.readString(folder.resolve("report.html"))).contains("chart-mispricings");
    assertThat(bqx("reported", "report", july, "--out", stages.toString()).err())
        .contains("--out")
        .contains("is a file; name a folder");
  }

  @Test
  void aChangedValueFailsTheValidation() throws SQLException {
    bqx("broken", "import", "--format", "csv", bars.toString());
    bqx("broken", "run", "--from", "2024-07", "--to", "2024-07");
    try (Connection connection = dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "update broken.reg_bqx_eurusd set usd_basket_index = 7 where usd_basket_index is not null");
    }
    Result validation =
        bqx("broken", "validate", "--stage", "2.3", "--from", "2024-07", "--to", "2024-07");
    assertThat(validation.exitCode()).isEqualTo(1);
    assertThat(validation.out()).contains("FAILED").contains("reg_bqx_eurusd");
  }

  @Test
  void theLayoutIsChosenByAnOptionAndKept() {
    String[] july = {"--from", "2024-07", "--to", "2024-07"};
    bqx("layouts", "import", "--format", "csv", bars.toString());

    assertThat(bqx("layouts", "run", july, "--layout", "tall").err())
        .contains("the layouts are wide and shared");
    Result shared = bqx("layouts", "run", july, "--layout", "shared");
    assertThat(shared.exitCode()).as(shared.out() + shared.err()).isZero();
    assertThat(shared.out()).contains("4 done, 25 no bars");
    assertThat(bqx("layouts", "plan", july).out()).contains("0 of 29 partitions due");
    assertThat(bqx("layouts", "plan", july, "--layout", "wide").out())
        .contains("layout changed: 2.3 2.4 2.16B");
    assertThat(bqx("layouts", "status", july).out())
        .contains("2024-07     1        0       0          0  2.3 2.4 2.16B");

    Result wide = bqx("layouts", "run", july, "--layout", "wide");
    assertThat(wide.exitCode()).as(wide.out() + wide.err()).isZero();
    assertThat(wide.out()).contains("3 done").doesNotContain("Unfinished");
    assertThat(bqx("layouts", "run", july).out()).contains("3 up to date");
  }

  @Test
  void aRefusedFileIsNamedAndTheOthersAreLoaded(@TempDir Path mixed) throws IOException {
    Files.copy(bars.resolve("eurusd.csv"), mixed.resolve("eurusd.csv"));
    Files.writeString(
        mixed.resolve("usdjpy.csv"),
        "time,open,high,low,close,volume\n2024-07-01T00:00:00Z,1,2,3,1,1\n");
    Result result = bqx("mixed", "import", "--format", "csv", mixed.toString());
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).contains("1 file loaded, 1 refused");
    assertThat(result.err()).contains("usdjpy.csv").contains("line 2: high 2 is below low 3");
  }

  @Test
  void theDoctorFindsWhatWouldFailTheJobAndExitsWithOneThen() throws SQLException {
    Result healthy = bqx("examined", "doctor", "--probe", "--workers", "2");
    assertThat(healthy.exitCode()).as(healthy.out() + healthy.err()).isZero();
    assertThat(healthy.out())
        .startsWith("topic")
        .containsPattern("wal_level +ok +minimal")
        .containsPattern("job +ADVICE +no bars at all")
        .contains("ADVICE job: no bars at all\n  why: ", "\n  do:  Load them with 'bqx import'")
        .containsPattern("copy speed +\\w+ +.*/s over 1 connection")
        .contains("0 problems, ");

    try (Connection connection = dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create schema examined");
      statement.execute("create table examined.reg_bqx_eurusd (ts_utc timestamp)");
    }
    Result ill = bqx("examined", "doctor", MONTHS);
    assertThat(ill.exitCode()).isEqualTo(1);
    assertThat(ill.out())
        .contains(
            "PROBLEM tables: examined.reg_bqx_eurusd\n  why: Cannot use examined.reg_bqx_eurusd")
        .contains("1 problem, ");
  }

  @Test
  void theServerCanAlsoBeReachedByItsAddress() throws IOException {
    StringWriter err = new StringWriter();
    CommandLine commandLine = new Bqx(Map.of("BQX_DB_PASSWORD", password())).commandLine();
    commandLine.setErr(new PrintWriter(err, true));
    int exitCode =
        commandLine.execute(
            "status", "--jdbc-url", holder.jdbcUrl(), "--user", "postgres", "--schema", "no");
    assertThat(err.toString())
        .startsWith("bqx: There are no bars in the schema no")
        .hasLineCount(1);
    assertThat(exitCode).isEqualTo(1);
  }

  @Test
  void anOwnStageAddsItsColumn() throws SQLException, IOException {
    bqx("bqx", "import", "--format", "csv", bars.toString());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    YearMonth july = YearMonth.of(2024, 7);
    assertThat(
            CustomRunner.run(
                    dataSource(), july, july, new PrintStream(out, true, StandardCharsets.UTF_8))
                .exitCode())
        .isZero();
    assertThat(out.toString(StandardCharsets.UTF_8).lines())
        .filteredOn(line -> line.contains("2024-07 DONE"))
        .hasSize(3);
    try (Connection connection = dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "select min(usd_breadth), max(usd_breadth) from bqx.reg_bqx_eurusd")) {
      found.next();
      assertThat(found.getDouble(1)).isBetween(0.0, 1.0);
      assertThat(found.getDouble(2)).isBetween(found.getDouble(1), 1.0);
    }
  }

  @Test
  void aBacktestOfTooFewRowsSaysHowManyAreNeeded() {
    String[] july = {"--from", "2024-07", "--to", "2024-07"};
    bqx("short", "import", "--format", "csv", bars.toString());
    bqx("short", "run", july);
    Result result = bqx("short", "backtest", july);
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .contains("rows of the market are too few for 6 test blocks and an embargo of 1333 rows");
  }

  @Test
  void aBacktestComparesBothSetsOfColumnsAndWritesFiles(@TempDir Path files) throws IOException {
    Path manyBars =
        FewPairs.bars(
            SyntheticMarket.of(FewPairs.THREE).months(1).rowsPerMonth(12_500),
            files.resolve("bars"));
    String[] july = {"--from", "2024-07", "--to", "2024-07"};
    bqx("evaluated", "import", "--format", "csv", manyBars.toString());
    assertThat(bqx("evaluated", "run", july).out()).contains("3 done");

    Path json = files.resolve("report.json");
    Path markdown = files.resolve("report.md");
    String[] options = {
      "--target",
      "10",
      "--folds",
      "1",
      "--resamples",
      "100",
      "--random-targets",
      "3",
      "--json",
      json.toString(),
      "--out",
      markdown.toString()
    };
    Result result = bqx("evaluated", "backtest", july, options);
    assertThat(result.out())
        .contains("78 of the foundation, 462 in all")
        .contains("1,283 rows: target 10, longest lookback 1,273")
        .contains("Check 1: the target shifted by one row", "Check 2: random targets")
        .contains("1.5 -> 1.65 to 1.75: +0.15 to +0.25", "+5 to +8 %")
        .containsPattern("eurjpy +7,");
    assertThat(result.err()).contains("backtest: models of test block 1");
    assertThat(Files.readString(markdown))
        .startsWith("# Backtest\n")
        .contains("| measure | 78 columns | 462 columns | difference |");
    Map<String, Object> figures = JSON.std.mapFrom(Files.readString(json));
    assertThat(figures)
        .containsEntry("foundation_columns", 78)
        .containsEntry("all_columns", 462)
        .containsEntry("embargo_rows", 1283);
    assertThat(result.exitCode()).isEqualTo(figures.get("checks_held").equals(true) ? 0 : 1);
  }

  private static Result bqx(String schema, String command, String... arguments) {
    return bqx(schema, command, arguments, new String[0]);
  }

  private static Result bqx(String schema, String command, String[] arguments, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(command, "--embedded", folder.resolve("db").toString(), "--schema", schema));
    words.addAll(List.of(arguments));
    words.addAll(List.of(more));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine = new Bqx(Map.of()).commandLine();
    commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return new Result(
        commandLine.execute(words.toArray(String[]::new)), out.toString(), err.toString());
  }

  private static String password() throws IOException {
    return Files.readString(folder.resolve("db/password")).strip();
  }

  private static DataSource dataSource() {
    try {
      PGSimpleDataSource source = new PGSimpleDataSource();
      source.setUrl(holder.jdbcUrl());
      source.setUser("postgres");
      source.setPassword(password());
      return source;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
