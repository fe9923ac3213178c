package io.bqx.aws.worker;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the job on a machine ended, as the machine wrote it down.
 *
 * @param at when, by the machine's clock
 * @param result what systemd calls it: {@code success}, {@code exit-code}, {@code signal}
 * @param exitStatus the job's exit code, or the signal that ended it
 */
record JobEnd(Instant at, String result, String exitStatus) {

  private static final Pattern TEXT = Pattern.compile("(\\S+) (\\S+) (\\S+)\\s*");

  /** The exit code of bad usage, after which the job is not started again. */
  private static final String BAD_USAGE = "2";

  /** Reads what {@code run-ended} wrote; empty if it is something else. */
  static Optional<JobEnd> of(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(new JobEnd(Instant.parse(parts.group(1)), parts.group(2), parts.group(3)));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  boolean isSuccess() {
    return result.equals("success");
  }

  boolean isBadUsage() {
    return exitStatus.equals(BAD_USAGE);
  }

  /** For messages: {@code exit-code 1 at 2025-03-03T20:00:00Z}. */
  @Override
  public String toString() {
    return result + " " + exitStatus + " at " + at;
  }
}
