package io.bqx.core.report;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What was planned and what it took.
 *
 * @param name what the plan calls the work
 * @param stages the ids of its stages; none if it is no part of the plan
 * @param plannedTime time that was planned for as many pair-months as were done
 * @param actualTime time by the clock in which any of its tables was being written, pauses left
 *     out; its share of the machines' time if they are known
 * @param plannedCost planned time at the planned price, in USD; empty if there is no price
 * @param actualCost actual time at the actual price, or its share of what the machines cost, in
 *     USD; empty if there is no price
 */
public record WorkComparison(
    String name,
    List<String> stages,
    Duration plannedTime,
    Duration actualTime,
    Optional<BigDecimal> plannedCost,
    Optional<BigDecimal> actualCost) {

  private static final BigDecimal MILLIS_PER_HOUR = BigDecimal.valueOf(3_600_000);

  /** Takes a copy of the stages. */
  public WorkComparison {
    stages = List.copyOf(stages);
  }

  /** Money in USD for a time at a price per hour, to the cent. */
  static BigDecimal cost(Duration time, BigDecimal perHour) {
    return BigDecimal.valueOf(time.toMillis())
        .multiply(perHour)
        .divide(MILLIS_PER_HOUR, 2, RoundingMode.HALF_UP);
  }

  /**
   * By how many percent the actual time is above the planned one, negative if it is below; empty if
   * nothing was planned.
   */
  public Optional<Double> timeVariancePercent() {
    return plannedTime.isZero()
        ? Optional.empty()
        : Optional.of(
            100.0 * (actualTime.toMillis() - plannedTime.toMillis()) / plannedTime.toMillis());
  }

  /**
   * By how many percent the actual cost is above the planned one; empty if either is not known or
   * the planned one is nothing.
   */
  public Optional<Double> costVariancePercent() {
    return plannedCost
        .filter(planned -> planned.signum() != 0)
        .flatMap(
            planned ->
                actualCost.map(
                    actual ->
                        100 * actual.subtract(planned).doubleValue() / planned.doubleValue()));
  }
}
