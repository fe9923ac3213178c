package io.bqx.aws.worker;

import io.bqx.core.BqxException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.stream.Collectors;
import software.amazon.awssdk.regions.Region;

/**
 * The script that cloud-init runs when the machine starts: settings, followed by steps that are the
 * same for every worker.
 */
final class UserData {

  /** What EC2 accepts, before Base64. */
  static final int MOST_BYTES = 16_384;

  private static final String STEPS = "worker-init.sh";

  private UserData() {}

  /** The folders that a worker writes to. */
  record Folders(String home, String units, String logs, String state) {

    static final Folders OF_MACHINE =
        new Folders("/opt/bqx", "/etc/systemd/system", "/var/log/bqx", "/var/lib/bqx");
  }

  /**
   * The script of one attempt.
   *
   * @throws BqxException if it is longer than EC2 accepts
   */
  static String of(WorkerSpec spec, Region region, int attempt) {
    return of(spec, region, attempt, Folders.OF_MACHINE);
  }

  static String of(WorkerSpec spec, Region region, int attempt, Folders folders) {
    WorkerJob job = spec.job();
    String settings = quoted(folders.home() + "/settings");
    String script =
        "#!/bin/bash\n# Prepares machine "
            + attempt
            + " of the worker "
            + spec.name()
            + " and starts its job. Written by bqx; docs/worker.md explains it.\n"
            + "set -Eeuo pipefail\nmkdir -p "
            + quoted(folders.home())
            + "\ncat >"
            + settings
            + " <<'SETTINGS'\n"
            + setting("NAME", spec.name())
            + setting("REGION", region.id())
            + setting("MAX_RUN_SECONDS", String.valueOf(spec.maxRunTime().toSeconds()))
            + setting("READY_SIGNAL", spec.readySignal().toString())
            + setting("READY_PORT", String.valueOf(spec.readyPort()))
            + setting("JAR", job.jar().toString())
            + setting("JAR_SHA256", job.jarSha256())
            + setting("JDBC_URL", job.jdbcUrl())
            + setting("SECRET", job.secret())
            + setting("WORKERS", String.valueOf(job.workers()))
            + "BQX_ARGUMENTS=("
            + job.arguments().stream().map(UserData::quoted).collect(Collectors.joining(" "))
            + ")\n"
            + setting("LOGS", job.logs() + "/" + spec.name())
            + setting("INSTANCE", "")
            + setting("HOME", folders.home())
            + setting("UNIT_DIR", folders.units())
            + setting("LOG_DIR", folders.logs())
            + setting("STATE_DIR", folders.state())
            + "SETTINGS\n# shellcheck source=/dev/null\n. "
            + settings
            + "\n\n"
            + steps();
    int length = script.getBytes(StandardCharsets.UTF_8).length;
    if (length > MOST_BYTES) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "The user data of %s has %,d bytes, and EC2 accepts %,d. Shorten job.arguments and"
                  + " the other settings",
              spec,
              length,
              MOST_BYTES));
    }
    return script;
  }

  private static String setting(String name, String value) {
    return "BQX_" + name + "=" + quoted(value) + "\n";
  }

  /** The text as one word of a shell. */
  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }

  private static String steps() {
    try (InputStream steps = UserData.class.getResourceAsStream(STEPS)) {
      return new String(steps.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(STEPS + " is in this jar, but cannot be read", e);
    }
  }
}
