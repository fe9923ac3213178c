package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.RunDescription;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the fault tests rely on: damage that is done on purpose is noticed. */
class FaultTallyTest {

  private static final String TABLE = "bqx_eurusd";
  private static final String PARTITION = TABLE + " 2024-07";

  private final FaultTally tally = new FaultTally("planted damage");
  private SmallMarket market;
  private Map<String, String> undisturbed;

  @BeforeEach
  void run() {
    market = SmallMarket.create("tally");
    market.keepHistory();
    assertThat(market.job(SmallMarket.FIRST, SmallMarket.FIRST).stages("1.5").run().exitCode())
        .isZero();
    undisturbed = market.partitions();
    assertThat(undisturbed).hasSize(SmallMarket.UNIVERSE.pairs().size()).containsKey(PARTITION);
  }

  @AfterEach
  void drop() {
    market.close();
  }

  @Test
  void nothingIsFoundWhereNothingIsWrong() {
    tally.compareEnd("now", market, undisturbed);
    tally.doneTwice("now", market.doneTwice());

    tally.report();
  }

  @Test
  void aMissingRowIsALoss() {
    damage("DELETE FROM %s WHERE ts_utc = (SELECT min(ts_utc) FROM %1$s)");

    assertReported("lost", PARTITION);
  }

  @Test
  void aMissingPartitionIsALoss() {
    damage("TRUNCATE %s");

    assertReported("lost", PARTITION + " is 0 rows");
  }

  @Test
  void aRowTooManyIsADuplicate() {
    damage(
        "INSERT INTO %s (ts_utc) SELECT max(ts_utc) + interval '1 minute' FROM %1$s"
            + " WHERE ts_utc < '2024-07-31'");

    assertReported("duplicated", PARTITION);
  }

  @Test
  void anotherValueIsAMixture() {
    damage("UPDATE %s SET rate_index = 1 WHERE ts_utc = (SELECT min(ts_utc) FROM %1$s)");

    assertReported("mixed", PARTITION);
  }

  @Test
  void aPartitionMayBeAsBeforeOrAsAfterAndNothingElse() {
    tally.compare("now", Map.of("a", "1 rows x"), List.of(Map.of("a", "1 rows x"), Map.of()));
    tally.report();

    tally.compare("now", Map.of("a", "1 rows y"), List.of(Map.of("a", "1 rows x"), Map.of()));
    assertThatThrownBy(tally::report).hasMessageContaining("[mixed]");
  }

  @Test
  void aStagingTableIsLeftOver() {
    damage("CREATE TABLE %2$s.bqx_staging_0123456789ab_x (x int)");

    assertReported("left over", "bqx_staging_0123456789ab_x");
  }

  @Test
  void aPartitionThatIsDetachedAndKeptIsLeftOver() {
    damage(
        "ALTER TABLE %1$s DETACH PARTITION %1$s_2024_07;"
            + "CREATE TABLE %1$s_new PARTITION OF %1$s FOR VALUES FROM ('2024-07-01') TO ('2024-08-01');"
            + "INSERT INTO %1$s_new SELECT * FROM %1$s_2024_07");

    assertReported("left over", TABLE + "_2024_07");
  }

  @Test
  void aClaimThatNobodyGaveBackIsLeftOver() {
    RunDescription what =
        RunDescription.months(SmallMarket.FIRST, SmallMarket.FIRST).worker("dead").build();
    Ledger ledger = market.ledger();
    ledger.claim(ledger.startRun(what), "dead", List.of(SmallMarket.FIRST)).orElseThrow();

    assertReported("left over", "worker=dead");
  }

  @Test
  void aPartitionThatIsRecordedTwiceIsADuplicate() {
    damage("UPDATE %2$s.ledger_partitions SET state = state");
    tally.doneTwice("now", market.doneTwice());

    assertThatThrownBy(tally::report)
        .hasMessageContaining("[duplicated]")
        .hasMessageContaining("1.5");
  }

  private void damage(String statement) {
    market.sql().execute(statement.formatted(market.schema() + "." + TABLE, market.schema()));
  }

  private void assertReported(String kind, String what) {
    tally.compareEnd("now", market, undisturbed);

    assertThatThrownBy(tally::report)
        .hasMessageContaining("[" + kind + "]")
        .hasMessageContaining(what);
  }
}
