package io.bqx.aws.interruption;

import java.time.Instant;
import java.util.Objects;

/**
 * An interruption of this machine that has been noticed.
 *
 * @param notice what EC2 announces
 * @param noticed when the watcher read it
 * @param deadline until when work in hand may be finished
 */
public record SpotInterruption(InterruptionNotice notice, Instant noticed, Instant deadline) {

  /** Refuses null. */
  public SpotInterruption {
    Objects.requireNonNull(notice, "notice");
    Objects.requireNonNull(noticed, "noticed");
    Objects.requireNonNull(deadline, "deadline");
  }

  /** The reason for ending the run, as report and ledger name it. */
  public String reason() {
    return "Spot interruption noticed at "
        + noticed
        + ", EC2 will "
        + notice.action()
        + " this machine at "
        + notice.time();
  }
}
