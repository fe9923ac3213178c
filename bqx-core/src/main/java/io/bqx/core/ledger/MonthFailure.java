package io.bqx.core.ledger;

import java.time.Instant;
import java.time.YearMonth;
import java.util.Objects;

/**
 * Why the last worker on a month could not begin with it, as where its bars cannot be read; what
 * was stored of the month before is still there.
 *
 * @param month the month
 * @param worker who tried
 * @param failedAt when, by the database's clock
 * @param reason for people to read
 */
public record MonthFailure(YearMonth month, String worker, Instant failedAt, String reason) {

  /** Refuses null. */
  public MonthFailure {
    Objects.requireNonNull(month, "month");
    Objects.requireNonNull(worker, "worker");
    Objects.requireNonNull(failedAt, "failedAt");
    Objects.requireNonNull(reason, "reason");
  }
}
