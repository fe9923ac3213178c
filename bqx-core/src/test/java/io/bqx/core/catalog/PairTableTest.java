package io.bqx.core.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureSchema;
import io.bqx.features.FeatureType;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class PairTableTest {

  private final PairTable table =
      PairTable.of("bqx", TableFamily.REG_BQX, CurrencyPair.of("eurusd"));

  @Test
  void namesAreThoseOfTheFamilyThePairAndTheMonth() {
    assertThat(table.name()).isEqualTo("reg_bqx_eurusd");
    assertThat(table.table()).hasToString("\"bqx\".\"reg_bqx_eurusd\"");
    assertThat(table.time()).hasToString("\"bqx\".\"reg_bqx_eurusd\".\"ts_utc\"");
    Partition july = table.partition(YearMonth.of(2024, 7));
    assertThat(july.name()).isEqualTo("reg_bqx_eurusd_2024_07");
    assertThat(july.table()).hasToString("\"bqx\".\"reg_bqx_eurusd_2024_07\"");
    assertThat(PairTable.of("bqx", TableFamily.M1, CurrencyPair.of("usdjpy")).time())
        .hasToString("\"bqx\".\"m1_usdjpy\".\"time\"");
  }

  @Test
  void aMonthReachesFromItsFirstInstantToTheNextMonths() {
    Partition december = table.partition(YearMonth.of(2024, 12));
    assertThat(december.from()).isEqualTo(LocalDateTime.of(2024, 12, 1, 0, 0));
    assertThat(december.to()).isEqualTo(LocalDateTime.of(2025, 1, 1, 0, 0));
  }

  @Test
  void everyColumnHasTheTypeOfItsFeature() {
    for (FeatureColumn column :
        FeatureSchema.tier1(Universe.g8(), Windows.ofDefaults()).columns()) {
      Class<?> type = table.field(column).getType();
      assertThat(type)
          .as(column.name())
          .isEqualTo(
              switch (column.type()) {
                case TIMESTAMP -> LocalDateTime.class;
                case DOUBLE -> Double.class;
                case BOOLEAN -> Boolean.class;
                case SMALLINT -> Short.class;
              });
    }
  }

  @Test
  void quotesInTheSchemaAreDoubled() {
    assertThat(
            PairTable.of("a\"; drop table x; --", TableFamily.M1, CurrencyPair.of("eurusd"))
                .table())
        .hasToString("\"a\"\"; drop table x; --\".\"m1_eurusd\"");
  }

  @Test
  void schemaNamesThatPostgresWouldRefuseOrTruncateAreRefused() {
    for (String name : List.of("", "  ", "a\0b", "x".repeat(64), "\u00e9".repeat(32))) {
      assertThatThrownBy(() -> PairTable.of(name, TableFamily.M1, CurrencyPair.of("eurusd")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("schema");
    }
  }

  @Test
  void theWidthOfARowFollowsPostgresAlignment() {
    assertThat(SqlTypes.rowWidth(List.of(FeatureType.TIMESTAMP))).isEqualTo(24 + 8);
    assertThat(SqlTypes.rowWidth(List.of(FeatureType.TIMESTAMP, FeatureType.DOUBLE)))
        .isEqualTo(24 + 16);
    assertThat(
            SqlTypes.rowWidth(
                List.of(
                    FeatureType.TIMESTAMP,
                    FeatureType.BOOLEAN,
                    FeatureType.SMALLINT,
                    FeatureType.DOUBLE)))
        .isEqualTo(24 + 24);
    assertThat(SqlTypes.rowWidth(Collections.nCopies(463, FeatureType.DOUBLE)))
        .isEqualTo(88 + 463 * 8);
  }
}
