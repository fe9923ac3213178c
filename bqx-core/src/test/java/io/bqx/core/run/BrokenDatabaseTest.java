package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.retry.Retries;
import io.bqx.core.retry.RetriesExhaustedException;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.testing.TestDatabase;
import io.bqx.core.validation.ValidationReport;
import io.bqx.features.CurrencyPair;
import java.time.Duration;
import java.time.YearMonth;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The database lacks something, refuses something or was changed by somebody: what the run says,
 * that nothing is lost, and that the next run after the repair ends as an undisturbed one.
 */
@Timeout(300)
class BrokenDatabaseTest {

  private static final YearMonth MONTH = YearMonth.of(2024, 8);
  private static final double NEW_COST = 0.005;
  private static final String PASSWORD = "of a test";

  private static Map<String, String> undisturbed;
  private static Map<String, String> undisturbedAtNewCost;

  private final SmallMarket market = SmallMarket.create("broken");
  private final DSLContext administrator =
      DSL.using(TestDatabase.dataSource(), SQLDialect.POSTGRES);
  private String role;

  @BeforeAll
  static void runUndisturbed() {
    try (SmallMarket market = SmallMarket.create("undisturbed")) {
      assertThat(market.job(MONTH, MONTH).run().exitCode()).isZero();
      undisturbed = market.checksums();
      assertThat(market.job(MONTH, MONTH).cost(NEW_COST).run().exitCode()).isZero();
      undisturbedAtNewCost = market.checksums();
    }
  }

  @AfterEach
  void drop() {
    market.close();
    if (role != null) {
      TestDatabase.execute("DROP OWNED BY " + role + " CASCADE");
      TestDatabase.execute("DROP ROLE " + role);
    }
  }

  @TestFactory
  DynamicTest aFullDiskFailsOnlyThePartitionsOnIt() {
    return DynamicTest.dynamicTest(
        FullDisk.description(),
        () -> {
          run(market.job(MONTH, MONTH));
          String before = content("reg_bqx_eurusd", MONTH);
          RunReport report;
          try (FullDisk disk = FullDisk.of(market, "reg_bqx_eurusd_2024_08")) {
            report = run(market.job(MONTH, MONTH).cost(NEW_COST));

            assertThat(report.counts())
                .containsOnly(Map.entry(State.DONE, 2L), Map.entry(State.FAILED, 1L));
            PartitionOutcome failure = report.failures().get(0);
            assertThat(failure.message().orElseThrow())
                .contains("reg_bqx_eurusd 2024-08", "The old partition", "unchanged", "room");
            assertThat(failure.retries()).isZero();
            assertThat(content("reg_bqx_eurusd", MONTH)).isEqualTo(before);
            assertThat(market.leftovers()).isEmpty();
            disk.makeRoom();
            RunReport second = run(market.job(MONTH, MONTH).cost(NEW_COST));

            assertThat(second.counts())
                .containsOnly(Map.entry(State.DONE, 1L), Map.entry(State.UP_TO_DATE, 2L));
            assertThat(market.checksums()).isEqualTo(undisturbedAtNewCost);
          }
        });
  }

  @Test
  void aStatementTimeoutOfTheRoleDoesNotCutLongCopiesShort() {
    DataSource limited = role("SET statement_timeout = '1500ms'");
    AtomicInteger held = new AtomicInteger();

    RunReport report =
        run(
            market.job(
                ObservedDatabase.of(
                    limited,
                    (event, connection) -> {
                      if (event.startsWith("copy-in")
                          && event.contains("reg_bqx_eurusd_2024_08")
                          && held.getAndIncrement() == 0) {
                        administrator.fetch("SELECT pg_sleep(2)");
                      }
                    }),
                MONTH,
                MONTH));

    assertThat(held).hasPositiveValue();
    assertThat(report.failures()).isEmpty();
    assertThat(report.outcomes()).allMatch(o -> o.retries() == 0);
    assertThat(market.checksums()).isEqualTo(undisturbed);
  }

  @Test
  void aWhileWithoutFreeConnectionsOnlyDelaysTheRun() {
    assertOnlyDelayed(
        "after create unique index",
        "CONNECTION LIMIT 1",
        "CONNECTION LIMIT 50",
        "too many connections");
  }

  @Test
  void withoutFreeConnectionsForGoodTheRunSaysSoAndChangesNothing() {
    DataSource limited = role("CONNECTION LIMIT 1");

    RunReport report = run(market.job(limited, MONTH, MONTH));

    assertThat(report.counts()).containsOnly(Map.entry(State.FAILED, 3L));
    assertThat(report.failures())
        .allSatisfy(
            failure ->
                assertThat(failure.message().orElseThrow())
                    .contains("SQLSTATE 53300", "run again", "too many connections"));
    assertThat(market.leftovers()).isEmpty();

    alterRole("CONNECTION LIMIT 50");
    assertThat(run(market.job(limited, MONTH, MONTH)).exitCode()).isZero();
    assertThat(market.checksums()).isEqualTo(undisturbed);
  }

  @Test
  void aServerThatIsReadOnlyForAWhileOnlyDelaysTheRun() {
    assertOnlyDelayed(
        "copy-in",
        "SET default_transaction_read_only = on",
        "SET default_transaction_read_only = off",
        "read-only");
  }

  /**
   * Runs as a role that gets a setting once it begins to do something, and loses it again when a
   * partition is tried again because of the fault that this is.
   */
  private void assertOnlyDelayed(String event, String setting, String before, String fault) {
    DataSource altered = role(before);
    AtomicBoolean begun = new AtomicBoolean();
    AtomicInteger retries = new AtomicInteger();

    RunReport report =
        run(
            market
                .job(
                    ObservedDatabase.of(
                        altered,
                        (what, connection) -> {
                          if (what.startsWith(event) && begun.compareAndSet(false, true)) {
                            alterRole(setting);
                          }
                        }),
                    MONTH,
                    MONTH)
                .listener(
                    new RunListener() {
                      @Override
                      public void retrying(Scope scope, YearMonth month, int attempt, String seen) {
                        assertThat(seen).contains(fault);
                        retries.incrementAndGet();
                        alterRole(before);
                      }
                    }));

    assertThat(retries).hasPositiveValue();
    assertThat(report.failures()).isEmpty();
    assertThat(market.checksums()).isEqualTo(undisturbed);
  }

  @Test
  void aServerThatStaysReadOnlyIsNamedAndNothingChanges() {
    DataSource replica = role("SET default_transaction_read_only = on");

    assertThatThrownBy(() -> run(market.job(replica, MONTH, MONTH)))
        .isInstanceOf(RetriesExhaustedException.class)
        .hasMessageContainingAll("SQLSTATE 25006", "read-only", "run again");
    assertThat(tables()).allMatch(t -> t.startsWith("m1_"));

    alterRole("SET default_transaction_read_only = off");
    assertThat(run(market.job(replica, MONTH, MONTH)).exitCode()).isZero();
    assertThat(market.checksums()).isEqualTo(undisturbed);
  }

  @Test
  void aLedgerOfANewerVersionIsNotTouched() {
    run(market.job(MONTH, MONTH));
    execute("UPDATE %s.ledger_meta SET version = version + 5");
    Map<String, String> before = market.checksums();

    assertThatThrownBy(() -> run(market.job(MONTH, MONTH).cost(NEW_COST)))
        .isInstanceOf(BqxException.class)
        .isNotInstanceOf(RetriesExhaustedException.class)
        .hasMessageContainingAll("version 8", "versions up to 3");
    assertThat(market.checksums()).isEqualTo(before);

    execute("UPDATE %s.ledger_meta SET version = version - 5");
    assertThat(run(market.job(MONTH, MONTH).cost(NEW_COST)).exitCode()).isZero();
    assertThat(market.checksums()).isEqualTo(undisturbedAtNewCost);
  }

  @Test
  void aColumnThatSomebodyDroppedFailsItsTableUntilThatIsMovedAway() {
    run(market.job(MONTH, MONTH));
    execute("ALTER TABLE %s.reg_bqx_eurusd DROP COLUMN usd_basket_index");
    String before = content("reg_bqx_eurusd", MONTH);

    RunReport report = run(market.job(MONTH, MONTH).cost(NEW_COST));

    assertThat(report.counts())
        .containsOnly(Map.entry(State.DONE, 2L), Map.entry(State.FAILED, 1L));
    assertThat(report.failures())
        .allSatisfy(
            failure -> {
              assertThat(failure.scope()).isEqualTo(Scope.named("eurusd"));
              assertThat(failure.message().orElseThrow())
                  .contains("reg_bqx_eurusd", "usd_basket_index");
            });
    assertThat(content("reg_bqx_eurusd", MONTH)).isEqualTo(before);
    assertThat(market.leftovers()).isEmpty();

    execute("DROP TABLE %s.reg_bqx_eurusd");
    assertThat(run(market.job(MONTH, MONTH).cost(NEW_COST)).exitCode()).isZero();
    assertThat(market.checksums()).isEqualTo(undisturbedAtNewCost);
  }

  @Test
  void aColumnThatSomebodyRetypedFailsItsTableUntilItHasItsTypeAndValuesAgain() {
    run(market.job(MONTH, MONTH));
    retype("real");

    RunReport report = run(market.job(MONTH, MONTH).cost(NEW_COST));

    assertThat(report.counts())
        .containsOnly(Map.entry(State.DONE, 2L), Map.entry(State.FAILED, 1L));
    assertThat(report.failures().get(0).message().orElseThrow())
        .contains("reg_bqx_eurusd", "usd_basket_index", "real", "double precision");

    retype("double precision");
    assertThat(market.job(MONTH, MONTH).validate().exitCode()).isEqualTo(1);
    assertThat(run(market.job(MONTH, MONTH).cost(NEW_COST).redo()).exitCode()).isZero();
    assertThat(market.checksums()).isEqualTo(undisturbedAtNewCost);
  }

  @Test
  void aColumnThatSomebodyRetypesInMidRunFailsItsTableAndNothingElse() {
    AtomicBoolean retyped = new AtomicBoolean();

    RunReport report =
        run(
            market.job(
                ObservedDatabase.of(
                    TestDatabase.dataSource(),
                    (event, connection) -> {
                      if (event.startsWith("copy-in")
                          && event.contains("reg_bqx_eurusd_2024_08")
                          && retyped.compareAndSet(false, true)) {
                        retype("real");
                      }
                    }),
                MONTH,
                MONTH));

    assertThat(report.counts())
        .containsOnly(Map.entry(State.DONE, 2L), Map.entry(State.FAILED, 1L));
    assertThat(report.failures())
        .allSatisfy(f -> assertThat(f.message().orElseThrow()).contains("reg_bqx_eurusd", "type"));
    assertThat(content("reg_bqx_eurusd", MONTH)).startsWith("0 rows");
    assertThat(market.leftovers()).isEmpty();

    retype("double precision");
    assertThat(run(market.job(MONTH, MONTH)).exitCode()).isZero();
    assertThat(market.checksums()).isEqualTo(undisturbed);
  }

  @Test
  void aMissingMonthIsLeftOutAndTheMonthsWhoseWindowsReachBackToItAreRefused() {
    YearMonth next = MONTH.plusMonths(1);
    execute("CREATE TABLE %1$s.lost AS SELECT * FROM %1$s.m1_usdjpy_2024_08");
    execute("TRUNCATE %s.m1_usdjpy_2024_08");

    RunReport report = run(market.job(MONTH, next));

    assertThat(report.counts())
        .containsOnly(
            Map.entry(State.DONE, 2L), Map.entry(State.NO_BARS, 1L), Map.entry(State.FAILED, 3L));
    assertThat(report.failures())
        .allSatisfy(f -> assertThat(f.month()).isEqualTo(next))
        .allSatisfy(
            f ->
                assertThat(f.message().orElseThrow())
                    .contains("m1_usdjpy has no bars of 2024-08", "Import"));
    assertThat(market.job(MONTH, next).status().failures())
        .singleElement()
        .satisfies(
            failure -> {
              assertThat(failure.month()).isEqualTo(next);
              assertThat(failure.scopes()).isEmpty();
              assertThat(failure.reason()).contains("m1_usdjpy has no bars of 2024-08");
            });

    execute("INSERT INTO %1$s.m1_usdjpy SELECT * FROM %1$s.lost");
    assertThat(run(market.job(MONTH, next)).exitCode()).isZero();
    assertThat(market.checksums())
        .containsAllEntriesOf(
            undisturbed.entrySet().stream()
                .filter(e -> e.getKey().endsWith(MONTH.toString()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
    assertThat(market.job(MONTH, next).validate().exitCode()).isZero();
  }

  @Test
  void aPairThatIsAbsentIsReportedAndTheOthersAreDoneWithoutIt() {
    execute("ALTER TABLE %s.m1_usdjpy RENAME TO away");

    RunReport report = run(market.job(MONTH, MONTH));

    assertThat(report.exitCode()).isZero();
    assertThat(report.outcomes())
        .filteredOn(o -> o.state() == State.NO_BARS)
        .hasSize(1)
        .allSatisfy(
            o ->
                assertThat(o.message().orElseThrow())
                    .contains("There are no bars of usdjpy", o.month().toString()));
    assertThat(report.counts()).containsEntry(State.DONE, 2L);

    execute("ALTER TABLE %s.away RENAME TO m1_usdjpy");
    assertThat(run(market.job(MONTH, MONTH)).exitCode()).isZero();
    assertThat(market.checksums()).isEqualTo(undisturbed);
  }

  @Test
  void aPartitionAlteredByHandIsFoundByItsChecksumAndRepairedByDoingItsStageAgain() {
    run(market.job(MONTH, MONTH));
    alterByHand();

    ValidationReport validation = market.job(MONTH, MONTH).validate();

    assertThat(validation.exitCode()).isEqualTo(1);
    assertThat(validation.failures())
        .anySatisfy(
            check ->
                assertThat(check.toString())
                    .contains("reg_bqx_eurusd", "2024-08", "2.12", "changed by hand"));
    assertThat(market.job(MONTH, MONTH).plan().due()).isEmpty();

    assertThat(run(market.job(MONTH, MONTH).stages("2.12").redo()).exitCode()).isZero();
    assertThat(market.job(MONTH, MONTH).validate().exitCode()).isZero();
    assertThat(market.checksums()).isEqualTo(undisturbed);
  }

  @Test
  void columnsAlteredByHandAreNotCarriedIntoANewPartition() {
    run(market.job(MONTH, MONTH));
    alterByHand();
    String before = content("reg_bqx_eurusd", MONTH);

    RunReport report = run(market.job(MONTH, MONTH).cost(NEW_COST));

    assertThat(report.counts())
        .containsOnly(Map.entry(State.DONE, 2L), Map.entry(State.FAILED, 1L));
    assertThat(report.failures().get(0).message().orElseThrow())
        .contains("reg_bqx_eurusd 2024-08", "stage 2.12", "changed by hand", "--redo");
    assertThat(content("reg_bqx_eurusd", MONTH)).isEqualTo(before);
    assertThat(market.leftovers()).isEmpty();

    assertThat(run(market.job(MONTH, MONTH).cost(NEW_COST).stages("2.12", "2.4").redo()).exitCode())
        .isZero();
    assertThat(market.checksums()).isEqualTo(undisturbedAtNewCost);
  }

  private void alterByHand() {
    execute(
        "UPDATE %s.reg_bqx_eurusd SET w6_prediction = w6_prediction * (1 + 1e-12)"
            + " WHERE ts_utc = (SELECT max(ts_utc) FROM %1$s.reg_bqx_eurusd WHERE ts_utc < '2024-09-01')");
  }

  private void retype(String type) {
    execute("ALTER TABLE %s.reg_bqx_eurusd ALTER COLUMN usd_basket_index TYPE " + type);
  }

  private static RunReport run(Phase2 job) {
    Retries quick = Retries.of(8, Duration.ofMillis(10), Duration.ofMillis(300));
    return Runner.run(job.settings(), quick, new Cancellation(), "test");
  }

  /** Connections of a new role that owns the schema and has the given setting. */
  private DataSource role(String setting) {
    role = market.schema() + "_role";
    TestDatabase.execute("CREATE ROLE %s LOGIN PASSWORD '%s'".formatted(role, PASSWORD));
    TestDatabase.execute("ALTER SCHEMA %s OWNER TO %s".formatted(market.schema(), role));
    TestDatabase.execute(
        "GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %s".formatted(market.schema(), role));
    alterRole(setting);
    PGSimpleDataSource dataSource = (PGSimpleDataSource) TestDatabase.dataSource();
    dataSource.setUser(role);
    dataSource.setPassword(PASSWORD);
    return dataSource;
  }

  private void alterRole(String setting) {
    TestDatabase.execute("ALTER ROLE " + role + " " + setting);
  }

  private void execute(String sql) {
    market.sql().execute(sql.formatted(market.schema()));
  }

  private String content(String table, YearMonth month) {
    return market.checksum(
        PairTable.of(
            market.schema(),
            TableFamily.REG_BQX,
            CurrencyPair.of(table.substring(table.lastIndexOf('_') + 1))),
        month);
  }

  private List<String> tables() {
    return administrator
        .fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = {0}::regnamespace AND relkind IN ('r', 'p')",
            DSL.val(market.schema()))
        .getValues(0, String.class);
  }
}
