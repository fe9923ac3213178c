package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The benchmark at the smallest size, on one embedded server. */
class BenchTest {

  private static final String PAIRS = "eurjpy,eurusd,usdjpy";
  private static final int NUMBER_OF_PAIRS = 3;

  @TempDir private static Path folder;
  private static ServerHolder holder;

  private record Result(int exitCode, String out, String err) {}

  @BeforeAll
  static void startTheServer() throws IOException {
    holder = ServerHolder.startQuick(folder.resolve("db"));
  }

  @AfterAll
  static void stopTheServer() throws IOException {
    holder.close();
  }

  @Test
  void theComparisonPrintsAndWritesTheSameFiguresAndLeavesNothingBehind() throws IOException {
    Result result =
        bqx("comparison", "--rows", "40", "--rounds", "1", "--json", file("comparison"));

    assertThat(result.exitCode()).as(result.err()).isZero();
    Map<String, Object> json = json("comparison");
    assertThat(json)
        .containsEntry("benchmark", "comparison")
        .containsEntry("pairs", NUMBER_OF_PAIRS)
        .containsEntry("rows_per_month", 40)
        .containsEntry("rows_of_warm_up", 40)
        .containsEntry("layout", "wide")
        .containsEntry("rounds", 1)
        .containsKeys("workers", "processors", "java", "os", "postgresql", "max_heap_bytes");
    double floor = number(object(json, "floor"), "seconds");
    double tier1 = number(object(json, "tier1"), "seconds");
    double full = number(object(json, "full"), "seconds");
    assertThat(number(json, "ratio_tier1")).isEqualTo(tier1 / floor);
    assertThat(number(json, "ratio_full")).isEqualTo(full / floor);
    assertThat(result.out())
        .contains("Warming up on 3 pairs x 40 rows, which are not counted")
        .contains(
            String.format(
                Locale.ROOT, "stages 2.3, 2.4 and 2.16B %.2f s (%.2f)", tier1, tier1 / floor))
        .contains("Medians of 1 round");
    for (String measured : List.of("floor", "tier1", "full")) {
      Map<String, Object> figures = object(json, measured);
      double rows = number(figures, "rows");
      double seconds = number(figures, "seconds");
      assertThat(number(figures, "rows_per_second")).isEqualTo(rows / seconds);
      assertThat(number(figures, "megabytes_per_second"))
          .isEqualTo(number(figures, "bytes") / seconds / 1e6);
      assertThat(number(figures, "peak_heap_bytes")).isBetween(1e6, number(json, "max_heap_bytes"));
      assertThat(number(figures, "client_cpu_seconds")).isNotNegative();
      assertThat(number(figures, "wal_bytes")).isPositive();
      assertThat((List<?>) figures.get("each_round")).hasSize(1);
    }
    assertThat(number(object(json, "full"), "client_cpu_seconds")).isPositive();
    assertThat(object(json, "tier1").get("bytes")).isEqualTo(object(json, "floor").get("bytes"));

    assertThat(bqx("comparison", "status", List.of()).err())
        .contains("There are no bars in the schema comparison");
  }

  @Test
  void theComparisonOfTheSharedLayoutHasTheWideRowsAsItsFloor() throws IOException {
    Result result =
        bqx(
            "shared_comparison",
            "--layout",
            "shared",
            "--warm-up",
            "0",
            "--rows",
            "20",
            "--rounds",
            "1",
            "--json",
            file("shared_comparison"));

    assertThat(result.exitCode()).as(result.err()).isZero();
    Map<String, Object> json = json("shared_comparison");
    assertThat(json).containsEntry("layout", "shared").containsEntry("new_columns_seconds", null);
    assertThat(number(object(json, "floor"), "bytes"))
        .as("all pairs with the market's columns, against the market's once")
        .isGreaterThan(number(object(json, "tier1"), "bytes"));
  }

  @Test
  void theSeriesHasOneMeasurementForEachNumberOfMonths() throws IOException {
    Result result =
        bqx(
            "series",
            "--warm-up",
            "0",
            "--rows",
            "20",
            "--rounds",
            "1",
            "--months",
            "1,2",
            "--json",
            file("series"));

    assertThat(result.exitCode()).as(result.err()).isZero();
    List<?> series = (List<?>) json("series").get("series");
    assertThat(series).extracting("months").containsExactly(1, 2);
    assertThat(series)
        .extracting("microseconds_per_row", "table_bytes", "wal_bytes")
        .allSatisfy(figures -> assertThat(figures.toList()).doesNotContainNull());
    assertThat(result.out()).contains("Round 1: 2 months in ").contains("us/row");
  }

  @Test
  void theYearIsDoneInOneRunValidatedAndKept() throws IOException {
    Result result =
        bqx(
            "year",
            "--year",
            "--warm-up",
            "0",
            "--rows",
            "20",
            "--months",
            "2",
            "--min-free",
            "1k",
            "--json",
            file("year"));

    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    assertThat(result.out()).contains("2024-07: ").contains("2 of 2 months done: ");
    Map<String, Object> json = json("year");
    assertThat(json)
        .containsEntry("benchmark", "year")
        .containsEntry("months_asked", 2)
        .containsEntry("months_done", 2)
        .containsEntry("stopped_by_min_free", false);
    assertThat((List<?>) json.get("months"))
        .extracting("month")
        .containsExactlyInAnyOrder("2024-07", "2024-08");
    assertThat((List<?>) json.get("months"))
        .extracting("microseconds_per_row", "peak_heap_bytes", "wal_bytes")
        .allSatisfy(figures -> assertThat(figures.toList()).doesNotContainNull());
    assertThat(object(json, "tables")).containsOnlyKeys("bqx", "reg_rate", "reg_bqx");
    assertThat(object(object(json, "tables"), "reg_bqx"))
        .containsEntry("partitions", 2 * NUMBER_OF_PAIRS);
    assertThat(number(object(object(json, "tables"), "reg_bqx"), "bytes_on_disk")).isPositive();
    assertThat(object(json, "validation"))
        .containsEntry("checks_failed", 0)
        .containsEntry("partitions", 2 * NUMBER_OF_PAIRS);

    assertThat(bqx("year", "status", List.of()).out()).contains("2024-08     3        0       0");
    assertThat(bqx("year").err())
        .contains("Cannot measure in the schema year: it exists")
        .contains("Name a new one with --schema");
  }

  @Test
  void theYearOfTheSharedLayoutHasThePartitionsOfTheMarketToo() throws IOException {
    Result result =
        bqx(
            "shared_year",
            "--year",
            "--layout",
            "shared",
            "--warm-up",
            "0",
            "--rows",
            "20",
            "--months",
            "1",
            "--json",
            file("shared_year"));

    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    Map<String, Object> json = json("shared_year");
    assertThat(json).containsEntry("layout", "shared").containsEntry("months_done", 1);
    assertThat(object(object(json, "tables"), "reg_bqx"))
        .containsEntry("partitions", NUMBER_OF_PAIRS);
    assertThat(object(object(json, "tables"), "market")).containsEntry("partitions", 1);
  }

  @Test
  void aDiskThatIsNearlyFullIsLeftAlone() {
    Result result =
        bqx(
            "full",
            "--year",
            "--warm-up",
            "0",
            "--rows",
            "20",
            "--months",
            "1",
            "--min-free",
            "900T");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("Cannot begin: ").contains("--min-free keeps 900.0 TB");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --rows 0                          | --rows is 0
          --rounds 0                        | --rounds is 0
          --workers 0                       | --workers is 0
          --warm-up -1                      | --warm-up is -1
          --months 0                        | --months is [0]
          --pairs audsek                    | --pairs: there is no pair audsek among the 28
          --months 1,121                    | --months is [1, 121]
          --months one                      | '--months'
          --year --months 1,2               | --year takes one number of months, not [1, 2]
          --year --rounds 2                 | --year is measured once
          --min-free 10G                    | --min-free goes with --year
          --year --min-free plenty          | 'plenty' is not a number of bytes; write for example 10G
          --year --min-free 99999999T       | is more than any disk holds
          --json no/such/folder/bench.json  | --json no/such/folder/bench.json cannot be written
          --user me                         | Which database?
          --password secret                 | --password is not accepted
          """)
  void wrongOptionsAreExplained(String words, String message) {
    List<String> arguments = new ArrayList<>(List.of("bench"));
    arguments.addAll(List.of(words.split(" ")));
    Result result = execute(arguments);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains(message).contains("Try 'bqx bench --help'");
  }

  private static String file(String name) {
    return folder.resolve(name + ".json").toString();
  }

  private static Map<String, Object> json(String name) throws IOException {
    return JSON.std.mapFrom(Files.readString(Path.of(file(name))));
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(Map<String, Object> json, String name) {
    return (Map<String, Object>) json.get(name);
  }

  private static double number(Map<String, Object> json, String name) {
    return ((Number) json.get(name)).doubleValue();
  }

  private static Result bqx(String schema, String... arguments) {
    List<String> words = new ArrayList<>(List.of("--pairs", PAIRS));
    words.addAll(List.of(arguments));
    return bqx(schema, "bench", words);
  }

  private static Result bqx(String schema, String command, List<String> arguments) {
    List<String> words =
        new ArrayList<>(
            List.of(command, "--embedded", folder.resolve("db").toString(), "--schema", schema));
    words.addAll(arguments);
    return execute(words);
  }

  private static Result execute(List<String> words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine = new Bqx(Map.of()).commandLine();
    commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return new Result(
        commandLine.execute(words.toArray(String[]::new)), out.toString(), err.toString());
  }
}
