package io.bqx.core.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.features.CurrencyPair;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ScopeTest {

  private static final CurrencyPair EURUSD = CurrencyPair.of("eurusd");

  @Test
  void aScopeIsFoundByItsName() {
    assertThat(Scope.named("eurusd")).isEqualTo(Scope.of(EURUSD));
    assertThat(Scope.named(Scope.MARKET.name())).isEqualTo(Scope.MARKET);
    assertThatThrownBy(() -> Scope.named("reg_bqx")).hasMessageContaining("reg_bqx");
  }

  @Test
  void theMarketComesBeforeThePairs() {
    assertThat(Stream.of(Scope.named("usdjpy"), Scope.MARKET, Scope.named("eurusd")).sorted())
        .containsExactly(Scope.MARKET, Scope.named("eurusd"), Scope.named("usdjpy"));
  }

  @Test
  void aFamilyHasTablesOfPairsOrTheOneOfTheMarket() {
    assertThat(PartitionedTable.of("bqx", TableFamily.MARKET, Scope.MARKET).name())
        .isEqualTo("market_features");
    assertThat(PartitionedTable.of("bqx", TableFamily.REG_BQX, Scope.of(EURUSD)))
        .isEqualTo(PairTable.of("bqx", TableFamily.REG_BQX, EURUSD));
    assertThatThrownBy(() -> PartitionedTable.of("bqx", TableFamily.REG_BQX, Scope.MARKET))
        .hasMessageContaining("reg_bqx");
    assertThatThrownBy(() -> PairTable.of("bqx", TableFamily.MARKET, EURUSD))
        .hasMessageContaining("market_features");
  }

  @Test
  void aLayoutIsFoundByItsName() {
    assertThat(Layout.named("shared")).isEqualTo(Layout.SHARED);
    assertThatThrownBy(() -> Layout.named("tall"))
        .hasMessage("There is no layout 'tall'; the layouts are wide and shared");
  }
}
