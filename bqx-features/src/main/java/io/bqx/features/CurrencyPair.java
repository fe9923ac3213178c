package io.bqx.features;

import java.util.Locale;
import java.util.Objects;

/**
 * A quoted pair: one unit of the base currency costs {@code price} units of the quote currency.
 *
 * <p>EURUSD = 1.10 means that one euro costs 1.10 dollars; {@code signOf(EUR)} is +1 and {@code
 * signOf(USD)} is -1. The natural order is alphabetical by {@link #name()}.
 */
public final class CurrencyPair implements Comparable<CurrencyPair> {

  private final Currency base;
  private final Currency quote;
  private final String name;

  private CurrencyPair(Currency base, Currency quote) {
    this.base = base;
    this.quote = quote;
    this.name = base.lowerCode() + quote.lowerCode();
  }

  /**
   * The pair of a base and a quote currency.
   *
   * @throws IllegalArgumentException if both are the same currency
   */
  public static CurrencyPair of(Currency base, Currency quote) {
    Objects.requireNonNull(base, "base");
    Objects.requireNonNull(quote, "quote");
    if (base.equals(quote)) {
      throw new IllegalArgumentException(
          base + base.code() + " is not a pair: base and quote are both " + base);
    }
    return new CurrencyPair(base, quote);
  }

  /**
   * The pair with the given six-letter name, in either case: {@code of("eurusd")}.
   *
   * @throws IllegalArgumentException if the name is not two different three-letter codes; the
   *     message quotes it
   */
  public static CurrencyPair of(String name) {
    if (name.length() != 6) {
      throw new IllegalArgumentException(
          "'"
              + name
              + "' is not a currency pair; expected six letters, base then quote, such as eurusd");
    }
    return of(Currency.of(name.substring(0, 3)), Currency.of(name.substring(3)));
  }

  /** The currency that is bought and sold. */
  public Currency base() {
    return base;
  }

  /** The currency in which the price is expressed. */
  public Currency quote() {
    return quote;
  }

  /** The name in lower case, as table names use it: {@code "eurusd"}. */
  public String name() {
    return name;
  }

  /** Whether the currency is the base or the quote of this pair. */
  public boolean contains(Currency currency) {
    return base.equals(currency) || quote.equals(currency);
  }

  /**
   * The direction in which a rise of this pair moves the currency: +1 for the base, -1 for the
   * quote.
   *
   * @throws IllegalArgumentException if the currency is not a leg of this pair; the message names
   *     both legs
   */
  public int signOf(Currency currency) {
    if (base.equals(currency)) {
      return 1;
    }
    if (quote.equals(currency)) {
      return -1;
    }
    throw new IllegalArgumentException(
        String.format(
            Locale.ROOT,
            "%s is not a leg of %s; its legs are %s (base) and %s (quote)",
            currency,
            name,
            base,
            quote));
  }

  /**
   * The same two currencies quoted the other way round; its price is the reciprocal of this pair's.
   */
  public CurrencyPair inverse() {
    return new CurrencyPair(quote, base);
  }

  @Override
  public int compareTo(CurrencyPair other) {
    return name.compareTo(other.name);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CurrencyPair pair && name.equals(pair.name);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return name;
  }
}
