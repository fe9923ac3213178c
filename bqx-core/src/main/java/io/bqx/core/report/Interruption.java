package io.bqx.core.report;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * An end of a run before its work was done, and what it cost.
 *
 * @param at when the work stopped: the end of a run that was stopped in order, else the last
 *     partition that it stored, or its beginning if it stored none; of a machine that was lost
 *     before a run began on it, when that machine started
 * @param ending how the run ended; a machine that was lost before a run began on it counts as
 *     killed
 * @param worker the process; empty if there was none yet
 * @param machine the id of the rented machine that it was on; empty if that is not known
 * @param reason why it ended
 * @param repeated how many partitions may have been begun and not stored, and so had to be computed
 *     again: as many as the process wrote at the same time; 0 if it was stopped in order
 * @param resumed when the next partition was begun, by whichever run; empty if none was
 * @param usd what rented machines cost from {@code at} until {@code resumed}, or until the report
 *     was made if there is work left, without the time of interruptions that followed; empty if no
 *     prices are known
 */
public record Interruption(
    Instant at,
    JobRun.Ending ending,
    String worker,
    Optional<String> machine,
    String reason,
    int repeated,
    Optional<Instant> resumed,
    Optional<BigDecimal> usd) {

  /** Checks that nothing is missing. */
  public Interruption {
    Objects.requireNonNull(at, "at");
    Objects.requireNonNull(ending, "ending");
    Objects.requireNonNull(worker, "worker");
    Objects.requireNonNull(machine, "machine");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(resumed, "resumed");
    Objects.requireNonNull(usd, "usd");
  }

  /** The time in which nothing was done: from the end until the work went on. */
  public Optional<Duration> standstill() {
    return resumed.map(then -> Duration.between(at, then));
  }

  Interruption costing(BigDecimal amount) {
    return new Interruption(
        at, ending, worker, machine, reason, repeated, resumed, Optional.of(amount));
  }
}
