package io.bqx.core.ledger;

import java.time.YearMonth;
import java.util.Objects;
import java.util.UUID;

/**
 * The right to work on a month, which lasts as long as its lease is renewed.
 *
 * @param month the month, for all pairs
 * @param token different for each claim: what is written with the token of an earlier claim of the
 *     month is refused, and names of staging tables carry it
 * @param run the run that claimed
 * @param worker who claimed, for people to read
 * @param attempts how often the month was claimed since it was last released, this claim included;
 *     above 1 the claims before ended in a crash
 */
public record Claim(YearMonth month, UUID token, RunId run, String worker, int attempts) {

  /** Refuses null. */
  public Claim {
    Objects.requireNonNull(month, "month");
    Objects.requireNonNull(token, "token");
    Objects.requireNonNull(run, "run");
    Objects.requireNonNull(worker, "worker");
  }
}
