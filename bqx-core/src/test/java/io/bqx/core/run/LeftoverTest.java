package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.ledger.Claim;
import io.bqx.core.ledger.ClaimInfo;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.RunDescription;
import io.bqx.core.testing.TestDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.YearMonth;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Staging tables that are there when a run begins. */
class LeftoverTest {

  private static final YearMonth MONTH = SmallMarket.FIRST;
  private static final YearMonth OTHER_MONTH = SmallMarket.FIRST.plusMonths(1);

  private final SmallMarket market = SmallMarket.create("leftover");

  @BeforeEach
  void createLedger() {
    market.ledger().create();
  }

  @AfterEach
  void drop() {
    market.close();
  }

  @Test
  void thoseThatNoClaimAccountsForAreRemoved() {
    staging(UUID.randomUUID(), "reg_bqx_eurusd_2024_07");
    staging(UUID.randomUUID(), "a_table_of_another_name");

    assertThat(market.job(MONTH, MONTH).run().exitCode()).isZero();

    assertThat(market.leftovers()).isEmpty();
  }

  @Test
  void thoseOfALiveClaimStay() {
    Claim live = claim(Duration.ofMinutes(10), OTHER_MONTH);
    String table = staging(live.token(), "reg_bqx_eurusd_2024_08");

    assertThat(market.job(MONTH, MONTH).run().exitCode()).isZero();

    assertThat(market.leftovers()).containsExactly(table);
  }

  @Test
  void thoseOfAClaimWhoseLeaseHasEndedAreRemoved() {
    Claim dead = claim(Duration.ofMillis(100), OTHER_MONTH);
    staging(dead.token(), "reg_bqx_eurusd_2024_08");
    awaitEndOfLease();

    assertThat(market.job(MONTH, MONTH).run().exitCode()).isZero();

    assertThat(market.leftovers()).isEmpty();
  }

  @Test
  void thoseOfAWorkerThatDiedAMomentAgoAreRemovedWhenItsMonthIsTakenOver() {
    Claim dying = claim(Duration.ofSeconds(2), MONTH);
    staging(dying.token(), "reg_bqx_eurusd_2024_07");

    assertThat(market.job(MONTH, OTHER_MONTH).run().exitCode()).isZero();

    assertThat(market.leftovers()).isEmpty();
  }

  @Test
  void oneThatSomebodyIsReadingStaysAndDisturbsNothing() throws Exception {
    String table = staging(UUID.randomUUID(), "reg_bqx_eurusd_2024_07");
    try (Connection reader = TestDatabase.dataSource().getConnection();
        Statement statement = reader.createStatement()) {
      reader.setAutoCommit(false);
      statement.execute("SELECT * FROM %s.%s".formatted(market.schema(), table));

      assertThat(market.job(MONTH, MONTH).run().exitCode()).isZero();
      assertThat(market.leftovers()).containsExactly(table);
    }
    assertThat(market.job(MONTH, MONTH).run().exitCode()).isZero();
    assertThat(market.leftovers()).isEmpty();
  }

  private String staging(UUID token, String name) {
    String digits = token.toString().replace("-", "").substring(0, 12);
    String table = "bqx_staging_" + digits + "_" + name;
    market.sql().execute("CREATE TABLE %s.%s (x int)".formatted(market.schema(), table));
    return table;
  }

  /** A claim that nobody renews. */
  private Claim claim(Duration lease, YearMonth month) {
    Ledger ledger = new Ledger(TestDatabase.dataSource(), market.schema(), lease);
    RunDescription what = RunDescription.months(month, month).worker("another").build();
    return ledger.claim(ledger.startRun(what), "another", List.of(month)).orElseThrow();
  }

  private void awaitEndOfLease() {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!market.ledger().claims().stream().allMatch(ClaimInfo::expired)) {
      assertThat(System.nanoTime()).isLessThan(end);
    }
  }
}
