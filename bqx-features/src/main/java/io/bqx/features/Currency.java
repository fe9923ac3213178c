package io.bqx.features;

import java.util.Locale;

/**
 * A currency, named by its three-letter ISO 4217 code.
 *
 * <p>Two currencies are equal if their codes are. The natural order is alphabetical; the order that
 * fixes feature columns is the one of the {@link Universe}.
 */
public final class Currency implements Comparable<Currency> {

  public static final Currency USD = new Currency("USD");
  public static final Currency EUR = new Currency("EUR");
  public static final Currency JPY = new Currency("JPY");
  public static final Currency GBP = new Currency("GBP");
  public static final Currency AUD = new Currency("AUD");
  public static final Currency NZD = new Currency("NZD");
  public static final Currency CAD = new Currency("CAD");
  public static final Currency CHF = new Currency("CHF");

  private final String code;

  private Currency(String code) {
    this.code = code;
  }

  /**
   * The currency with the given code, in either case.
   *
   * @throws IllegalArgumentException if the code is not three ASCII letters; the message quotes it
   */
  public static Currency of(String code) {
    if (!isCode(code)) {
      throw new IllegalArgumentException(
          "'" + code + "' is not a currency code; expected three letters such as EUR");
    }
    return new Currency(code.toUpperCase(Locale.ROOT));
  }

  private static boolean isCode(String code) {
    return code.length() == 3
        && code.chars().allMatch(c -> (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'));
  }

  /** The code in upper case: {@code "EUR"}. */
  public String code() {
    return code;
  }

  /** The code in lower case, as table and column names use it: {@code "eur"}. */
  public String lowerCode() {
    return code.toLowerCase(Locale.ROOT);
  }

  @Override
  public int compareTo(Currency other) {
    return code.compareTo(other.code);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Currency currency && code.equals(currency.code);
  }

  @Override
  public int hashCode() {
    return code.hashCode();
  }

  @Override
  public String toString() {
    return code;
  }
}
