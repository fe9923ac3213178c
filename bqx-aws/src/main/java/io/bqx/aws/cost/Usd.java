package io.bqx.aws.cost;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Objects;

/**
 * An amount in US dollars, exact until it is {@linkplain #rounded rounded}.
 *
 * @param amount may be negative, with any number of decimals
 */
public record Usd(BigDecimal amount) {

  /** Nothing. */
  public static final Usd ZERO = new Usd(BigDecimal.ZERO);

  private static final int CENTS = 2;

  /** Refuses null. */
  public Usd {
    Objects.requireNonNull(amount, "amount");
  }

  /**
   * The amount of a decimal text such as {@code "0.45"}.
   *
   * @throws NumberFormatException if it is none
   */
  public static Usd of(String text) {
    return new Usd(new BigDecimal(text));
  }

  /** The sum. */
  public Usd plus(Usd other) {
    return new Usd(amount.add(other.amount));
  }

  /** The difference. */
  public Usd minus(Usd other) {
    return new Usd(amount.subtract(other.amount));
  }

  /** So many times the amount. */
  public Usd times(BigDecimal quantity) {
    return new Usd(amount.multiply(quantity));
  }

  /** Rounded to cents, half a cent up. */
  public Usd rounded() {
    return new Usd(amount.setScale(CENTS, RoundingMode.HALF_UP));
  }

  /** Rounded to cents, as people read it: {@code 1,473.53 USD}. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%,.2f USD", rounded().amount);
  }
}
