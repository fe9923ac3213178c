package io.bqx.aws.cost;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Objects;

/**
 * One line of a bill: so much of something at so much each.
 *
 * @param what the thing that is paid for
 * @param quantity how much of it
 * @param unit what the quantity counts: {@code hour}, {@code month}, {@code GB-month}
 * @param price the price of one unit
 */
public record CostItem(String what, BigDecimal quantity, String unit, Usd price) {

  /**
   * A line.
   *
   * @throws IllegalArgumentException if quantity or price is negative
   */
  public CostItem {
    Objects.requireNonNull(what, "what");
    Objects.requireNonNull(unit, "unit");
    if (quantity.signum() < 0 || price.amount().signum() < 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s: %s %s at %s; quantity and price must not be negative",
              what,
              quantity.toPlainString(),
              unit,
              price.amount().toPlainString()));
    }
  }

  /** Quantity times price, rounded to cents, half a cent up. */
  public Usd amount() {
    return price.times(quantity).rounded();
  }
}
