package io.bqx.examples;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A machine that does what its user data say: the script is executed as it is, but for its folders,
 * and then the unit's command line runs the job in a JVM of its own. Programs that would change
 * this machine do nothing.
 */
final class BootedMachine {

  private static final long INIT_MINUTES = 2;

  private final String id;
  private final Path folder;
  private final Map<String, String> environment = new LinkedHashMap<>();
  private volatile Process job;
  private volatile boolean killed;

  /**
   * A machine that is switched off.
   *
   * @param id its id
   * @param folder where its files are
   * @param aws where it finds AWS
   * @param metadata where it finds its metadata
   */
  BootedMachine(String id, Path folder, URI aws, URI metadata) {
    this.id = id;
    this.folder = folder;
    environment.put("PATH", folder.resolve("bin") + File.pathSeparator + System.getenv("PATH"));
    environment.put("AWS_ENDPOINT_URL", aws.toString());
    environment.put("AWS_ACCESS_KEY_ID", "test");
    environment.put("AWS_SECRET_ACCESS_KEY", "test");
    environment.put("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.toString());
    environment.put("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -Xmx512m");
  }

  String id() {
    return id;
  }

  /** Executes the script, and starts the job. */
  void boot(String userData) throws IOException, InterruptedException {
    for (String part : List.of("bin", "units", "var")) {
      Files.createDirectories(folder.resolve(part));
    }
    String java = ProcessHandle.current().info().command().orElseThrow();
    program("java", "exec " + java + " \"$@\"");
    program(
        "aws",
        "exec "
            + java
            + " -Xshare:auto -cp '"
            + System.getProperty("java.class.path")
            + "' "
            + MachineAws.class.getName()
            + " \"$@\"");
    program("curl", "case \"$*\" in *api/token*) printf token ;; *) printf " + id + " ;; esac");
    for (String nothing : List.of("systemctl", "shutdown", "sleep")) {
      program(nothing, ":");
    }
    Path script =
        Files.writeString(
            folder.resolve("user-data.sh"),
            userData
                .replace("'/opt/bqx", "'" + folder.resolve("opt"))
                .replace("'/etc/systemd/system'", "'" + folder.resolve("units") + "'")
                .replace("'/var/log/bqx'", "'" + folder.resolve("log") + "'")
                .replace("'/var/lib/bqx'", "'" + folder.resolve("var") + "'"));
    Path console = folder.resolve("console.log");
    Process init = start(List.of("bash", script.toString()), console, Map.of());
    if (!init.waitFor(INIT_MINUTES, TimeUnit.MINUTES) || init.exitValue() != 0) {
      init.destroyForcibly();
      throw new IllegalStateException(id + " was not initialised: " + Files.readString(console));
    }
    synchronized (this) {
      if (!killed) {
        job = start(List.of(unit("ExecStart")), folder.resolve("log").resolve("run.log"), Map.of());
      }
    }
    if (job != null) {
      ended(job.waitFor());
    }
  }

  /** What systemd does when the job has ended; a machine that has no power does nothing. */
  private void ended(int exitCode) throws IOException, InterruptedException {
    if (killed) {
      return;
    }
    Process after =
        start(
            List.of(unit("ExecStopPost").substring(1)),
            folder.resolve("console.log"),
            Map.of(
                "SERVICE_RESULT",
                exitCode == 0 ? "success" : "exit-code",
                "EXIT_STATUS",
                String.valueOf(exitCode)));
    after.waitFor();
  }

  /** Takes the power away. */
  synchronized void kill() throws InterruptedException {
    killed = true;
    if (job != null) {
      job.destroyForcibly().waitFor();
    }
  }

  boolean isJobAlive() {
    return job != null && job.isAlive();
  }

  /** What the job printed. */
  String log() throws IOException {
    Path log = folder.resolve("log").resolve("run.log");
    return Files.exists(log) ? Files.readString(log) : "";
  }

  private String unit(String key) throws IOException {
    return Files.readAllLines(folder.resolve("units").resolve("bqx-run.service")).stream()
        .filter(line -> line.startsWith(key + "="))
        .map(line -> line.substring(key.length() + 1))
        .collect(Collectors.joining());
  }

  private Process start(List<String> command, Path output, Map<String, String> more)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
    builder.environment().putAll(environment);
    builder.environment().putAll(more);
    return builder.start();
  }

  private void program(String name, String content) throws IOException {
    Path file =
        Files.writeString(folder.resolve("bin").resolve(name), "#!/bin/sh\n" + content + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
