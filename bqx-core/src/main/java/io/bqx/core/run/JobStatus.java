package io.bqx.core.run;

import io.bqx.core.catalog.Scope;
import io.bqx.core.ledger.ClaimInfo;
import java.time.Duration;
import java.time.YearMonth;
import java.util.List;
import java.util.Optional;

/**
 * How far the job has come, from what the ledger has recorded; bars are not read, so it does not
 * say whether something is due again.
 *
 * @param stages one entry per stage and month, ordered by month and then by stage
 * @param claims the months that workers hold or have left behind
 * @param rowsPerSecond rows written per second over the last ten minutes of work, all workers
 *     together; 0 if there were none
 * @param remaining estimated time to the end at that pace; empty if there is no pace or nothing
 *     remains
 * @param failures what failed and why, by month
 */
public record JobStatus(
    List<StageMonth> stages,
    List<ClaimInfo> claims,
    double rowsPerSecond,
    Optional<Duration> remaining,
    List<Failure> failures) {

  /** Takes copies of the lists. */
  public JobStatus {
    stages = List.copyOf(stages);
    claims = List.copyOf(claims);
    failures = List.copyOf(failures);
  }

  /** The claims whose workers do not renew them any more. */
  public List<ClaimInfo> stalled() {
    return claims.stream().filter(ClaimInfo::expired).toList();
  }

  /**
   * One stage of one month, over all pairs; in the shared layout a market stage has one partition.
   *
   * @param stage the id of the stage
   * @param month the month
   * @param done partitions whose last attempt was done
   * @param failed partitions whose last attempt failed
   * @param running partitions that are not done while a worker holds the month
   * @param remaining partitions that are neither done nor failed nor running
   */
  public record StageMonth(
      String stage, YearMonth month, int done, int failed, int running, int remaining) {}

  /**
   * Why something of a month is not done.
   *
   * @param month the month
   * @param scopes whose partitions failed for this reason, in order; empty if the month could not
   *     even be begun, as where its bars cannot be read
   * @param reason what the last attempt failed of
   */
  public record Failure(YearMonth month, List<Scope> scopes, String reason) {

    /** Takes a copy of the list. */
    public Failure {
      scopes = List.copyOf(scopes);
    }
  }
}
