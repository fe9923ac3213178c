package io.bqx.aws.cost;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Optional;

/**
 * Several ways of doing the same work over the same time, compared with the first of them.
 *
 * @param scenarios the ways, the present one first
 */
public record ScenarioComparison(List<CostSheet> scenarios) {

  /**
   * Takes a copy.
   *
   * @throws IllegalArgumentException if there is no scenario
   */
  public ScenarioComparison {
    scenarios = List.copyOf(scenarios);
    if (scenarios.isEmpty()) {
      throw new IllegalArgumentException("A comparison needs at least one scenario");
    }
  }

  /** What a scenario saves against the first one; negative if it costs more. */
  public Usd saving(CostSheet scenario) {
    return scenarios.get(0).total().minus(scenario.total());
  }

  /** That in percent of what the first one costs, to a whole number; empty if that is nothing. */
  public Optional<BigDecimal> savingPercent(CostSheet scenario) {
    BigDecimal whole = scenarios.get(0).total().amount();
    return whole.signum() == 0
        ? Optional.empty()
        : Optional.of(
            saving(scenario)
                .amount()
                .multiply(BigDecimal.valueOf(100))
                .divide(whole, 0, RoundingMode.HALF_UP));
  }
}
