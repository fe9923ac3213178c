package io.bqx.core.report;

import io.bqx.core.catalog.Layout;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.List;
import java.util.Optional;

/**
 * One run that worked on months of a report.
 *
 * @param run its id
 * @param worker the process
 * @param from the first month that it was asked for
 * @param to the last one
 * @param stages the ids of the stages that it was asked for
 * @param parameters everything that changes values, in canonical text
 * @param layout where it was to store the market's columns
 * @param ending how it ended
 * @param started when it began, by the database's clock
 * @param finished when it ended; empty if it never said so
 * @param message what it said when it was stopped in order; empty if it was not
 * @param rewrites partitions that it was the last one to write
 * @param rows rows of these
 */
public record JobRun(
    String run,
    String worker,
    YearMonth from,
    YearMonth to,
    List<String> stages,
    String parameters,
    Layout layout,
    Ending ending,
    Instant started,
    Optional<Instant> finished,
    Optional<String> message,
    int rewrites,
    long rows) {

  /** How a run ended. */
  public enum Ending {
    /** It has a claim on a month, so it goes on. */
    RUNNING("running"),
    /** Everything that was asked for is up to date. */
    DONE("done"),
    /** A partition could not be done. */
    FAILED("failed"),
    /** It was stopped in order. */
    CANCELLED("cancelled"),
    /** It never said that it ended, and has no claim: its process was killed or cut off. */
    KILLED("killed");

    private final String word;

    Ending(String word) {
      this.word = word;
    }

    /** The ending in one word: {@code "killed"}. */
    @Override
    public String toString() {
      return word;
    }
  }

  /** Takes a copy of the stages. */
  public JobRun {
    stages = List.copyOf(stages);
  }

  /** From its beginning to its end; empty if it never said that it ended. */
  public Optional<Duration> elapsed() {
    return finished.map(end -> Duration.between(started, end));
  }

  /** Whether it ended before its work did. */
  public boolean isInterrupted() {
    return ending == Ending.CANCELLED || ending == Ending.KILLED;
  }
}
