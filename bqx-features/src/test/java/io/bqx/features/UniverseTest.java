package io.bqx.features;

import static io.bqx.features.Currency.EUR;
import static io.bqx.features.Currency.JPY;
import static io.bqx.features.Currency.USD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class UniverseTest {

  private static final Universe G8 = Universe.g8();

  @Test
  void g8HasTheSpecifiedCurrenciesAndPairsInOrder() {
    assertThat(String.join(" ", G8.currencies().stream().map(Currency::code).toList()))
        .isEqualTo("USD EUR JPY GBP AUD NZD CAD CHF");
    assertThat(String.join(" ", G8.pairs().stream().map(CurrencyPair::name).toList()))
        .isEqualTo(
            "audcad audchf audjpy audnzd audusd cadchf cadjpy chfjpy euraud eurcad eurchf eurgbp eurjpy eurnzd"
                + " eurusd gbpaud gbpcad gbpchf gbpjpy gbpnzd gbpusd nzdcad nzdchf nzdjpy nzdusd usdcad usdchf usdjpy");
  }

  @Test
  void g8HasFiftySixTrianglesSixOnEveryPairAndTwentyOneOnEveryCurrency() {
    assertThat(G8.triangles()).hasSize(56).doesNotHaveDuplicates();
    assertThat(G8.pairs()).allSatisfy(pair -> assertThat(trianglesOn(G8, pair)).isEqualTo(6));
    assertThat(G8.currencies())
        .allSatisfy(
            currency ->
                assertThat(G8.triangles().stream().filter(t -> t.currencies().contains(currency)))
                    .hasSize(21));
  }

  private static long trianglesOn(Universe universe, CurrencyPair pair) {
    return universe.triangles().stream().filter(triangle -> triangle.contains(pair)).count();
  }

  @Test
  void g10HasFortyFivePairsAndAHundredAndTwentyTriangles() {
    Universe g10 = g10();
    assertThat(g10.currencies()).hasSize(10);
    assertThat(g10.pairs()).hasSize(45).isSorted().containsAll(G8.pairs());
    assertThat(g10.pairs()).contains(CurrencyPair.of("eursek"), CurrencyPair.of("noksek"));
    assertThat(g10.triangles()).hasSize(120);
    assertThat(g10.pairs()).allSatisfy(pair -> assertThat(trianglesOn(g10, pair)).isEqualTo(8));
    assertThat(g10.currencies())
        .allSatisfy(currency -> assertThat(g10.pairsWith(currency)).hasSize(9));
  }

  static Universe g10() {
    return Universe.of(
        currencies("USD EUR JPY GBP AUD NZD CAD CHF NOK SEK"),
        currencies("EUR GBP AUD NZD USD CAD CHF NOK SEK JPY"));
  }

  private static List<Currency> currencies(String codes) {
    return List.of(codes.split(" ")).stream().map(Currency::of).toList();
  }

  @Test
  void g8HasTheSpecifiedGroupsAndBlocs() {
    assertThat(G8.strengthGroups().stream().map(CurrencyGroup::name))
        .containsExactly("major", "safe_haven", "commodity");
    assertThat(G8.blocs().stream().map(CurrencyGroup::name))
        .containsExactly("usd", "commodity", "safe_haven");
    assertThat(
            G8.blocs().stream()
                .map(bloc -> G8.pairs().stream().filter(p -> bloc.signOf(p) != 0).count()))
        .containsExactly(7L, 15L, 12L);
  }

  @Test
  void groupsAndBlocsCanBeReplaced() {
    CurrencyGroup asia = CurrencyGroup.of("asia", JPY, Currency.of("SGD"));
    assertThat(G8.withBlocs(List.of(asia)).blocs()).containsExactly(asia);
    assertThat(G8.withBlocs(List.of(asia)).strengthGroups()).isEqualTo(G8.strengthGroups());
    assertThat(G8.withStrengthGroups(List.of(asia)).strengthGroups()).containsExactly(asia);
    assertThat(G8.withStrengthGroups(List.of(asia))).isNotEqualTo(G8);
  }

  @Test
  void findsThePairOfTwoCurrenciesInItsQuotedDirection() {
    assertThat(G8.pairOf(USD, EUR)).contains(CurrencyPair.of("eurusd"));
    assertThat(G8.pairOf(EUR, USD)).contains(CurrencyPair.of("eurusd"));
    assertThat(G8.pairOf(EUR, EUR)).isEmpty();
    assertThat(G8.pairOf(EUR, Currency.of("SEK"))).isEmpty();
    assertThat(G8.contains(CurrencyPair.of("usdeur"))).isFalse();
  }

  @Test
  void refusesTheIndexOfAPairThatItDoesNotQuote() {
    assertThat(G8.indexOf(CurrencyPair.of("usdjpy"))).isEqualTo(27);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> G8.indexOf(CurrencyPair.of("usdeur")))
        .withMessageStartingWith("Pair usdeur is not in the universe");
  }

  @Test
  void refusesPairsThatContradictEachOtherOrTheCurrencies() {
    List<Currency> two = List.of(EUR, USD);
    CurrencyPair eurusd = CurrencyPair.of("eurusd");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Universe.ofPairs(two, List.of(eurusd, eurusd)))
        .withMessage("Pair eurusd is repeated");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Universe.ofPairs(two, List.of(eurusd, eurusd.inverse())))
        .withMessageContaining("quoted both ways");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Universe.ofPairs(two, List.of(CurrencyPair.of("eurjpy"))))
        .withMessageContaining("not among the currencies");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Universe.ofPairs(List.of(EUR, USD, EUR), List.of(eurusd)))
        .withMessageContaining("repeated");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Universe.of(two, List.of(EUR, JPY)))
        .withMessageContaining("must hold exactly the currencies");
  }

  @Test
  void equalsAUniverseOfTheSameMembersInTheSameOrder() {
    assertThat(Universe.g8()).isEqualTo(G8).hasSameHashCodeAs(G8);
    assertThat(g10())
        .isNotEqualTo(G8)
        .hasToString("Universe[10 currencies, 45 pairs, 120 triangles]");
  }

  @Test
  void aTriangleKnowsTheCurrencyOppositeToASide() {
    Triangle triangle = G8.triangles().get(0);
    assertThat(triangle.currencies()).containsExactly(USD, EUR, JPY);
    assertThat(triangle.opposite(CurrencyPair.of("eurusd"))).isEqualTo(JPY);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> triangle.opposite(CurrencyPair.of("gbpusd")))
        .withMessageContaining("gbpusd is not a side");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Triangle(List.of(USD, EUR), triangle.pairs()));
  }

  @Test
  void aGroupIsASetOfCurrenciesWithAName() {
    CurrencyGroup havens = CurrencyGroup.of("safe_haven", Currency.CHF, JPY);
    assertThat(havens.signOf(CurrencyPair.of("chfusd"))).isEqualTo(1);
    assertThat(havens.signOf(CurrencyPair.of("usdjpy"))).isEqualTo(-1);
    assertThat(havens.signOf(CurrencyPair.of("chfjpy"))).isZero();
    assertThat(havens.signOf(CurrencyPair.of("eurusd"))).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CurrencyGroup.of("Safe haven", JPY))
        .withMessageContaining("Safe haven");
    assertThatIllegalArgumentException().isThrownBy(() -> CurrencyGroup.of("none"));
    assertThatIllegalArgumentException().isThrownBy(() -> CurrencyGroup.of("twice", JPY, JPY));
  }
}
