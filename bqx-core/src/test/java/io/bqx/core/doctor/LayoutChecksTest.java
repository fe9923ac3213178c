package io.bqx.core.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.Layout;
import io.bqx.core.run.SmallMarket;
import io.bqx.core.testing.TestDatabase;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Somebody changes a database in the shared layout; the doctor says so, and what it advises brings
 * the database back in order.
 */
class LayoutChecksTest {

  private static SmallMarket market;

  @BeforeAll
  static void computeInTheSharedLayout() {
    market = SmallMarket.create("layout_checks");
    assertThat(market.job().layout(Layout.SHARED).run().exitCode()).isZero();
  }

  @AfterEach
  void everythingIsInOrderAgain() {
    assertThat(findings())
        .singleElement()
        .satisfies(f -> assertThat(f.verdict()).isEqualTo(Verdict.OK))
        .satisfies(
            f -> assertThat(f.found()).isEqualTo("shared: 3 months of market_features, 3 views"));
  }

  @AfterAll
  static void drop() {
    market.close();
  }

  private static List<Finding> findings() {
    return Doctor.on(TestDatabase.dataSource())
        .schema(market.schema())
        .universe(SmallMarket.UNIVERSE)
        .workers(2)
        .examine()
        .findings()
        .stream()
        .filter(f -> List.of("layout", "views").contains(f.topic()))
        .toList();
  }

  private static Finding only(Verdict verdict) {
    assertThat(findings()).hasSize(1).extracting(Finding::verdict).containsExactly(verdict);
    return findings().get(0);
  }

  private static void execute(String sql) {
    market.sql().execute(sql.formatted(market.schema()));
  }

  private static void runAgain() {
    assertThat(market.job().run().exitCode()).isZero();
  }

  @Test
  void aViewThatIsMissingIsMadeByTheNextRun() {
    execute("DROP VIEW %s.reg_bqx_eurusd_v");

    Finding missing = only(Verdict.ADVICE);

    assertThat(missing.found()).isEqualTo("1 view missing: reg_bqx_eurusd_v");
    assertThat(missing.remedy()).startsWith("bqx run --from 2024-07 --to 2024-09");
    runAgain();
  }

  @Test
  void aViewWithoutAColumnOfItsTablesIsNamed() {
    execute("ALTER TABLE %s.market_features ADD COLUMN breadth float8");

    assertThat(only(Verdict.ADVICE).found())
        .isEqualTo(
            "columns of their tables are missing from reg_bqx_eurjpy_v, reg_bqx_eurusd_v, reg_bqx_usdjpy_v");
    execute("ALTER TABLE %s.market_features DROP COLUMN breadth");
    runAgain();
  }

  @Test
  void aMonthThatTheMarketDoesNotHaveIsNamed() {
    execute("ALTER TABLE %1$s.market_features DETACH PARTITION %1$s.market_features_2024_08");

    assertThat(only(Verdict.ADVICE).found())
        .isEqualTo("market_features has no partition of 2024-08");
    execute("DROP TABLE %s.market_features_2024_08");
    runAgain();
  }

  @Test
  void aMonthOfTheMarketWithoutRowsIsNamedThoughTheLedgerHasItAsDone() {
    execute("TRUNCATE %s.market_features_2024_09");

    Finding empty = only(Verdict.ADVICE);

    assertThat(empty.found()).isEqualTo("market_features has no rows of 2024-09");
    assertThat(empty.remedy()).endsWith("--redo --stages 2.3,2.4,2.16B");
    assertThat(market.job().plan().due()).isEmpty();
    assertThat(market.job().stages("2.3", "2.4", "2.16B").redo().run().exitCode()).isZero();
  }

  @Test
  void aTableWithRowSecurityIsAProblemAsItGetsNoView() {
    execute("ALTER TABLE %s.reg_bqx_usdjpy ENABLE ROW LEVEL SECURITY");

    Finding secured = only(Verdict.PROBLEM);

    assertThat(secured.found()).isEqualTo("row security on reg_bqx_usdjpy");
    market.sql().execute(secured.remedy().replaceFirst(";.*", ""));
  }

  @Test
  void aTableInThePlaceOfAViewIsAProblem() {
    execute("DROP VIEW %s.reg_bqx_eurusd_v");
    execute("CREATE TABLE %s.reg_bqx_eurusd_v (i integer)");

    Finding taken = only(Verdict.PROBLEM);

    assertThat(taken.why()).contains("reg_bqx_eurusd_v", "not a view");
    execute("DROP TABLE %s.reg_bqx_eurusd_v");
    runAgain();
  }

  @Test
  void aChangeToTheSharedLayoutThatIsNotCompleteIsAdvised() {
    execute("ALTER TABLE %s.reg_bqx_eurusd ADD COLUMN usd_basket_index float8");

    assertThat(only(Verdict.ADVICE).found())
        .isEqualTo("shared, but columns of the market are still in reg_bqx_eurusd");
    execute("ALTER TABLE %s.reg_bqx_eurusd DROP COLUMN usd_basket_index");
    runAgain();
  }

  @Test
  void whatKeepsAChangeToTheWideLayoutFromItsEndIsNamed() {
    execute("CREATE VIEW %1$s.research AS SELECT ts_utc FROM %1$s.reg_bqx_eurusd_v");
    assertThat(market.job().layout(Layout.WIDE).run().unfinished()).isPresent();

    assertThat(findings())
        .extracting(Finding::verdict)
        .containsExactly(Verdict.ADVICE, Verdict.PROBLEM);
    assertThat(findings())
        .extracting(Finding::found)
        .containsExactly(
            "wide, but market_features is still there",
            "the view research depends on market_features or its views");

    execute("DROP VIEW %s.research");
    runAgain();
    assertThat(only(Verdict.OK).found()).isEqualTo("wide");
    execute("UPDATE %s.ledger_meta SET layout = 'shared'");
    assertThat(only(Verdict.ADVICE).found())
        .isEqualTo("shared, but market_features does not exist");
    runAgain();
  }

  @Test
  void aLedgerOfANewerReleaseIsAProblem() {
    execute("UPDATE %s.ledger_meta SET version = version + 1");

    assertThat(only(Verdict.PROBLEM).why()).contains("newer release");
    execute("UPDATE %s.ledger_meta SET version = version - 1");
  }
}
