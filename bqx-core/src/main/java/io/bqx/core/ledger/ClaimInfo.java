package io.bqx.core.ledger;

import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;

/**
 * What the ledger knows of a claim that was not released, by the database's clock.
 *
 * @param month the claimed month
 * @param worker who claimed it
 * @param run the run that claimed it
 * @param attempts how often the month was claimed since it was last released
 * @param claimed when it was claimed
 * @param heartbeatAge the time since the lease was last renewed
 * @param leaseUntil when the lease ends or ended
 * @param expired whether the lease has ended: the worker is dead or cut off, and the month is free
 *     to be claimed unless the claim is {@code exhausted}
 * @param exhausted whether the month is no longer given to anyone, because {@link
 *     Ledger#MAX_CLAIMS} claims in a row ended in a crash; {@link Ledger#forgive} opens it again
 */
public record ClaimInfo(
    YearMonth month,
    String worker,
    RunId run,
    int attempts,
    Instant claimed,
    Duration heartbeatAge,
    Instant leaseUntil,
    boolean expired,
    boolean exhausted) {}
