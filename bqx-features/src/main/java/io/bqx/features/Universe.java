package io.bqx.features;

import static io.bqx.features.Currency.AUD;
import static io.bqx.features.Currency.CAD;
import static io.bqx.features.Currency.CHF;
import static io.bqx.features.Currency.EUR;
import static io.bqx.features.Currency.GBP;
import static io.bqx.features.Currency.JPY;
import static io.bqx.features.Currency.NZD;
import static io.bqx.features.Currency.USD;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * An ordered list of currencies and the ordered list of quoted pairs between them, with the groups
 * and blocs that market features refer to (section 1 of {@code docs/features.md}).
 *
 * <p>Both orders fix column order. {@link #g8()} is the one the system runs on; nothing assumes its
 * size.
 *
 * <p>A group or bloc may name currencies that the universe does not have; they are simply never
 * present.
 */
public final class Universe {

  private static final List<CurrencyGroup> STRENGTH_GROUPS =
      List.of(
          CurrencyGroup.of("major", USD, EUR, JPY, GBP),
          CurrencyGroup.of("safe_haven", CHF, JPY),
          CurrencyGroup.of("commodity", AUD, NZD, CAD));

  private static final List<CurrencyGroup> BLOCS =
      List.of(
          CurrencyGroup.of("usd", USD),
          CurrencyGroup.of("commodity", AUD, CAD, NZD),
          CurrencyGroup.of("safe_haven", CHF, JPY));

  private final List<Currency> currencies;
  private final List<CurrencyPair> pairs;
  private final List<CurrencyGroup> strengthGroups;
  private final List<CurrencyGroup> blocs;
  private final List<Triangle> triangles;
  private final Map<CurrencyPair, Integer> indexOfPair;

  private Universe(
      List<Currency> currencies,
      List<CurrencyPair> pairs,
      List<CurrencyGroup> strengthGroups,
      List<CurrencyGroup> blocs) {
    this.currencies = List.copyOf(currencies);
    this.pairs = List.copyOf(pairs);
    this.strengthGroups = List.copyOf(strengthGroups);
    this.blocs = List.copyOf(blocs);
    this.indexOfPair = new HashMap<>();
    for (int p = 0; p < pairs.size(); p++) {
      requireQuotable(pairs.get(p));
      indexOfPair.put(pairs.get(p), p);
    }
    this.triangles = findTriangles();
  }

  /** The eight currencies USD EUR JPY GBP AUD NZD CAD CHF and their 28 pairs. */
  public static Universe g8() {
    return of(
        List.of(USD, EUR, JPY, GBP, AUD, NZD, CAD, CHF),
        List.of("EUR", "GBP", "AUD", "NZD", "USD", "CAD", "CHF", "JPY").stream()
            .map(Currency::of)
            .toList());
  }

  /**
   * The universe of every pair between the given currencies, in alphabetical order of the pairs,
   * with the default groups and blocs.
   *
   * @param currencies the currencies, in column order
   * @param quotingPrecedence the same currencies by market convention: of two currencies, the
   *     earlier one is the base
   * @throws IllegalArgumentException if a currency is repeated, or the two lists differ in their
   *     members
   */
  public static Universe of(List<Currency> currencies, List<Currency> quotingPrecedence) {
    List<Currency> sorted = currencies.stream().sorted().toList();
    if (!sorted.equals(quotingPrecedence.stream().sorted().toList())) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "The quoting precedence %s must hold exactly the currencies %s",
              quotingPrecedence,
              currencies));
    }
    List<CurrencyPair> pairs = new ArrayList<>();
    for (int base = 0; base < quotingPrecedence.size(); base++) {
      for (int quote = base + 1; quote < quotingPrecedence.size(); quote++) {
        pairs.add(CurrencyPair.of(quotingPrecedence.get(base), quotingPrecedence.get(quote)));
      }
    }
    pairs.sort(Comparator.naturalOrder());
    return ofPairs(currencies, pairs);
  }

  /**
   * The universe of the given pairs, in the given order, with the default groups and blocs.
   *
   * @throws IllegalArgumentException if a currency or pair is repeated, two currencies are quoted
   *     both ways, or a pair has a leg that is not among the currencies
   */
  public static Universe ofPairs(List<Currency> currencies, List<CurrencyPair> pairs) {
    return new Universe(currencies, pairs, STRENGTH_GROUPS, BLOCS);
  }

  /** This universe with other groups for the relative strength of baskets (section 6). */
  public Universe withStrengthGroups(List<CurrencyGroup> groups) {
    return new Universe(currencies, pairs, groups, blocs);
  }

  /** This universe with other blocs (section 8). */
  public Universe withBlocs(List<CurrencyGroup> newBlocs) {
    return new Universe(currencies, pairs, strengthGroups, newBlocs);
  }

  private void requireQuotable(CurrencyPair pair) {
    if (currencies.stream().distinct().count() != currencies.size()) {
      throw new IllegalArgumentException("A currency is repeated in " + currencies);
    }
    if (!currencies.contains(pair.base()) || !currencies.contains(pair.quote())) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "Pair %s has a leg that is not among the currencies %s",
              pair,
              currencies));
    }
    if (indexOfPair.containsKey(pair)) {
      throw new IllegalArgumentException("Pair " + pair + " is repeated");
    }
    if (indexOfPair.containsKey(pair.inverse())) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "Pair %s is quoted both ways: %s is in the universe too",
              pair,
              pair.inverse()));
    }
  }

  private List<Triangle> findTriangles() {
    List<Triangle> found = new ArrayList<>();
    for (int a = 0; a < currencies.size(); a++) {
      for (int b = a + 1; b < currencies.size(); b++) {
        for (int c = b + 1; c < currencies.size(); c++) {
          triangleOf(List.of(currencies.get(a), currencies.get(b), currencies.get(c)))
              .ifPresent(found::add);
        }
      }
    }
    return List.copyOf(found);
  }

  private Optional<Triangle> triangleOf(List<Currency> corners) {
    List<CurrencyPair> sides =
        pairs.stream()
            .filter(p -> corners.contains(p.base()) && corners.contains(p.quote()))
            .toList();
    return sides.size() == 3 ? Optional.of(new Triangle(corners, sides)) : Optional.empty();
  }

  /** The currencies, in column order. */
  public List<Currency> currencies() {
    return currencies;
  }

  /** The quoted pairs, in column order. */
  public List<CurrencyPair> pairs() {
    return pairs;
  }

  /**
   * Every three currencies whose three pairs are all quoted, in currency order: 56 for {@link
   * #g8()}.
   */
  public List<Triangle> triangles() {
    return triangles;
  }

  /**
   * The groups that a basket's strength is measured against: major, safe haven, commodity (section
   * 6).
   */
  public List<CurrencyGroup> strengthGroups() {
    return strengthGroups;
  }

  /** The blocs: usd, commodity, safe haven (section 8). */
  public List<CurrencyGroup> blocs() {
    return blocs;
  }

  /** Whether the pair is quoted, in exactly this direction. */
  public boolean contains(CurrencyPair pair) {
    return indexOfPair.containsKey(pair);
  }

  /**
   * The position of the pair in {@link #pairs()}.
   *
   * @throws IllegalArgumentException if the pair is not quoted in this universe; the message says
   *     so
   */
  public int indexOf(CurrencyPair pair) {
    Integer index = indexOfPair.get(Objects.requireNonNull(pair, "pair"));
    if (index == null) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "Pair %s is not in the universe; it quotes %s", pair, pairs));
    }
    return index;
  }

  /**
   * The pair between two currencies, in the direction in which it is quoted; empty if it is not.
   */
  public Optional<CurrencyPair> pairOf(Currency one, Currency other) {
    if (one.equals(other)) {
      return Optional.empty();
    }
    CurrencyPair pair = CurrencyPair.of(one, other);
    if (contains(pair)) {
      return Optional.of(pair);
    }
    return contains(pair.inverse()) ? Optional.of(pair.inverse()) : Optional.empty();
  }

  /** The pairs that have the currency as a leg, in column order: 7 for {@link #g8()}. */
  public List<CurrencyPair> pairsWith(Currency currency) {
    return pairs.stream().filter(p -> p.contains(currency)).toList();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Universe universe
        && currencies.equals(universe.currencies)
        && pairs.equals(universe.pairs)
        && strengthGroups.equals(universe.strengthGroups)
        && blocs.equals(universe.blocs);
  }

  @Override
  public int hashCode() {
    return Objects.hash(currencies, pairs, strengthGroups, blocs);
  }

  /** For example {@code Universe[8 currencies, 28 pairs, 56 triangles]}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "Universe[%d currencies, %d pairs, %d triangles]",
        currencies.size(),
        pairs.size(),
        triangles.size());
  }
}
