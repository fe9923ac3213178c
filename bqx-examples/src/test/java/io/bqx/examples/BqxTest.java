package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class BqxTest {

  private static final String NO_SERVER = "jdbc:postgresql://127.0.0.1:1/fx";

  @TempDir private Path folder;

  private record Result(int exitCode, String out, String err) {}

  private static Result bqx(String... arguments) {
    return bqx(Map.of(), arguments);
  }

  private static Result bqx(Map<String, String> environment, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine = new Bqx(environment).commandLine();
    commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return new Result(commandLine.execute(arguments), out.toString(), err.toString());
  }

  private static Result bqxWords(String words) {
    return bqx(words.split(" "));
  }

  @Test
  void helpListsEveryCommandWithExamples() {
    Result help = bqx("--help");
    assertThat(help.exitCode()).isZero();
    assertThat(help.out())
        .containsOnlyOnce("Usage: bqx")
        .contains(
            "demo",
            "import",
            "plan",
            "run",
            "validate",
            "export",
            "status",
            "report",
            "doctor",
            "roles",
            "backtest",
            "bench",
            "worker")
        .contains("Examples:\n  bqx demo\n");
    assertThat(help.err()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo",
        "import",
        "plan",
        "run",
        "validate",
        "export",
        "export verify",
        "status",
        "report",
        "doctor",
        "roles",
        "backtest",
        "bench",
        "worker",
        "worker run",
        "worker preflight",
        "worker launch",
        "worker status",
        "worker terminate",
        "worker resize",
        "worker cost"
      })
  void everyCommandExplainsItselfWithExamplesAndExitCodes(String command) {
    for (String option : new String[] {"--help", "-h"}) {
      Result help = bqxWords(command + " " + option);
      assertThat(help.exitCode()).isZero();
      assertThat(help.out())
          .startsWith("Usage: bqx " + command)
          .contains("Examples:\n  ")
          .contains("bqx " + command + " ")
          .contains("Exit codes: 0 ");
      assertThat(help.err()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "demo",
        "import",
        "plan",
        "run",
        "validate",
        "status",
        "report",
        "doctor",
        "roles",
        "backtest",
        "bench",
        "worker",
        "worker run",
        "worker preflight",
        "worker launch",
        "worker status",
        "worker terminate",
        "worker resize",
        "worker cost"
      })
  void helpIsPlainAsciiOfAtMostAHundredColumns(String command) {
    assertThat(bqxWords((command + " --help").strip()).out().lines())
        .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100))
        .allSatisfy(line -> assertThat(line.chars()).allMatch(character -> character < 127));
  }

  @Test
  void theVersionNamesProgramAndJava() {
    Result version = bqx("--version");
    assertThat(version.exitCode()).isZero();
    assertThat(version.out())
        .startsWith("bqx ")
        .contains("Java " + System.getProperty("java.version"));
  }

  @Test
  void withoutACommandTheCommandsAreNamed() {
    assertBadUsage(
        bqx(), "A command is missing: demo, import, plan, run, validate, export, status");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          frobnicate                                                            | Unexpected argument
          backtest --embedded ./db --target 1                                   | A target is 2 to 10000 rows ahead, not 1
          backtest --embedded ./db --target 15 --predict bqx                    | prices that are known
          backtest --embedded ./db --predict bqx --rule above-cost              | compares a return with its costs
          backtest --embedded ./db --pairs usdeur                               | usdeur is not in the universe
          backtest --embedded ./db --out ./no/such/folder/report.md             | cannot be written
          run --frobnicate                                                      | Unknown option: '--frobnicate'
          run --from 2024-07 --to 2024-08                                       | --jdbc-url URL
          plan --from 2024-07 --to 2024-08                                      | --embedded DIR
          validate                                                              | --jdbc-url URL
          status                                                                | --embedded DIR
          import --format csv bars                                              | --jdbc-url URL
          run --jdbc-url jdbc:postgresql://h/d --embedded x --from 2024-07 --to 2024-08 | --jdbc-url and --embedded
          run --user me --embedded x --from 2024-07 --to 2024-08                | --user goes with --jdbc-url
          run --jdbc-url jdbc:mysql://h/d --from 2024-07 --to 2024-08           | --jdbc-url must begin with jdbc:postgresql:
          run --jdbc-url jdbc:postgresql://h:port/d --from 2024-07 --to 2024-08 | --jdbc-url cannot be understood
          run --db-secret s --embedded x --from 2024-07 --to 2024-08            | --db-secret goes with a server of yours
          run --iam-auth --embedded x --from 2024-07 --to 2024-08               | --iam-auth goes with a server of yours
          run --db-secret s --user me --from 2024-07 --to 2024-08               | --user does not go with --db-secret
          run --db-secret s --iam-auth --from 2024-07 --to 2024-08              | --db-secret and --iam-auth are two ways
          run --iam-auth --jdbc-url jdbc:postgresql://h/d --from 2024-07 --to 2024-08 | --iam-auth needs --jdbc-url and --user
          run --iam-auth --user me --jdbc-url jdbc:postgresql://h,i/d --from 2024-07 --to 2024-08 | a token is good for one host
          run --embedded x                                                      | Missing --from MONTH
          run --embedded x --from 2024-07                                       | Missing --to MONTH
          validate --embedded x --to 2024-07                                    | Missing --from MONTH
          run --embedded x --from 2024-7 --to 2024-08                           | '--from': '2024-7' is not a month; write year and month as in 2024-07
          run --embedded x --from 2024-08 --to 2024-07                          | --to 2024-07 is before --from 2024-08
          run --embedded x --from 2024-07 --to 2024-08 --stages 2.3,2.5         | --stages: there is no stage '2.5'; the stages are 1.5, 2.11
          run --embedded x --from 2024-07 --to 2024-08 --workers 0              | --workers is 0
          doctor --embedded x --workers 0                                       | --workers is 0
          doctor --embedded x --from 2024-07                                    | Missing --to MONTH
          run --embedded x --from 2024-07 --to 2024-08 --workers many           | '--workers'
          run --embedded x --from 2024-07 --to 2024-08 --lock-timeout 601       | --lock-timeout is 601; it must be from 1 to 600 seconds
          run --embedded x --from 2024-07 --to 2024-08 --lock-tries 0           | --lock-tries is 0; it must be 1 or more
          run --embedded x --from 2024-07 --to 2024-08 --stall-timeout 0        | --stall-timeout is 0; it must be from 1 to 86400 seconds
          run --embedded x --from 2024-07 --to 2024-08 --metrics-port 65536     | --metrics-port is 65536; it must be from 0 to 65535
          run --embedded x --from 2024-07 --to 2024-08 --metrics-address ::1    | --metrics-address goes with --metrics-port
          run --embedded x --from 2024-07 --to 2024-08 --track no/such/file.md  | --track no/such/file.md must be a file in a folder that exists
          run --embedded x --from 2024-07 --to 2024-08 --track-airtable         | Notes in AirTable need the environment variable BQX_AIRTABLE_BASE
          status --embedded x --watch --interval 0                              | --interval is 0; it must be from 1 to 3600 seconds
          report --embedded x                                                   | '--out=DIR'
          report --embedded x --out r --plan no/such/file                       | --plan no/such/file cannot be read
          report --embedded x --out r --price -1                                | --price is -1; a price per hour is not negative
          run --embedded x --from 2024-07 --to 2024-08 --cost -1                | --cost is -1.0
          run --embedded x --from 2024-07 --to 2024-08 --cost 100               | --cost is 100.0
          plan --embedded x --from 2024-07 --to 2024-08 --cost NaN              | --cost is NaN
          run --embedded x --from 2024-07 --to 2024-08 --threshold Infinity     | --threshold is Infinity
          run --embedded x --from 2024-07 --to 2024-08 --baseline yesterday     | '--baseline': 'yesterday' is not a time in UTC
          validate --embedded x --stage 9                                       | --stages: there is no stage '9'
          import --embedded x bars                                              | '--format=FORMAT'
          import --embedded x --format csv                                      | 'PATH'
          import --embedded x --format xls bars                                 | 'xls' is not a bar format; expected one of csv, histdata, mt5, dukascopy
          import --embedded x --format csv no/such/file                         | PATH no/such/file does not exist
          import --embedded x --format mt5 .                                    | --zone is missing
          import --embedded x --format histdata --zone EET .                    | --zone EET contradicts --format histdata
          import --embedded x --format csv --zone Mars .                        | 'Mars' is not a time zone
          import --embedded x --format csv --pair eurusd .                      | --pair goes with a single file
          import --embedded x --format csv --pair euro .                        | 'euro' is not a currency pair
          demo --rows-per-month 0                                               | --rows-per-month is 0
          demo --rows-per-month few                                             | '--rows-per-month'
          demo --workers 0                                                      | --workers is 0
          demo --keep .                                                         | --keep . is not an empty folder
          """)
  void badUsageNamesTheOptionAndEndsWithTwo(String words, String expected) {
    Result result = bqxWords(words);
    assertBadUsage(result, expected);
  }

  @Test
  void aSchemaHasAName() {
    assertBadUsage(
        bqx("status", "--embedded", "x", "--schema", " "),
        "--schema: The name of the schema is blank");
    assertBadUsage(
        bqx("status", "--embedded", "x", "--schema", "x".repeat(64)),
        "has 64 bytes; PostgreSQL keeps 63");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:postgresql://h/d?user=me&password=s3cret",
        "jdbc:postgresql://h/d?Password=s3cret",
        "jdbc:postgresql://h/d?pass%77ord=s3cret",
        "jdbc:postgresql://h/d?sslpassword=s3cret",
        "jdbc:postgresql://me:s3cret@h/d",
        "postgresql://me:s3cret@h/d"
      })
  void aUrlWithAPasswordIsRefusedAndNotRepeated(String url) {
    Result result = bqx("status", "--jdbc-url", url);
    assertBadUsage(result, "--jdbc-url");
    assertThat(result.err()).doesNotContain("s3cret");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--password s3cret", "--password=s3cret", "--pass=s3cret", "--pass s3cret"})
  void aPasswordIsNeverAnArgumentAndNotRepeated(String option) {
    Result result = bqxWords("status --jdbc-url " + NO_SERVER + " " + option);
    assertBadUsage(result, "--pass");
    assertThat(result.err()).doesNotContain("s3cret");
  }

  @Test
  void anOptionOfAPasswordPointsToTheVariable() {
    assertBadUsage(
        bqxWords("status --jdbc-url " + NO_SERVER + " --password"), "set BQX_DB_PASSWORD instead");
  }

  @Test
  void aServerThatDoesNotAnswerIsAFailureInOneLine() {
    Result result =
        bqx(Map.of("BQX_DB_PASSWORD", "s3cret"), "status", "--jdbc-url", NO_SERVER, "--user", "me");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .startsWith("bqx: Cannot connect to jdbc:postgresql://127.0.0.1:1/fx as me: ")
        .doesNotContain("s3cret")
        .doesNotContain("\tat ")
        .hasLineCount(1);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void withoutAPasswordTheMessageSaysWhereItComesFrom() {
    assertThat(bqx("status", "--jdbc-url", NO_SERVER).err()).contains("BQX_DB_PASSWORD is not set");
  }

  @Test
  void stackTracesAppearOnDemand() {
    String[] arguments = {"status", "--jdbc-url", NO_SERVER};
    assertThat(bqx(Map.of("BQX_DEBUG", "1"), arguments).err()).contains("\tat io.bqx.examples.");
    assertThat(
            bqx(Stream.concat(Arrays.stream(arguments), Stream.of("--verbose"))
                    .toArray(String[]::new))
                .err())
        .contains("\tat io.bqx.examples.");
  }

  @Test
  void aFolderThatCannotHoldADatabaseIsAFailure() throws IOException {
    Files.writeString(folder.resolve("thesis.txt"), "precious");
    Result result = bqx("status", "--embedded", folder.toString());
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).startsWith("bqx: Cannot use " + folder).hasLineCount(1);
  }

  private static void assertBadUsage(Result result, String expected) {
    assertThat(result.err())
        .startsWith("bqx: ")
        .contains(expected)
        .contains("Try 'bqx")
        .contains("--help'");
    assertThat(result.err().lines()).hasSize(2);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
  }
}
