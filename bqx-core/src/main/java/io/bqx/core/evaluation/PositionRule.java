package io.bqx.core.evaluation;

/**
 * When a forecast is traded. The position is always one unit, long or short, for the target's rows.
 */
public enum PositionRule {
  /** Always: long if the price is forecast to rise, short if it is forecast to fall. */
  SIGN("sign"),
  /** Only if the return that is forecast is larger than the costs of buying and selling. */
  ABOVE_COST("above-cost");

  private final String name;

  PositionRule(String name) {
    this.name = name;
  }

  /**
   * The side to take.
   *
   * @param forecast the forecast return of the price, a fraction
   * @param cost the cost of trading one unit once, a fraction
   * @return 1 long, -1 short, 0 neither
   */
  int side(double forecast, double cost) {
    if (this == ABOVE_COST && Math.abs(forecast) <= 2 * cost) {
      return 0;
    }
    return forecast > 0 ? 1 : forecast < 0 ? -1 : 0;
  }

  /** The name in lower case: {@code "above-cost"}. */
  @Override
  public String toString() {
    return name;
  }
}
