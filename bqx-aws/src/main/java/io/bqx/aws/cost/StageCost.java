package io.bqx.aws.cost;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Objects;
import java.util.Optional;

/**
 * A stage's share of the machine, planned and actual.
 *
 * @param stage the stage's id, or words for time that belongs to none
 * @param plannedHours machine hours that the plan gives it
 * @param actualHours machine hours that it took
 * @param plannedCost those hours at the planned price
 * @param actualCost those hours at the price that was paid
 */
public record StageCost(
    String stage,
    BigDecimal plannedHours,
    BigDecimal actualHours,
    Usd plannedCost,
    Usd actualCost) {

  /** Refuses null. */
  public StageCost {
    Objects.requireNonNull(stage, "stage");
    Objects.requireNonNull(plannedHours, "plannedHours");
    Objects.requireNonNull(actualHours, "actualHours");
    Objects.requireNonNull(plannedCost, "plannedCost");
    Objects.requireNonNull(actualCost, "actualCost");
  }

  /**
   * By how much the actual hours differ from the planned ones, in percent of these, to one decimal;
   * negative if they are fewer, empty if none were planned.
   */
  public Optional<BigDecimal> hoursVariance() {
    return variance(plannedHours, actualHours);
  }

  /** The same of the cost. */
  public Optional<BigDecimal> costVariance() {
    return variance(plannedCost.amount(), actualCost.amount());
  }

  private static Optional<BigDecimal> variance(BigDecimal planned, BigDecimal actual) {
    return planned.signum() == 0
        ? Optional.empty()
        : Optional.of(
            actual
                .subtract(planned)
                .multiply(BigDecimal.valueOf(100))
                .divide(planned, 1, RoundingMode.HALF_UP));
  }
}
