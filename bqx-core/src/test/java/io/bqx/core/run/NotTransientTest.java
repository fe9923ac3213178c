package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.Scope;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.testing.TestDatabase;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Errors that do not pass by themselves fail their partition at once, and nothing else. */
class NotTransientTest {

  private static final double FORBIDDING_COST = 50;
  private static final double NO_COST = 0;
  private static final YearMonth MONTH = YearMonth.of(2024, 8);

  private final SmallMarket market = SmallMarket.create("faulty");
  private final List<String> retries = new ArrayList<>();
  private final RunListener listener =
      new RunListener() {
        @Override
        public void retrying(Scope scope, YearMonth month, int attempt, String fault) {
          retries.add(scope + " " + month + ": " + fault);
        }
      };

  @AfterEach
  void drop() {
    market.close();
  }

  @Test
  void aViolatedCheckFailsOnlyItsPartition() {
    assertThat(market.job().cost(FORBIDDING_COST).run().exitCode()).isZero();
    String before = content();
    alter("ADD CONSTRAINT no_chances CHECK (eurusd_arbitrage_opportunity IS NOT TRUE)");

    RunReport report = market.job().cost(NO_COST).listener(listener).run();

    assertOnlyOneFailure(report, "no_chances");
    assertThat(content()).isEqualTo(before);

    alter("DROP CONSTRAINT no_chances");
    RunReport second = market.job().cost(NO_COST).run();
    assertThat(second.exitCode()).isZero();
    assertThat(second.counts())
        .containsOnly(Map.entry(State.DONE, 1L), Map.entry(State.UP_TO_DATE, 8L));
  }

  @Test
  void aMissingPrivilegeFailsOnlyItsPartition() {
    String role = market.schema() + "_role";
    TestDatabase.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'of a test'");
    try {
      TestDatabase.execute("ALTER SCHEMA %s OWNER TO %s".formatted(market.schema(), role));
      TestDatabase.execute(
          "GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %s".formatted(market.schema(), role));
      PGSimpleDataSource dataSource = (PGSimpleDataSource) TestDatabase.dataSource();
      dataSource.setUser(role);
      dataSource.setPassword("of a test");
      assertThat(market.job(dataSource).run().exitCode()).isZero();
      String before = content();
      alter("OWNER TO " + TestDatabase.user());
      market
          .sql()
          .execute(
              "GRANT SELECT ON %s.reg_bqx_eurusd_2024_08 TO %s".formatted(market.schema(), role));

      RunReport report = market.job(dataSource).cost(NO_COST).listener(listener).run();

      assertOnlyOneFailure(report, "2024-08");
      assertThat(report.failures().get(0).message().orElseThrow())
          .containsAnyOf("must be owner", "permission denied", "must be able to SET ROLE");
      assertThat(content()).isEqualTo(before);
    } finally {
      TestDatabase.execute("DROP OWNED BY " + role + " CASCADE");
      TestDatabase.execute("DROP ROLE " + role);
    }
  }

  private void assertOnlyOneFailure(RunReport report, String reason) {
    assertThat(report.exitCode()).isEqualTo(1);
    assertThat(report.counts())
        .containsOnly(Map.entry(State.DONE, 8L), Map.entry(State.FAILED, 1L));
    PartitionOutcome failure = report.failures().get(0);
    assertThat(failure.scope() + " " + failure.month()).isEqualTo("eurusd 2024-08");
    assertThat(failure.message().orElseThrow()).contains("reg_bqx_eurusd", reason);
    assertThat(failure.retries()).isZero();
    assertThat(retries).isEmpty();
    assertThat(entry("2.4").state()).isEqualTo(LedgerEntry.State.FAILED);
    assertThat(entry("2.4").attempts()).isEqualTo(1);
    assertThat(entry("2.4").error()).isEqualTo(failure.message());
    assertThat(entry("2.12").isDone()).isTrue();
    assertThat(market.leftovers()).isEmpty();
    assertThat(market.ledger().claims()).isEmpty();
  }

  private void alter(String action) {
    market
        .sql()
        .execute("ALTER TABLE %s.reg_bqx_eurusd_2024_08 %s".formatted(market.schema(), action));
  }

  private LedgerEntry entry(String stage) {
    return market.ledger().entries(MONTH).values().stream()
        .filter(e -> e.scope().name().equals("eurusd") && e.stage().equals(stage))
        .findFirst()
        .orElseThrow();
  }

  private String content() {
    return market
        .sql()
        .fetchValue(
            "SELECT md5(string_agg(t::text, '|' ORDER BY ts_utc)) FROM %s.reg_bqx_eurusd_2024_08 t"
                .formatted(market.schema()))
        .toString();
  }
}
