package io.bqx.aws.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bqx.aws.testing.ActionRecorder;
import io.bqx.core.BqxException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.regions.Region;

/**
 * The script is executed by the shell of this machine, with folders of the test and with stand-ins
 * for the programs that change a machine; each stand-in writes down how it was called.
 */
class UserDataTest {

  private static final String JAR = "not really a jar";
  private static final String INSTANCE = "i-0123456789abcdef0";

  /** The stand-ins: what each does besides writing down its arguments. */
  private static final Map<String, String> PROGRAMS =
      Map.of(
          "aws",
          """
          case "$*" in
            *"s3 cp"*"bqx.jar.part"*) printf '%s' "$JAR" >"${@: -1}" ;;
          esac
          """,
          "curl",
          "case \"$*\" in *api/token*) printf token ;; *instance-id*) printf "
              + INSTANCE
              + " ;; esac\n",
          "systemctl",
          "",
          "shutdown",
          "",
          "sleep",
          "",
          "dnf",
          "ln -sf \"$0\" \"$(dirname \"$0\")/java\"\n",
          "cp",
          "");

  @TempDir private Path folder;

  private Path programs;
  private UserData.Folders folders;

  /** How a command ended, and what it printed. */
  private record Execution(int exitCode, String output) {}

  @BeforeEach
  void aMachine() throws IOException {
    programs = Files.createDirectory(folder.resolve("bin"));
    for (Map.Entry<String, String> program : PROGRAMS.entrySet()) {
      executable(
          programs.resolve(program.getKey()),
          "#!/bin/bash\nprintf '%s\\n' \"$(basename \"$0\") $*\" >>\"$CALLS\"\n"
              + program.getValue());
    }
    for (String needed :
        List.of(
            "bash",
            "basename",
            "cat",
            "chmod",
            "date",
            "dirname",
            "ln",
            "mkdir",
            "mv",
            "printf",
            "sha256sum")) {
      executable(programs.resolve(needed), "#!/bin/sh\nexec " + placeOf(needed) + " \"$@\"\n");
    }
    folders =
        new UserData.Folders(
            folder.resolve("opt").toString(),
            Files.createDirectories(folder.resolve("units")).toString(),
            folder.resolve("logs").toString(),
            folder.resolve("state").toString());
  }

  /** The machine calls AWS by its command line, which also needs permissions. */
  @AfterEach
  void writeDownWhatTheMachineCalls() throws IOException {
    if (!Files.exists(folder.resolve("calls"))) {
      return;
    }
    for (String call : calls()) {
      if (call.startsWith("aws s3 cp")) {
        ActionRecorder.record(
            "s3", call.contains(" s3://bqx-example/logs") ? "PutObject" : "GetObject");
      } else if (call.startsWith("aws ec2 create-tags")) {
        ActionRecorder.record("ec2", "CreateTags");
      } else if (call.startsWith("aws ssm put-parameter")) {
        ActionRecorder.record("ssm", "PutParameter");
      } else {
        assertThat(call).doesNotStartWith("aws ");
      }
    }
  }

  @Test
  void aMachineIsPreparedAndItsJobStarted() throws Exception {
    Execution execution = execute(spec().build());

    assertThat(execution.exitCode()).as(execution.output()).isZero();
    assertThat(execution.output()).contains("initialisation complete");
    assertThat(folder.resolve("opt/bqx.jar")).hasContent(JAR);
    assertThat(folder.resolve("state/initialised")).isNotEmptyFile();
    assertThat(calls())
        .contains(
            "dnf install -y -q java-17-amazon-corretto-headless",
            "systemctl enable --now bqx-run.service",
            "systemctl enable --now bqx-logs.timer bqx-logs-at-end.service")
        .noneMatch(call -> call.startsWith("shutdown"));
  }

  @Test
  void theDeadMansSwitchIsSetBeforeAnythingElse() throws Exception {
    long before = System.currentTimeMillis() / 1000;
    execute(spec().maxRunTime(Duration.ofHours(36)).build());

    assertThat(calls().get(1)).isEqualTo("systemctl enable --now bqx-deadline.timer");
    String timer = Files.readString(folder.resolve("units/bqx-deadline.timer"));
    long deadline = Long.parseLong(timer.replaceFirst("(?s).*OnCalendar=@([0-9]+).*", "$1"));
    assertThat(deadline - before).isBetween(36 * 3600L, 36 * 3600L + 60);
    assertThat(timer).contains("Persistent=true");
    assertThat(Files.readString(folder.resolve("units/bqx-deadline.service")))
        .containsSubsequence("shutdown -h now", "sleep 300", "poweroff --force --force");
  }

  @Test
  void anotherJarThanMeantIsRefusedAndTheMachineShutsDown() throws Exception {
    WorkerJob job = TestSpecs.job();
    Execution execution = execute(TestSpecs.builder("phase2", job).build());

    assertThat(execution.exitCode()).isEqualTo(1);
    assertThat(execution.output())
        .contains("is not the file that was meant: its SHA-256 is not " + job.jarSha256());
    assertThat(folder.resolve("opt/bqx.jar")).doesNotExist();
    assertThat(calls())
        .contains("shutdown -h +15")
        .anyMatch(call -> call.matches(".*create-tags.*Value=failed in line [0-9]+"))
        .noneMatch(call -> call.contains("bqx-run.service"));
  }

  @Test
  void whatFailsIsTriedFiveTimes() throws Exception {
    replace("dnf", "exit 1\n");

    Execution execution = execute(spec().build());

    assertThat(execution.exitCode()).isEqualTo(1);
    assertThat(execution.output()).contains("try 5 of 5 failed: dnf install");
    assertThat(calls()).filteredOn(call -> call.startsWith("dnf")).hasSize(5);
    assertThat(calls()).contains("shutdown -h +15");
  }

  @Test
  void aMachineThatDoesNotLearnItsOwnIdShutsDownAsWell() throws Exception {
    replace("curl", "exit 22\n");

    Execution execution = execute(spec().build());

    assertThat(execution.exitCode()).isEqualTo(1);
    assertThat(calls()).contains("shutdown -h +15", "systemctl enable --now bqx-deadline.timer");
  }

  @ParameterizedTest
  @EnumSource
  void theMachineMakesKnownThatItIsReadyAsTheSpecificationSays(ReadySignal signal)
      throws Exception {
    execute(spec().readySignal(signal).build());

    String last = calls().get(calls().size() - 1);
    switch (signal) {
      case TAG ->
          assertThat(last)
              .isEqualTo(
                  "aws ec2 create-tags --region us-east-1 --resources "
                      + INSTANCE
                      + " --tags Key=bqx:initialised,Value=complete");
      case SSM ->
          assertThat(last)
              .contains("put-parameter", "--name /bqx/phase2/initialised")
              .endsWith("--value " + INSTANCE + " complete");
      case TCP -> {
        assertThat(last).isEqualTo("systemctl enable --now bqx-ready.socket");
        assertThat(Files.readString(folder.resolve("units/bqx-ready.socket")))
            .contains("ListenStream=7700");
      }
    }
  }

  @Test
  void theUnitRunsTheJobWhichTakesItsLoginFromSecretsManager() throws Exception {
    execute(spec().build());
    replace("java", "printf '%s\n' \"$AWS_REGION\"\n");

    Execution execution = run(List.of(command("bqx-run.service", "ExecStart")));

    assertThat(execution.exitCode()).isZero();
    assertThat(execution.output()).isEqualTo("us-east-1\n");
    assertThat(calls().get(calls().size() - 1))
        .isEqualTo(
            "java -XX:MaxRAMPercentage=50 -jar "
                + folder.resolve("opt/bqx.jar")
                + " run --jdbc-url jdbc:postgresql://db.example.com:5432/fx --db-secret"
                + " bqx/database --watch-interruption --workers 32 --from 2024-07 --to 2025-06");
  }

  @Test
  void theEndOfTheJobIsWrittenDownAndItsLogsAreCopied() throws Exception {
    execute(spec().build());

    Execution execution =
        run(
            List.of(command("bqx-run.service", "ExecStopPost").substring(1)),
            Map.of("SERVICE_RESULT", "success", "EXIT_STATUS", "0"));

    assertThat(execution.exitCode()).as(execution.output()).isZero();
    assertThat(Files.readString(folder.resolve("logs/run.end"))).endsWith(" success 0\n");
    assertThat(calls().get(calls().size() - 1))
        .isEqualTo(
            "aws s3 cp --recursive --only-show-errors --region us-east-1 "
                + folder.resolve("logs")
                + " s3://bqx-example/logs/phase2/"
                + INSTANCE);
    assertThat(Files.readString(folder.resolve("units/bqx-logs.timer")))
        .contains("OnUnitActiveSec=1min");
    assertThat(Files.readString(folder.resolve("units/bqx-logs-at-end.service")))
        .contains("ExecStop=" + folder.resolve("opt/ship-logs"));
  }

  @Test
  void argumentsReachTheJobAsTheyAre() throws Exception {
    WorkerJob plain = TestSpecs.job();
    List<String> odd = List.of("--schema", "it's $HOME", "a  b", "`id`", "\"");
    WorkerJob job =
        new WorkerJob(plain.jar(), sha256(), plain.jdbcUrl(), plain.secret(), odd, 1, plain.logs());
    execute(TestSpecs.builder("phase2", job).build());
    replace("java", "printf '%s\\n' \"${@: -5}\"\n");

    Execution execution = run(List.of(command("bqx-run.service", "ExecStart")));

    assertThat(execution.output()).isEqualTo(String.join("\n", odd) + "\n");
  }

  @Test
  void theScriptAndWhatItWritesAreCleanByShellcheck() throws Exception {
    assumeTrue(
        isInstalled("shellcheck"),
        "shellcheck is not installed; apt-get install shellcheck, and this test checks the scripts"
            + " of a worker");
    execute(spec().build());
    Path script =
        Files.writeString(
            folder.resolve("user-data.sh"), UserData.of(spec().build(), Region.US_EAST_1, 1));

    Execution check =
        onThisMachine(
            List.of(
                "shellcheck",
                script.toString(),
                folder.resolve("opt/run").toString(),
                folder.resolve("opt/run-ended").toString(),
                folder.resolve("opt/ship-logs").toString()));

    assertThat(check.output()).isEmpty();
    assertThat(check.exitCode()).isZero();
  }

  @Test
  void theScriptHoldsNoPasswordAndFitsWithRoom() {
    String script = UserData.of(spec().build(), Region.US_EAST_1, 1);

    assertThat(script).startsWith("#!/bin/bash\n");
    assertThat(script.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(UserData.MOST_BYTES / 2);
  }

  @Test
  void aScriptThatEc2WouldNotAcceptIsRefused() {
    WorkerJob plain = TestSpecs.job();
    WorkerJob job =
        new WorkerJob(
            plain.jar(),
            plain.jarSha256(),
            plain.jdbcUrl(),
            plain.secret(),
            Collections.nCopies(2_000, "--stage"),
            1,
            plain.logs());
    WorkerSpec spec = TestSpecs.builder("phase2", job).build();

    assertThatThrownBy(() -> UserData.of(spec, Region.US_EAST_1, 1))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("and EC2 accepts 16,384");
  }

  private static WorkerSpec.Builder spec() {
    WorkerJob plain = TestSpecs.job();
    return TestSpecs.builder(
        "phase2",
        new WorkerJob(
            plain.jar(),
            sha256(),
            plain.jdbcUrl(),
            plain.secret(),
            plain.arguments(),
            plain.workers(),
            plain.logs()));
  }

  private static String sha256() {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(JAR.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private Execution execute(WorkerSpec spec) throws IOException, InterruptedException {
    Path script =
        Files.writeString(
            folder.resolve("init.sh"), UserData.of(spec, Region.US_EAST_1, 1, folders));
    return run(List.of(programs.resolve("bash").toString(), script.toString()));
  }

  private Execution run(List<String> command) throws IOException, InterruptedException {
    return run(command, Map.of());
  }

  private Execution run(List<String> command, Map<String, String> more)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().put("PATH", programs.toString());
    builder.environment().put("CALLS", folder.resolve("calls").toString());
    builder.environment().put("JAR", JAR);
    builder.environment().putAll(more);
    return finished(builder);
  }

  private Execution onThisMachine(List<String> command) throws IOException, InterruptedException {
    return finished(new ProcessBuilder(command));
  }

  private static Execution finished(ProcessBuilder builder)
      throws IOException, InterruptedException {
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Execution(process.exitValue(), output);
  }

  private List<String> calls() throws IOException {
    return Files.readAllLines(folder.resolve("calls"));
  }

  private String command(String unit, String key) throws IOException {
    return Files.readAllLines(folder.resolve("units").resolve(unit)).stream()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .findFirst()
        .orElseThrow();
  }

  private void replace(String program, String content) throws IOException {
    Path file = programs.resolve(program);
    Files.deleteIfExists(file);
    executable(
        file, "#!/bin/bash\nprintf '%s\\n' \"$(basename \"$0\") $*\" >>\"$CALLS\"\n" + content);
  }

  private static void executable(Path file, String content) throws IOException {
    Files.writeString(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static Path placeOf(String program) {
    return placesOf(program)
        .findFirst()
        .orElseThrow(() -> new AssertionError("There is no " + program + " on this machine"));
  }

  private static boolean isInstalled(String program) {
    return placesOf(program).findFirst().isPresent();
  }

  /** The system's own ones come first: others may be wrappers that want an environment. */
  private static Stream<Path> placesOf(String program) {
    return Stream.concat(Stream.of("/usr/bin", "/bin"), Stream.of(System.getenv("PATH").split(":")))
        .map(place -> Path.of(place).resolve(program))
        .filter(Files::isExecutable);
  }
}
