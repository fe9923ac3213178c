package io.bqx.aws.worker;

import io.bqx.core.ledger.ClaimInfo;
import io.bqx.core.run.JobStatus;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/**
 * How far a run has come, according to its ledger.
 *
 * @param done stages of partitions that are done
 * @param failed those whose last attempt failed
 * @param running those whose month a worker holds
 * @param remaining the others
 * @param rowsPerSecond rows written per second lately; 0 if none were
 * @param timeToGo estimated time to the end; empty if there is no pace or nothing remains
 * @param heartbeatAge the time since a worker last gave a sign of life; empty if none has a month
 */
public record LedgerProgress(
    int done,
    int failed,
    int running,
    int remaining,
    double rowsPerSecond,
    Optional<Duration> timeToGo,
    Optional<Duration> heartbeatAge) {

  static LedgerProgress of(JobStatus status) {
    return new LedgerProgress(
        status.stages().stream().mapToInt(JobStatus.StageMonth::done).sum(),
        status.stages().stream().mapToInt(JobStatus.StageMonth::failed).sum(),
        status.stages().stream().mapToInt(JobStatus.StageMonth::running).sum(),
        status.stages().stream().mapToInt(JobStatus.StageMonth::remaining).sum(),
        status.rowsPerSecond(),
        status.remaining(),
        status.claims().stream().map(ClaimInfo::heartbeatAge).min(Comparator.naturalOrder()));
  }

  /** All stages of all partitions. */
  public int total() {
    return done + failed + running + remaining;
  }

  /** Whether there was something to do and all of it is done. */
  public boolean isComplete() {
    return total() > 0 && done == total();
  }

  /** The counts in words. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%,d of %,d stages of partitions done, %,d running, %,d failed, %,d remaining",
        done,
        total(),
        running,
        failed,
        remaining);
  }
}
