package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a name on the command line says, a table that nobody named is left alone. */
class HostileNamesTest {

  private static final String ATTACK = "x\"; DROP TABLE public.canary; --";
  private static final String BAR =
      "time,open,high,low,close,volume\n2024-07-01T00:00:00Z,1.1,1.3,1.0,1.2,5\n";
  private static final GuardedServer SERVER = GuardedServer.get();

  private static String database;

  @TempDir private Path folder;

  @BeforeAll
  static void putACanaryIntoADatabase() {
    database = SERVER.newDatabase("hostile");
    SERVER.execute(database, "CREATE TABLE public.canary AS SELECT 1 AS alive");
  }

  @AfterAll
  static void theCanaryIsAlive() {
    assertThat(SERVER.query(database, "SELECT alive FROM public.canary")).containsExactly("1");
  }

  private static CommandRun bqx(String command, String... arguments) {
    List<String> words = new ArrayList<>(List.of(command));
    words.addAll(List.of("--jdbc-url", SERVER.jdbcUrl(database)));
    words.addAll(List.of(arguments));
    if (!words.contains("--user")) {
      words.addAll(List.of("--user", GuardedServer.SUPERUSER));
    }
    return CommandRun.of(Map.of(), words.toArray(String[]::new));
  }

  private CommandRun importAs(String fileName, String... arguments) throws IOException {
    Path file = Files.writeString(folder.resolve(fileName), BAR);
    List<String> words = new ArrayList<>(List.of("--format", "csv", file.toString()));
    words.addAll(List.of(arguments));
    return bqx("import", words.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ATTACK,
        "x'; DROP TABLE public.canary; --",
        "x$bqx$; DROP TABLE public.canary; --",
        "x\\'; DROP TABLE public.canary; --",
        "public\".\"canary",
        "select",
        "{0} ? :x %s $1",
        "Zo\u00eb \ud83d\ude00",
        "\u2019\u201d\u02bc; DROP TABLE public.canary; --",
        "x\n; DROP TABLE public.canary; --",
        "a schema of exactly as many bytes as the server keeps: 63 bytes"
      })
  void aSchemaIsWhatItIsCalled(String schema) throws IOException {
    CommandRun imported = importAs("eurusd.csv", "--schema", schema);
    assertThat(imported.exitCode()).as(imported.output()).isZero();
    assertThat(SERVER.query(database, "SELECT nspname FROM pg_namespace")).contains(schema);
    CommandRun status = bqx("status", "--schema", schema);
    assertThat(status.exitCode()).as(status.output()).isZero();
    CommandRun plan = bqx("plan", "--schema", schema, "--from", "2024-07", "--to", "2024-07");
    assertThat(plan.exitCode()).as(plan.output()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "x\0y",
        "a schema of one byte more than the server keeps, that is 64 byte",
        "\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac"
      })
  void aSchemaThatTheServerWouldCutOffOrRefuseIsBadUsage(String schema) throws IOException {
    CommandRun run = importAs("eurusd.csv", "--schema", schema);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--schema: The name of the schema");
    assertThat(CommandRun.of(Map.of(), "roles", "--owner", schema).exitCode()).isEqualTo(2);
  }

  @Test
  void theNameOfAFileIsNoSql() throws IOException {
    String name = "eurusd'; DROP TABLE public.canary; --\"; DROP TABLE public.canary; --.csv";
    CommandRun imported = importAs(name, "--schema", "files");
    assertThat(imported.exitCode()).as(imported.output()).isZero();
    assertThat(SERVER.query(database, "SELECT count(*) FROM files.m1_eurusd")).containsExactly("1");
  }

  @ParameterizedTest
  @ValueSource(strings = {ATTACK, "eur\"sd", "eur'--", "\u0435urusd", "eurus\0"})
  void aPairIsTwoCodesOfThreeLetters(String pair) throws IOException {
    CommandRun run = importAs("bars.csv", "--pair", pair);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--pair");
  }

  @Test
  void stagesUsersAndDatabasesAreNoSql() {
    assertThat(bqx("run", "--from", "2024-07", "--to", "2024-07", "--stages", ATTACK).exitCode())
        .isEqualTo(2);
    assertThat(bqx("status", "--user", ATTACK).exitCode()).isEqualTo(1);
    CommandRun elsewhere =
        CommandRun.of(
            Map.of(),
            "status",
            "--jdbc-url",
            SERVER.jdbcUrl(database + "%22%3B%20DROP%20TABLE%20public.canary%3B%20--"),
            "--user",
            GuardedServer.SUPERUSER);
    assertThat(elsewhere.exitCode()).isEqualTo(1);
  }

  @Test
  void rolesAreWhatTheyAreCalled() {
    String suffix = Long.toHexString(System.nanoTime());
    for (String attack :
        List.of(
            "x'; DROP TABLE public.canary; --",
            "x\"; DROP TABLE public.canary; --",
            "x$bqx$; DROP TABLE public.canary; --",
            "x\\'; DROP TABLE public.canary; --",
            "$bqx$ $xxxxx$",
            "%I %s %L")) {
      String role = attack + suffix;
      CommandRun scripts =
          CommandRun.of(
              Map.of(),
              "roles",
              "--schema",
              attack,
              "--owner",
              role + "o",
              "--writer",
              role + "w",
              "--reader",
              role + "r");
      SERVER.execute(database, scripts.out());
      assertThat(
              SERVER.query(
                  database, "SELECT rolname FROM pg_roles WHERE rolname LIKE '%" + suffix + "_'"))
          .contains(role + "o", role + "w", role + "r");
    }
  }
}
