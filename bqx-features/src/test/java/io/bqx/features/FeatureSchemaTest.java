package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class FeatureSchemaTest {

  private static final FeatureSchema TIER_1 =
      FeatureSchema.tier1(Universe.g8(), Windows.ofDefaults());

  @Test
  void hasTheNamesTypesAndOrderOfTheGoldenColumns() throws IOException {
    List<String> expected;
    try (BufferedReader lines = GoldenVectors.open("golden/columns.csv")) {
      expected = lines.lines().skip(1).toList();
    }
    assertThat(TIER_1.columns().stream().map(FeatureSchemaTest::lineOf))
        .containsExactlyElementsOf(expected);
  }

  private static String lineOf(FeatureColumn column) {
    String type =
        column.type() == FeatureType.DOUBLE
            ? "double precision"
            : column.type().name().toLowerCase(Locale.ROOT);
    return "%d,%s,%s".formatted(TIER_1.indexOf(column.name()) + 1, column.name(), type);
  }

  @Test
  void endsAtTheSpecifiedCountAfterEachStage() {
    assertThat(TIER_1.stages()).containsExactly("2.12", "2.14", "2.3", "2.4", "2.16B");
    assertThat(TIER_1.stages().stream().map(stage -> TIER_1.upTo(stage).size()))
        .containsExactly(43, 79, 303, 415, 463);
    assertThat(TIER_1.upTo("2.14")).isEqualTo(FeatureSchema.regBqx(Windows.ofDefaults()));
    assertThat(TIER_1.columnsOf("2.3")).hasSize(224);
    assertThat(TIER_1.columnsOf("none")).isEmpty();
  }

  @Test
  void aLargerUniverseHasMoreColumnsOfTheSameKinds() {
    FeatureSchema g10 = FeatureSchema.tier1(UniverseTest.g10(), Windows.ofDefaults());
    assertThat(g10.stages().stream().map(stage -> g10.columnsOf(stage).size()))
        .containsExactly(42, 36, 280, 180, 48);
    assertThat(g10.columnsOf("2.3"))
        .extracting(FeatureColumn::name)
        .contains("nok_basket_index", "sek_basket_volatility_630min");
    assertThat(g10.columnsOf("2.4"))
        .extracting(FeatureColumn::name)
        .contains("noksek_arbitrage_profit_pct");
  }

  @Test
  void sourceTablesHaveTheColumnsOfTheGoldenVectors() {
    Windows windows = Windows.ofDefaults();
    assertThat(namesOf(FeatureSchema.bqx(windows)))
        .containsExactlyElementsOf(GoldenVectors.bootstrap("eurusd", "bqx").columns());
    assertThat(namesOf(FeatureSchema.regRate(windows)))
        .containsExactlyElementsOf(GoldenVectors.bootstrap("eurusd", "reg_rate").columns());
    assertThat(namesOf(FeatureSchema.tier1(TinyMarket.UNIVERSE, TinyMarket.WINDOWS)))
        .containsExactlyElementsOf(GoldenVectors.tiny("eurusd", "reg_bqx").columns());
  }

  private static List<String> namesOf(FeatureSchema schema) {
    return schema.columns().stream().skip(1).map(FeatureColumn::name).toList();
  }

  @Test
  void beginsWithTheTimeAndFindsColumnsByName() {
    assertThat(TIER_1.columns().get(0)).isEqualTo(FeatureColumn.TS_UTC);
    assertThat(TIER_1.indexOf("w60_quadratic_term")).isEqualTo(1);
    assertThat(TIER_1.has("w61_quadratic_term")).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TIER_1.indexOf("w61_quadratic_term"))
        .withMessageContaining("w61_quadratic_term");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TIER_1.upTo("2.99"))
        .withMessageContaining("2.99");
  }

  @Test
  void isAValue() {
    FeatureSchema same = FeatureSchema.tier1(Universe.g8(), Windows.ofDefaults());
    assertThat(same).isEqualTo(TIER_1).hasSameHashCodeAs(TIER_1);
    assertThat(TIER_1)
        .hasToString("FeatureSchema[463 columns of stages [2.12, 2.14, 2.3, 2.4, 2.16B]]");
  }

  @Test
  void aColumnRefusesANameThatNoTableTakes() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FeatureColumn.ofDouble("W60", "2.12", "fraction", 0))
        .withMessageContaining("'W60'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FeatureColumn.ofDouble("w60", "2.12", "fraction", -1))
        .withMessageContaining("w60");
  }
}
