package io.bqx.features;

import java.util.List;
import java.util.Locale;

/**
 * Three currencies whose three pairs are all quoted in a universe.
 *
 * @param currencies the three currencies, in universe order
 * @param pairs the three pairs between them, in universe order
 */
public record Triangle(List<Currency> currencies, List<CurrencyPair> pairs) {

  /**
   * Takes copies of both lists.
   *
   * @throws IllegalArgumentException if either list does not have exactly three elements
   */
  public Triangle {
    currencies = List.copyOf(currencies);
    pairs = List.copyOf(pairs);
    if (currencies.size() != 3 || pairs.size() != 3) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "A triangle has 3 currencies and 3 pairs, not %s and %s",
              currencies,
              pairs));
    }
  }

  /** Whether the pair is one of the three sides. */
  public boolean contains(CurrencyPair pair) {
    return pairs.contains(pair);
  }

  /**
   * The third currency, the one that the given side does not touch.
   *
   * @throws IllegalArgumentException if the pair is not a side of this triangle
   */
  public Currency opposite(CurrencyPair side) {
    if (!contains(side)) {
      throw new IllegalArgumentException(side + " is not a side of the triangle " + pairs);
    }
    return currencies.stream().filter(c -> !side.contains(c)).findFirst().orElseThrow();
  }
}
