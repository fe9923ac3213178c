package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.validation.Check;
import io.bqx.core.validation.ValidationReport;
import java.time.YearMonth;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A validation after a run, and after each way of spoiling its result. */
class ValidatorTest {

  private static final YearMonth MONTH = YearMonth.of(2024, 9);
  private static final String TABLE = "reg_bqx_eurusd";
  private static final String PARTITION = "reg_bqx_eurusd_2024_09";
  private static final String TIME = "2024-09-01T00:40:00Z";
  private static final String HAS_COLUMNS =
      "every table has the columns of its stages, in order and of their types";
  private static final String HAS_ROWS = "every row has its bar and every bar its row";
  private static final String IS_FINITE = "no value is NaN or infinite";
  private static final String IS_IN_RANGE = "every value lies in its range";
  private static final String IS_MISSING_RIGHTLY = "values are missing exactly where they must be";
  private static final String IS_RIGHT = "every value agrees with its recomputation";
  private static final String IS_RECORDED = "the content is what the ledger recorded";
  private static final String IS_NOT_DUE = "nothing is due";
  private static final String HAS_MONTHS = "every month of every table is one partition";
  private static final String IS_NOT_EMPTY = "no partition is empty";
  private static final String IS_NOT_ODD =
      "no table has a default partition, a pending detach or odd bounds";
  private static final String HAS_BARS = "every pair has bars in every month";

  private static SmallMarket market;

  @BeforeAll
  static void fill() {
    market = SmallMarket.create("validated");
    assertThat(market.job().run().exitCode()).isZero();
    execute("CREATE TABLE %s.saved AS TABLE %s.%s", market.schema(), market.schema(), PARTITION);
    assertThat(
            market
                .sql()
                .fetchValue(
                    "SELECT count(*) FROM %s.saved WHERE ts_utc = '%s'"
                        .formatted(market.schema(), TIME)))
        .isEqualTo(1L);
  }

  @AfterAll
  static void drop() {
    market.close();
  }

  @AfterEach
  void restore() {
    execute("TRUNCATE %s.%s", market.schema(), PARTITION);
    execute("INSERT INTO %s.%s TABLE %s.saved", market.schema(), PARTITION, market.schema());
    assertThat(validate().failures()).isEmpty();
  }

  @Test
  void everyCheckPassesAfterAnUndisturbedRun() {
    ValidationReport report = market.job().validate();

    assertThat(report.failures()).isEmpty();
    assertThat(report.exitCode()).isZero();
    assertThat(report.partitions()).isEqualTo(3 * 3);
    assertThat(report.rows()).isPositive();
    assertThat(report.values()).isPositive();
    assertThat(report.checks())
        .extracting(Check::validator)
        .contains("1.5", "2.15", "2.3", "2.4", "2.16B", "whole");
    assertThat(report.checks())
        .extracting(Check::rule)
        .contains(
            HAS_COLUMNS,
            HAS_ROWS,
            IS_FINITE,
            IS_IN_RANGE,
            IS_MISSING_RIGHTLY,
            IS_RIGHT,
            IS_RECORDED,
            IS_NOT_DUE,
            HAS_MONTHS,
            IS_NOT_EMPTY,
            IS_NOT_ODD,
            HAS_BARS);
  }

  @Test
  void whatARunHasComputedAgainIsNotDueAnyMore() {
    RunReport again = market.job().stages("2.4").redo().validating().run();

    assertThat(again.counts()).containsOnlyKeys(PartitionOutcome.State.DONE);
    assertThat(again.validation().orElseThrow().failures()).isEmpty();
    assertThat(again.exitCode()).isZero();
  }

  @Test
  void aMissingRowIsNamed() {
    execute("DELETE FROM %s.%s WHERE ts_utc = '%s'", market.schema(), PARTITION, TIME);

    assertBreaks(HAS_ROWS, TABLE, "2024-09", "row ");
  }

  @Test
  void aRowThatHasNoBarIsNamed() {
    execute("INSERT INTO %s.%s (ts_utc) VALUES ('2024-09-30 12:00')", market.schema(), PARTITION);

    assertBreaks(HAS_ROWS, TABLE, "2024-09", "is not the one of its bar");
  }

  @Test
  void aStoredNanIsNamed() {
    spoil("w6_prediction", "'NaN'");

    assertBreaks(IS_FINITE, TABLE, "stage 2.12", "w6_prediction at " + TIME, "NaN");
  }

  @Test
  void aStoredInfinityIsNamed() {
    spoil("usd_basket_index", "'-Infinity'");

    assertBreaks(IS_FINITE, TABLE, "stage 2.3", "usd_basket_index at " + TIME, "-Infinity");
  }

  @Test
  void aNullWhereAValueMustBeIsNamed() {
    spoil("w6_prediction", "NULL");

    assertBreaks(
        IS_MISSING_RIGHTLY, TABLE, "w6_prediction at " + TIME, "NULL where there should be");
  }

  @Test
  void aValueOutOfItsRangeIsNamed() {
    spoil("w6_r2", "1.5");

    assertBreaks(IS_IN_RANGE, TABLE, "w6_r2 at " + TIME, "1.5 is outside");
  }

  @Test
  void aValueChangedByHandIsNamedAndSoIsItsChecksum() {
    spoil("usd_basket_index", "usd_basket_index * (1 + 1e-6)");

    ValidationReport report =
        assertBreaks(IS_RIGHT, TABLE, "2024-09", "usd_basket_index at " + TIME, "is stored");
    assertBreaks(report, IS_RECORDED, TABLE, "stage 2.3", "changed by hand");
    assertThat(report.failures()).hasSize(2);
  }

  @Test
  void aChangeByHandTooSmallToBeWrongIsSeenByItsChecksum() {
    spoil("usd_basket_index", "usd_basket_index * (1 + 5e-16::float8)");

    ValidationReport report =
        assertBreaks(IS_RECORDED, TABLE, "2024-09", "stage 2.3", "changed by hand");
    assertThat(report.failures()).hasSize(1);
  }

  @Test
  void aColumnOfTheWrongTypeIsNamedWithBothTypes() {
    execute("ALTER TABLE %s.%s ALTER w6_prediction TYPE text", market.schema(), TABLE);
    try {
      ValidationReport report =
          assertBreaks(
              HAS_COLUMNS,
              TABLE + " has w6_prediction text where w6_prediction double precision should be");
      assertBreaks(report, HAS_ROWS, TABLE, "cannot be read", "w6_prediction");
    } finally {
      execute(
          "ALTER TABLE %s.%s ALTER w6_prediction TYPE float8 USING w6_prediction::float8",
          market.schema(), TABLE);
    }
  }

  @Test
  void aMissingTableIsNamed() {
    execute("ALTER TABLE %s.reg_rate_eurusd RENAME TO elsewhere", market.schema());
    try {
      assertBreaks(HAS_COLUMNS, "reg_rate_eurusd does not exist");
    } finally {
      execute("ALTER TABLE %s.elsewhere RENAME TO reg_rate_eurusd", market.schema());
    }
  }

  @Test
  void aMissingPartitionIsNamed() {
    execute(
        "ALTER TABLE %s.%s DETACH PARTITION %s.%s",
        market.schema(), TABLE, market.schema(), PARTITION);
    try {
      ValidationReport report = assertBreaks(HAS_MONTHS, TABLE + " has none of 2024-09");
      assertBreaks(report, IS_NOT_EMPTY, TABLE + " of 2024-09");
    } finally {
      execute(
          "ALTER TABLE %s.%s ATTACH PARTITION %s.%s FOR VALUES FROM ('2024-09-01') TO"
              + " ('2024-10-01')",
          market.schema(), TABLE, market.schema(), PARTITION);
    }
  }

  @Test
  void anEmptyPartitionIsNamed() {
    execute("TRUNCATE %s.%s", market.schema(), PARTITION);

    ValidationReport report = assertBreaks(IS_NOT_EMPTY, TABLE + " of 2024-09");
    assertBreaks(report, HAS_ROWS, TABLE, "0 rows for");
  }

  @Test
  void aDefaultPartitionIsNamed() {
    execute(
        "CREATE TABLE %s.other_months PARTITION OF %s.%s DEFAULT",
        market.schema(), market.schema(), TABLE);
    try {
      assertBreaks(IS_NOT_ODD, TABLE, "other_months");
    } finally {
      execute("DROP TABLE %s.other_months", market.schema());
    }
  }

  @Test
  void aMonthWithoutBarsIsNamed() {
    ValidationReport report =
        market.job(SmallMarket.LAST, SmallMarket.LAST.plusMonths(1)).validate();

    assertThat(report.exitCode()).isEqualTo(1);
    assertBreaks(report, HAS_BARS, "m1_eurusd has none in 2024-10");
  }

  @Test
  void aStageThatIsDueIsNamedWithItsReason() {
    ValidationReport report = market.job(MONTH, MONTH).cost(0.005).validate();

    assertThat(report.exitCode()).isEqualTo(1);
    assertBreaks(report, IS_NOT_DUE, TABLE, "stage 2.4", "parameters changed");
  }

  private static ValidationReport validate() {
    return market.job(MONTH, MONTH).validate();
  }

  private static ValidationReport assertBreaks(String rule, String... named) {
    ValidationReport report = validate();
    assertThat(report.exitCode()).isEqualTo(1);
    assertBreaks(report, rule, named);
    return report;
  }

  private static void assertBreaks(ValidationReport report, String rule, String... named) {
    assertThat(report.failures())
        .filteredOn(check -> check.rule().equals(rule))
        .flatExtracting(Check::examples)
        .anySatisfy(example -> assertThat(example).contains(named));
  }

  private static void spoil(String column, String value) {
    execute(
        "UPDATE %s.%s SET %s = %s WHERE ts_utc = '%s'",
        market.schema(), PARTITION, column, value, TIME);
  }

  private static void execute(String sql, Object... names) {
    market.sql().execute(sql.formatted(names));
  }
}
