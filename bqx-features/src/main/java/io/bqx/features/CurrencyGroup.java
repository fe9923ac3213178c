package io.bqx.features;

import java.util.List;

/**
 * A named set of currencies: a group that baskets are compared with, or a bloc.
 *
 * @param name lower case with underscores, as column names use it: {@code "safe_haven"}
 * @param currencies the members, in the order given
 */
public record CurrencyGroup(String name, List<Currency> currencies) {

  /**
   * Takes a copy of the members.
   *
   * @throws IllegalArgumentException if the name is not a lower-case identifier, or members are
   *     absent or repeated
   */
  public CurrencyGroup {
    currencies = List.copyOf(currencies);
    if (!name.matches("[a-z][a-z0-9_]*")) {
      throw new IllegalArgumentException(
          "'"
              + name
              + "' cannot name a currency group; use lower-case letters, digits and underscores");
    }
    if (currencies.isEmpty() || currencies.stream().distinct().count() != currencies.size()) {
      throw new IllegalArgumentException(
          "Currency group " + name + " needs one or more different currencies, not " + currencies);
    }
  }

  /** The group with the given members. */
  public static CurrencyGroup of(String name, Currency... currencies) {
    return new CurrencyGroup(name, List.of(currencies));
  }

  /** Whether the currency is a member. */
  public boolean contains(Currency currency) {
    return currencies.contains(currency);
  }

  /**
   * The side of the pair that lies inside this group: +1 if only the base does, -1 if only the
   * quote does, and 0 if both or neither do, in which case the pair is not a member of the bloc.
   */
  public int signOf(CurrencyPair pair) {
    return (contains(pair.base()) ? 1 : 0) - (contains(pair.quote()) ? 1 : 0);
  }
}
