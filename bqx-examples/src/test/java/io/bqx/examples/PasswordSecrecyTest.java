package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The password is in nothing that a failing command prints, logs, stores or shows to the system.
 */
class PasswordSecrecyTest {

  private static final String SECRET = "Tr0ub4dor-and-3";
  private static final String[] MONTH = {"--from", "2024-07", "--to", "2024-07"};

  private final GuardedServer server = GuardedServer.get();

  @TempDir private Path folder;

  /** Executes a command in a process of its own, with a log, and the secret in its environment. */
  private String outputOf(int expectedExitCode, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xmx512m", "-cp"));
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(Bqx.class.getName());
    command.addAll(List.of(arguments));
    command.add("--verbose");
    Path output = folder.resolve("output.txt");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put(DatabaseOptions.PASSWORD_VARIABLE, SECRET);
    builder.environment().put("BQX_DEBUG", "1");
    Process process = builder.start();
    Path commandLine = Path.of("/proc", Long.toString(process.pid()), "cmdline");
    if (Files.isReadable(commandLine)) {
      assertSecret(new String(Files.readAllBytes(commandLine), StandardCharsets.UTF_8));
    }
    process.info().commandLine().ifPresent(PasswordSecrecyTest::assertSecret);
    int exitCode = process.onExit().join().exitValue();
    String said = Files.readString(output);
    assertThat(exitCode).as(said).isEqualTo(expectedExitCode);
    assertSecret(said);
    return said;
  }

  private static void assertSecret(String text) {
    assertThat(text).doesNotContain(SECRET).doesNotContain("Tr0ub4dor");
  }

  @Test
  void aWrongPasswordIsNotRepeated() throws IOException {
    assertThat(
            outputOf(
                1,
                "status",
                "--jdbc-url",
                server.jdbcUrl("postgres"),
                "--user",
                GuardedServer.ENCRYPTED_ONLY))
        .contains(
            "Cannot connect to jdbc:postgresql://localhost", "password authentication failed");
  }

  @Test
  void aPasswordIsNotRepeatedWhereNobodyAnswers() throws IOException {
    assertThat(
            outputOf(1, "status", "--jdbc-url", "jdbc:postgresql://127.0.0.1:1/fx", "--user", "me"))
        .contains("Cannot connect to jdbc:postgresql://127.0.0.1:1/fx as me");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--jdbc-url=jdbc:postgresql://h/d?password=" + SECRET,
        "--jdbc-url=jdbc:postgresql://h/d?user=me&PASSWORD=" + SECRET,
        "--jdbc-url=jdbc:postgresql://h/d?p%61ssword=" + SECRET,
        "--jdbc-url=jdbc:postgresql://h/d?sslpassword=" + SECRET,
        "--jdbc-url=jdbc:postgresql://me:" + SECRET + "@h/d",
        "--jdbc-url=postgres://me:" + SECRET + "@h/d",
        "--password=" + SECRET,
        "--passwd=" + SECRET,
        "-p" + SECRET,
        SECRET
      })
  void aPasswordAmongTheArgumentsIsRefusedAndNotRepeated(String argument) {
    CommandRun run = CommandRun.of(Map.of("BQX_DEBUG", "1"), "status", "--verbose", argument);
    assertThat(run.exitCode()).isEqualTo(2);
    assertSecret(run.output());
  }

  @Test
  void aFailingStageWithThePasswordInAnErrorOfTheServerKeepsIt() throws IOException {
    String database = server.newDatabase("secrets");
    server.execute(
        database,
        """
        CREATE FUNCTION leak() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE '%bqx_staging%') THEN
            RAISE EXCEPTION 'no log in at jdbc:postgresql://me:TOKEN@upstream/fx?user=me&password=TOKEN with {"password": "TOKEN"}'
              USING DETAIL = 'ALTER ROLE me PASSWORD ''TOKEN''';
          END IF;
        END
        $$
        """
            .replace("TOKEN", SECRET));
    server.execute(
        database, "CREATE EVENT TRIGGER leak ON ddl_command_end EXECUTE FUNCTION leak()");
    Path bars =
        FewPairs.bars(
            SyntheticMarket.of(FewPairs.THREE).months(1).rowsPerMonth(20), folder.resolve("bars"));
    Map<String, String> environment = Map.of(DatabaseOptions.PASSWORD_VARIABLE, SECRET);
    List<String> at =
        List.of("--jdbc-url", server.jdbcUrl(database), "--user", GuardedServer.SUPERUSER);
    List<String> importing = new ArrayList<>(List.of("import", "--format", "csv"));
    importing.addAll(at);
    importing.add(bars.toString());
    CommandRun imported = CommandRun.of(environment, importing.toArray(String[]::new));
    assertThat(imported.exitCode()).as(imported.output()).isZero();

    List<String> running = new ArrayList<>(List.of("run"));
    running.addAll(List.of(MONTH));
    running.addAll(at);
    assertThat(outputOf(1, running.toArray(String[]::new)))
        .contains("3 failed", "no log in at jdbc:postgresql://me:***@upstream", "password=***");

    Set<String> threads = ConcurrentHashMap.newKeySet();
    CompletableFuture<CommandRun> again =
        CompletableFuture.supplyAsync(
            () -> CommandRun.of(environment, running.toArray(String[]::new)));
    while (!again.isDone()) {
      Thread.getAllStackTraces().keySet().forEach(thread -> threads.add(thread.getName()));
    }
    assertSecret(again.join().output());
    assertThat(threads).anyMatch(name -> name.startsWith("bqx-worker"));
    threads.forEach(PasswordSecrecyTest::assertSecret);

    for (String table : List.of("meta", "runs", "partitions", "claims")) {
      server
          .query(database, "SELECT t::text FROM bqx.ledger_" + table + " t")
          .forEach(PasswordSecrecyTest::assertSecret);
    }
    assertThat(
            server.query(
                database, "SELECT count(*) FROM bqx.ledger_partitions WHERE error LIKE '%***%'"))
        .containsExactly("21");
    assertThat(server.query(database, "SELECT application_name FROM pg_stat_activity"))
        .noneMatch(name -> name.contains(SECRET));
  }
}
