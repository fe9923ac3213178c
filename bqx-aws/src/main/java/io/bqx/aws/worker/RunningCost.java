package io.bqx.aws.worker;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Optional;

/** Tells what a machine has cost. */
public interface RunningCost {

  /**
   * What a machine has cost in USD; empty if its price is not known.
   *
   * @param machine a machine that was launched
   * @param until until when, if it has not ended before
   */
  Optional<BigDecimal> usd(Attempt machine, Instant until);
}
