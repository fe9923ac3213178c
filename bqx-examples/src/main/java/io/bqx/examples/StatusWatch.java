package io.bqx.examples;

import io.bqx.core.ledger.ClaimInfo;
import io.bqx.core.run.JobStatus;
import java.util.function.Supplier;

/** Shows how a job stands, again and again, until nobody works on it any more. */
final class StatusWatch {

  /** A run has no claim for a moment between two months, so it must be seen without one twice. */
  private static final int LOOKS_WITHOUT_WORK = 2;

  private final Supplier<JobStatus> status;
  private final Screen screen;

  StatusWatch(Supplier<JobStatus> status, Screen screen) {
    this.status = status;
    this.screen = screen;
  }

  /** A pause between two looks. */
  interface Pause {
    /** Waits; whether the watch is to end. */
    boolean isTheEnd() throws InterruptedException;
  }

  /** Looks until everything is done, nobody works on it, or a pause was the end. */
  void follow(Pause pause) throws InterruptedException {
    int idle = 0;
    while (true) {
      JobStatus now = status.get();
      screen.show(StatusText.lines(now));
      idle = now.claims().stream().allMatch(ClaimInfo::expired) ? idle + 1 : 0;
      if (isDone(now) || idle == LOOKS_WITHOUT_WORK || pause.isTheEnd()) {
        return;
      }
    }
  }

  private static boolean isDone(JobStatus status) {
    return status.stages().stream().allMatch(s -> s.running() + s.failed() + s.remaining() == 0)
        && status.claims().isEmpty();
  }
}
