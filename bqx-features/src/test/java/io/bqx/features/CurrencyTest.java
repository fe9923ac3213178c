package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CurrencyTest {

  @Test
  void isNamedByItsCodeInEitherCase() {
    assertThat(Currency.of("eur"))
        .isEqualTo(Currency.EUR)
        .hasSameHashCodeAs(Currency.EUR)
        .hasToString("EUR");
    assertThat(Currency.EUR.code()).isEqualTo("EUR");
    assertThat(Currency.EUR.lowerCode()).isEqualTo("eur");
    assertThat(Currency.EUR).isNotEqualTo(Currency.USD).isNotEqualTo("EUR");
  }

  @Test
  void sortsAlphabetically() {
    assertThat(Currency.AUD).isLessThan(Currency.CAD);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "EU", "EURO", "E1R", "EÜR", " EU"})
  void refusesWhatIsNoCodeAndQuotesIt(String code) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Currency.of(code))
        .withMessageContaining("'" + code + "'");
  }
}
