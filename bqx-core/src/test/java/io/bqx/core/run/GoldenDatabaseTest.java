package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.validation.Check;
import io.bqx.core.validation.ValidationReport;
import io.bqx.features.CurrencyPair;
import java.util.Map;
import org.jooq.Table;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The whole job over the 28 pairs of the bootstrap market, against values of an independent
 * evaluation: what is stored, read through SQL, agrees with them.
 */
class GoldenDatabaseTest {

  private static GoldenMarket market;
  private static RunReport report;

  @BeforeAll
  static void runTheJob() throws Exception {
    market = GoldenMarket.load();
    report = market.job().workers(2).run();
  }

  @AfterAll
  static void dropTheSchema() {
    market.close();
  }

  @Test
  void everyPartitionIsDone() {
    assertThat(report.counts()).containsOnly(Map.entry(State.DONE, 56L));
    assertThat(report.rows()).isEqualTo(3L * 595_158 - 28 * 15);
  }

  @Tag("long")
  @Test
  void everyCheckOfTheValidationPasses() {
    ValidationReport validation = market.job().validate();

    assertThat(validation.failures()).isEmpty();
    assertThat(validation.exitCode()).isZero();
    assertThat(validation.checks().stream().map(Check::validator).distinct())
        .containsExactly("1.5", "2.15", "2.3", "2.4", "2.16B", "whole");
    assertThat(validation.rows()).isEqualTo(report.rows());
  }

  @ParameterizedTest
  @ValueSource(strings = {"audcad", "eurusd", "usdjpy", "cadchf", "gbpnzd", "chfjpy"})
  void storedValuesAgreeWithTheGoldenVectors(String pair) {
    market.assertAgrees(table(TableFamily.BQX, pair), pair, "bqx", 39);
    market.assertAgrees(table(TableFamily.REG_RATE, pair), pair, "reg_rate", 43);
    market.assertAgrees(table(TableFamily.REG_BQX, pair), pair, "reg_bqx", 463);
  }

  private static Table<?> table(TableFamily family, String pair) {
    return PairTable.of(market.schema(), family, CurrencyPair.of(pair)).table();
  }
}
