package io.bqx.core.catalog;

import io.bqx.features.CurrencyPair;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;

/**
 * What the rows of a table are about: one currency pair, or the whole market. Ordered with the
 * market first, then pairs by name.
 */
public final class Scope implements Comparable<Scope> {

  /** The whole market. */
  public static final Scope MARKET = new Scope(null);

  private static final Comparator<Scope> ORDER =
      Comparator.comparing(Scope::isPair).thenComparing(Scope::name);

  private final CurrencyPair pair;

  private Scope(CurrencyPair pair) {
    this.pair = pair;
  }

  /** One pair. */
  public static Scope of(CurrencyPair pair) {
    return new Scope(Objects.requireNonNull(pair, "pair"));
  }

  /**
   * The scope with the given {@link #name()}.
   *
   * @throws IllegalArgumentException if it names neither the market nor a pair
   */
  public static Scope named(String name) {
    return name.equals(MARKET.name()) ? MARKET : of(CurrencyPair.of(name));
  }

  /** The pair; empty for the whole market. */
  public Optional<CurrencyPair> pair() {
    return Optional.ofNullable(pair);
  }

  /** Whether it is the whole market. */
  public boolean isMarket() {
    return pair == null;
  }

  private boolean isPair() {
    return pair != null;
  }

  /**
   * The pair's name, or for the market that of its table, which no pair can have: {@code "eurusd"},
   * {@code "market_features"}.
   */
  public String name() {
    return pair == null ? TableFamily.MARKET.prefix() : pair.name();
  }

  @Override
  public int compareTo(Scope other) {
    return ORDER.compare(this, other);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Scope scope && Objects.equals(pair, scope.pair);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(pair);
  }

  /** The {@link #name()}. */
  @Override
  public String toString() {
    return name();
  }
}
