package io.bqx.core.ledger;

import io.bqx.core.catalog.Scope;
import io.bqx.core.testing.TestDatabase;
import io.bqx.core.testing.TestSchema;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;

/** A ledger in a schema of its own, and what tests do behind its back. */
final class LedgerFixture implements AutoCloseable {

  static final Duration LEASE = Duration.ofHours(1);
  static final YearMonth JULY = YearMonth.of(2024, 7);
  static final Scope EURUSD = Scope.named("eurusd");
  static final Scope USDJPY = Scope.named("usdjpy");

  final TestSchema schema = TestDatabase.newSchema("ledger");
  final Ledger ledger = new Ledger(TestDatabase.dataSource(), schema.name(), LEASE);
  final LedgerTables tables = new LedgerTables(schema.name());
  final DSLContext sql = DSL.using(TestDatabase.dataSource(), SQLDialect.POSTGRES);
  final RunId run;

  LedgerFixture() {
    ledger.create();
    run = startRun("worker of the fixture");
  }

  RunId startRun(String worker) {
    return ledger.startRun(request().worker(worker).build());
  }

  static RunDescription.Builder request() {
    return RunDescription.months(JULY, JULY.plusMonths(1))
        .stages(List.of("2.11", "2.14"))
        .parameters("cost=0.02");
  }

  /** A claim on July 2024 by a worker of the given name. */
  Claim claimJuly(String worker) {
    return ledger.claim(run, worker, List.of(JULY)).orElseThrow();
  }

  static Collection<YearMonth> months(int count) {
    return IntStream.range(0, count).mapToObj(JULY::plusMonths).toList();
  }

  /** What happens to a month whose worker is dead for longer than a lease. */
  void letTheLeaseEnd(YearMonth month) {
    sql.update(tables.claims.table)
        .set(tables.claims.leaseUntil, ledger.databaseTime().minusSeconds(1))
        .where(tables.claims.month.eq(month.atDay(1)))
        .execute();
  }

  Instant leaseEndOf(YearMonth month) {
    return sql.select(tables.claims.leaseUntil)
        .from(tables.claims.table)
        .where(tables.claims.month.eq(month.atDay(1)))
        .fetchSingle(tables.claims.leaseUntil);
  }

  /** A transaction as the swap of a partition is one. */
  void swap(Consumer<DSLContext> work) {
    sql.transaction(tx -> work.accept(tx.dsl()));
  }

  void recordDone(Claim claim, LedgerEntry... entries) {
    swap(tx -> ledger.recordDone(tx, claim, List.of(entries)));
  }

  /** The entry of one stage on eurusd in July 2024. */
  LedgerEntry entryOf(String stage) {
    return ledger.entries(JULY).get(new StageKey(stage, EURUSD));
  }

  static LedgerEntry.Builder entry(String stage) {
    return LedgerEntry.of(stage, EURUSD, JULY).contentCrc(7);
  }

  @Override
  public void close() {
    schema.close();
  }
}
