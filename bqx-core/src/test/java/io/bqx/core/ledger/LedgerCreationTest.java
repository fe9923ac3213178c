package io.bqx.core.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import io.bqx.core.catalog.Layout;
import io.bqx.core.testing.TestDatabase;
import io.bqx.core.testing.TestSchema;
import java.time.Duration;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LedgerCreationTest {

  private static final Duration LEASE = Duration.ofMinutes(1);

  private final DSLContext sql = DSL.using(TestDatabase.dataSource(), SQLDialect.POSTGRES);

  @Test
  void sixteenSessionsCreateItAtOnce() throws Exception {
    int sessions = 16;
    CyclicBarrier together = new CyclicBarrier(sessions);
    ExecutorService threads = Executors.newFixedThreadPool(sessions);
    try (TestSchema schema = TestDatabase.newSchema("ledger")) {
      List<Future<?>> created = new ArrayList<>();
      for (int i = 0; i < sessions; i++) {
        created.add(
            threads.submit(
                () -> {
                  Ledger ledger = ledger(schema.name());
                  together.await();
                  ledger.create();
                  return null;
                }));
      }
      for (Future<?> one : created) {
        one.get(60, TimeUnit.SECONDS);
      }

      assertThat(ledger(schema.name()).exists()).isTrue();
      assertThat(sql.fetchCount(new LedgerTables(schema.name()).meta.table)).isEqualTo(1);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void creatingItAgainKeepsWhatIsInIt() {
    try (LedgerFixture f = new LedgerFixture()) {
      Claim claim = f.claimJuly("one");
      f.recordDone(claim, LedgerFixture.entry("2.11").build());

      f.ledger.create();

      assertThat(f.entryOf("2.11").isDone()).isTrue();
      assertThat(f.ledger.liveTokens()).containsExactly(claim.token());
    }
  }

  @Test
  void aSchemaThatExistsIsUsedAndOneWithoutALedgerSaysSo() {
    try (TestSchema schema = TestDatabase.newSchema("ledger").create()) {
      Ledger ledger = ledger(schema.name());
      assertThat(ledger.exists()).isFalse();

      ledger.create();

      assertThat(ledger.exists()).isTrue();
    }
  }

  @Test
  void anotherSessionThatCreatesItIsWaitedForUntilAnInterrupt() {
    try (TestSchema schema = TestDatabase.newSchema("ledger")) {
      Ledger ledger = ledger(schema.name());
      sql.transaction(
          tx -> {
            assertThat(ledger.lockCreation(tx.dsl())).isTrue();
            Thread.currentThread().interrupt();
            assertThatThrownBy(ledger::create)
                .isInstanceOf(CancelledException.class)
                .hasMessageContaining(schema.name());
            assertThat(Thread.interrupted()).isTrue();
          });

      ledger.create();
      assertThat(ledger.exists()).isTrue();
    }
  }

  @Test
  void tablesOfTheVersionBeforeLayoutsAreWideAndAreBroughtUpToDateWithWhatIsInThem() {
    try (LedgerFixture f = new LedgerFixture()) {
      Claim claim = f.claimJuly("worker");
      f.recordDone(claim, LedgerFixture.entry("2.11").build());
      f.sql.alterTable(f.tables.meta.table).dropColumn(f.tables.meta.layout).execute();
      f.sql.alterTable(f.tables.runs.table).dropColumn(f.tables.runs.layout).execute();
      f.sql.alterTable(f.tables.claims.table).dropColumn(f.tables.claims.error).execute();
      f.sql.update(f.tables.meta.table).set(f.tables.meta.version, 1).execute();

      assertThat(f.ledger.exists()).isTrue();
      assertThat(f.ledger.layout()).isEqualTo(Layout.WIDE);
      assertThat(f.entryOf("2.11").isDone()).isTrue();
      f.ledger.create();
      f.ledger.create();

      assertThat(f.sql.select(f.tables.meta.version).from(f.tables.meta.table).fetch().getValues(0))
          .isEqualTo(List.of(3));
      assertThat(f.sql.select(f.tables.runs.layout).from(f.tables.runs.table).fetch().getValues(0))
          .isEqualTo(List.of("wide"));
      assertThat(f.entryOf("2.11").isDone()).isTrue();
      f.ledger.release(claim, MonthState.DONE);
      f.ledger.startRun(LedgerFixture.request().layout(Layout.SHARED).build());
      assertThat(f.ledger.layout()).isEqualTo(Layout.SHARED);
    }
  }

  @Test
  void tablesOfTheVersionBeforeMonthFailuresKnowOfNoneUntilTheyAreBroughtUpToDate() {
    try (LedgerFixture f = new LedgerFixture()) {
      Claim claim = f.claimJuly("worker");
      f.sql.alterTable(f.tables.claims.table).dropColumn(f.tables.claims.error).execute();
      f.sql.update(f.tables.meta.table).set(f.tables.meta.version, 2).execute();

      assertThat(f.ledger.monthFailures(LedgerFixture.JULY, LedgerFixture.JULY)).isEmpty();
      assertThat(f.ledger.layout()).isEqualTo(Layout.WIDE);
      f.ledger.create();

      f.ledger.releaseUnbegun(claim, "no bars");
      assertThat(f.ledger.monthFailures(LedgerFixture.JULY, LedgerFixture.JULY))
          .extracting(MonthFailure::reason)
          .containsExactly("no bars");
    }
  }

  @Test
  void tablesOfANewerVersionAreRefusedWithBothVersions() {
    try (LedgerFixture f = new LedgerFixture()) {
      f.sql.update(f.tables.meta.table).set(f.tables.meta.version, 4).execute();

      assertThatThrownBy(f.ledger::create)
          .isInstanceOf(BqxException.class)
          .hasMessageContaining(f.schema.name())
          .hasMessageContaining("version 4")
          .hasMessageContaining("up to 3");
      assertThatThrownBy(f.ledger::exists).isInstanceOf(BqxException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Quote\"d; drop schema public; --",
        "with spaces.and.dots",
        "it's",
        "select",
        "?{0}%s:x $1",
        "\u00c4\u4e2d\ud83d\ude00",
        "x23456789012345678901234567890123456789012345678901234567890123"
      })
  void anySchemaNameWorks(String name) {
    Ledger ledger = ledger(name);
    try {
      ledger.create();
      RunId run = ledger.startRun(LedgerFixture.request().build());
      YearMonth month = LedgerFixture.JULY;
      Claim claim = ledger.claim(run, "one", List.of(month)).orElseThrow();
      sql.transaction(
          tx -> ledger.recordDone(tx.dsl(), claim, List.of(LedgerFixture.entry("2.11").build())));
      ledger.recordFailure(claim, LedgerFixture.USDJPY, List.of("2.11"), month, "why");
      ledger.release(claim, MonthState.DONE);
      ledger.finishRun(run, RunState.DONE, null);

      assertThat(ledger.entries(month)).hasSize(2);
      assertThat(sql.fetchCount(DSL.table(DSL.name(name, "ledger_runs")))).isEqualTo(1);
    } finally {
      sql.dropSchemaIfExists(DSL.name(name)).cascade().execute();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x234567890123456789012345678901234567890123456789012345678901234",
        "\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d",
        "nul\0"
      })
  void namesThatPostgresqlWouldCutOrRefuseAreRefused(String name) {
    assertThatThrownBy(() -> ledger(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cannot name a schema");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-1S", "PT0.099S", "P2D"})
  void leasesOutsideTheirRangeAreRefused(String lease) {
    assertThatThrownBy(() -> new Ledger(TestDatabase.dataSource(), "bqx", Duration.parse(lease)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("lease is " + Duration.parse(lease));
  }

  @Test
  void aMissingLedgerIsNamedInTheError() {
    try (TestSchema schema = TestDatabase.newSchema("ledger")) {
      assertThatThrownBy(() -> ledger(schema.name()).entries(LedgerFixture.JULY))
          .isInstanceOf(BqxException.class)
          .hasMessageContaining(schema.name())
          .hasMessageContaining("2024-07")
          .hasMessageContaining("ledger_partitions");
    }
  }

  private static Ledger ledger(String schema) {
    return new Ledger(TestDatabase.dataSource(), schema, LEASE);
  }
}
