package io.bqx.features;

import static io.bqx.features.Currency.EUR;
import static io.bqx.features.Currency.JPY;
import static io.bqx.features.Currency.USD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CurrencyPairTest {

  private static final CurrencyPair EURUSD = CurrencyPair.of("eurusd");

  @Test
  void hasABaseAndAQuote() {
    assertThat(EURUSD.base()).isEqualTo(EUR);
    assertThat(EURUSD.quote()).isEqualTo(USD);
    assertThat(EURUSD.name()).isEqualTo("eurusd");
    assertThat(EURUSD).hasToString("eurusd");
    assertThat(EURUSD.contains(USD)).isTrue();
    assertThat(EURUSD.contains(JPY)).isFalse();
  }

  @Test
  void equalsThePairOfTheSameLegs() {
    assertThat(CurrencyPair.of("EURUSD")).isEqualTo(EURUSD).hasSameHashCodeAs(EURUSD);
    assertThat(EURUSD).isNotEqualTo(EURUSD.inverse()).isNotEqualTo("eurusd");
    assertThat(EURUSD.inverse().inverse()).isEqualTo(EURUSD);
  }

  @Test
  void aRiseLiftsTheBaseAndLowersTheQuote() {
    assertThat(EURUSD.signOf(EUR)).isEqualTo(1);
    assertThat(EURUSD.signOf(USD)).isEqualTo(-1);
    assertThat(EURUSD.inverse().signOf(EUR)).isEqualTo(-1);
  }

  @Test
  void refusesTheSignOfACurrencyThatIsNoLegAndNamesTheLegs() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> EURUSD.signOf(JPY))
        .withMessage("JPY is not a leg of eurusd; its legs are EUR (base) and USD (quote)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"eurus", "eurusdx", "eur/us", "eureur"})
  void refusesWhatIsNoPair(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> CurrencyPair.of(name));
  }

  @Test
  void sortsByName() {
    assertThat(CurrencyPair.of("audcad")).isLessThan(EURUSD);
  }
}
