package io.bqx.core.ledger;

import static org.jooq.impl.DSL.name;

import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import io.bqx.core.catalog.DurableCommit;
import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.Scope;
import io.bqx.core.retry.TransientSqlState;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.InsertValuesStepN;
import org.jooq.Record;
import org.jooq.SQLDialect;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;
import org.jooq.types.DayToSecond;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has been done to which partition, and who may work on which month, kept in tables beside the
 * data.
 *
 * <p>A stage of a partition is recorded in the transaction that swaps the partition in, so ledger
 * and data cannot disagree. Months are shared out among workers by claims: a claim is written and
 * committed at once, is good as long as its lease is renewed (see {@link Heartbeat}), and carries a
 * token that everything the worker writes must show. No claim depends on a session, so connections
 * may come and go. All times are the database's; no worker's clock is ever compared.
 *
 * <p>Except in {@link #recordDone} and {@link #remove}, which take part in the caller's
 * transaction, each method takes one connection for one short transaction and returns it. Nothing
 * is retried here: errors are {@link BqxException}s whose cause tells {@link TransientSqlState}
 * whether trying again makes sense. Safe for use by several threads.
 */
public final class Ledger {

  /** So many claims of a month in a row may end without a release; then it is given to nobody. */
  public static final int MAX_CLAIMS = 5;

  private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);

  private static final Duration SHORTEST_LEASE = Duration.ofMillis(100);
  private static final Duration LONGEST_LEASE = Duration.ofDays(1);
  private static final int LONGEST_IDENTIFIER = 63;
  private static final String LOCK_TIMEOUT = "10s";

  /** A session that the network lost would keep a claim's row locked until the server misses it. */
  private static final String LONGEST_SILENCE = "10s";

  private static final int CREATE_TRIES = 600;
  private static final Duration CREATE_WAIT = Duration.ofMillis(100);
  private static final int CREATE_LOCK_CLASS = 0x627178;
  private static final Set<String> LOST_RACE = Set.of("42P06", "42P07", "42710", "23505");

  private static final Field<Instant> NOW =
      DSL.function(name("pg_catalog", "clock_timestamp"), SQLDataType.INSTANT);

  private final DataSource dataSource;
  private final String schema;
  private final Duration lease;
  private final LedgerTables tables;

  /**
   * The ledger of a schema; nothing is read or created yet.
   *
   * @param dataSource connections to the database that holds the data
   * @param schema the schema of the data, any name PostgreSQL allows
   * @param lease how long a claim is good without being renewed: long enough that a busy worker
   *     renews in time, which it does three times per lease, and short enough to wait for after a
   *     crash; 30 seconds are usual
   * @throws IllegalArgumentException if the schema's name is empty or longer than 63 bytes, or the
   *     lease is shorter than 100 ms or longer than a day
   */
  public Ledger(DataSource dataSource, String schema, Duration lease) {
    this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
    this.schema = Objects.requireNonNull(schema, "schema");
    this.lease = Objects.requireNonNull(lease, "lease");
    int bytes = schema.getBytes(StandardCharsets.UTF_8).length;
    if (bytes == 0 || bytes > LONGEST_IDENTIFIER || schema.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "'"
              + schema
              + "' cannot name a schema; a name has 1 to "
              + LONGEST_IDENTIFIER
              + " bytes");
    }
    if (lease.compareTo(SHORTEST_LEASE) < 0 || lease.compareTo(LONGEST_LEASE) > 0) {
      throw new IllegalArgumentException(
          "lease is " + lease + "; it must be from " + SHORTEST_LEASE + " to " + LONGEST_LEASE);
    }
    this.tables = new LedgerTables(schema);
  }

  /** How long a claim is good without being renewed. */
  public Duration lease() {
    return lease;
  }

  /**
   * Creates the schema and the ledger's tables where they do not exist; any number of sessions may
   * do so at once.
   *
   * @throws BqxException if the tables are of a newer version than this one knows, or cannot be
   *     created
   * @throws CancelledException if the thread was interrupted while another session was creating
   *     them
   */
  public void create() {
    for (int attempt = 1; attempt <= CREATE_TRIES; attempt++) {
      if (createUnlessBusy()) {
        return;
      }
      try {
        Thread.sleep(CREATE_WAIT.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancelledException(
            "Creating the ledger of schema " + schema + " was cancelled", e);
      }
    }
    throw new BqxException(
        String.format(
            Locale.ROOT,
            "Cannot create the ledger of schema %s: for %d s another session has held the lock under which it is created; find it in pg_locks (locktype advisory, classid %d), end it and run again",
            schema,
            CREATE_WAIT.multipliedBy(CREATE_TRIES).toSeconds(),
            CREATE_LOCK_CLASS));
  }

  /**
   * Whether the schema holds a ledger. Until it does, the other methods fail.
   *
   * @throws BqxException if its tables are of a newer version than this one knows
   */
  public boolean exists() {
    return inTransaction("look for the ledger", sql -> version(sql).isPresent());
  }

  /**
   * The layout that runs bring the data to: the one that the last run was asked for.
   *
   * @throws BqxException if the ledger's tables are of a newer version than this one knows
   */
  public Layout layout() {
    return inTransaction("read the layout", sql -> layout(sql).orElse(Layout.WIDE));
  }

  /**
   * The {@link #layout()}, read in a transaction of the caller's; empty if there is no ledger yet.
   *
   * @throws BqxException if the ledger's tables are of a newer version than this one knows
   */
  public Optional<Layout> layout(DSLContext tx) {
    return version(tx)
        .map(
            version ->
                version < LedgerTables.VERSION_OF_LAYOUTS
                    ? Layout.WIDE
                    : layoutOf(
                        tx.select(tables.meta.layout)
                            .from(tables.meta.table)
                            .fetchSingle()
                            .value1()));
  }

  private static Layout layoutOf(String text) {
    return Layout.named(text);
  }

  /** The database's time, which all times of the ledger are in. */
  public Instant databaseTime() {
    return inTransaction("read the time", sql -> sql.select(NOW).fetchSingle(NOW));
  }

  /**
   * Records that a run has started, and with it the layout that it brings the data to.
   *
   * @throws BqxException if that is another layout than before while workers have claims; nothing
   *     is recorded then
   */
  public RunId startRun(RunDescription what) {
    RunId id = RunId.random();
    inTransaction(
        "record the start of a run",
        sql -> {
          changeLayout(sql, what.layout());
          return insertRun(sql, id, what);
        });
    return id;
  }

  private int insertRun(DSLContext sql, RunId id, RunDescription what) {
    LedgerTables.Runs r = tables.runs;
    return sql.insertInto(r.table)
        .set(r.run, id.value())
        .set(r.worker, what.worker())
        .set(r.firstMonth, what.from().atDay(1))
        .set(r.lastMonth, what.to().atDay(1))
        .set(r.stages, what.stages().toArray(String[]::new))
        .set(r.parameters, what.parameters())
        .set(r.requestCrc, what.requestCrc())
        .set(r.state, LedgerTables.text(RunState.RUNNING))
        .set(r.started, NOW)
        .set(r.layout, LedgerTables.text(what.layout()))
        .execute();
  }

  /** No claim is made for one layout while another is in force: see {@link #requireLayout}. */
  private void changeLayout(DSLContext sql, Layout layout) {
    LedgerTables.Meta m = tables.meta;
    LedgerTables.Claims c = tables.claims;
    Layout before = layoutOf(sql.select(m.layout).from(m.table).forUpdate().fetchSingle().value1());
    if (before == layout) {
      return;
    }
    sql.update(m.table).set(m.layout, LedgerTables.text(layout)).execute();
    sql.select(c.month, c.worker, c.leaseUntil)
        .from(c.table)
        .where(c.state.eq(LedgerTables.text(MonthState.RUNNING)), c.leaseUntil.ge(NOW))
        .orderBy(c.month)
        .limit(1)
        .fetchOptional()
        .ifPresent(
            claim -> {
              throw new BqxException(
                  String.format(
                      Locale.ROOT,
                      "Cannot change the layout of schema %s from %s to %s: %s works on month %s; end it, or if it is dead wait until its lease ends at %s, then run again",
                      schema,
                      before,
                      layout,
                      claim.get(c.worker),
                      YearMonth.from(claim.get(c.month)),
                      claim.get(c.leaseUntil)));
            });
    LOG.info("Changed the layout [schema={}] [from={}] [to={}]", schema, before, layout);
  }

  /** Refuses a run whose layout is not in force any more, and keeps the layout from changing. */
  private void requireLayout(DSLContext sql, RunId run) {
    LedgerTables.Meta m = tables.meta;
    LedgerTables.Runs r = tables.runs;
    String now = sql.select(m.layout).from(m.table).forShare().fetchSingle().value1();
    sql.select(r.layout)
        .from(r.table)
        .where(r.run.eq(run.value()), r.layout.ne(now))
        .fetchOptional()
        .ifPresent(
            asked -> {
              throw new BqxException(
                  String.format(
                      Locale.ROOT,
                      "Cannot claim a month in the ledger of schema %s: this run was begun for the layout %s, and another one has since changed the layout to %s; run again",
                      schema,
                      asked.value1(),
                      now));
            });
  }

  /**
   * The months in which all of the given stages are done.
   *
   * @param tx a transaction
   * @param scope whose stages
   */
  public Set<YearMonth> monthsDone(DSLContext tx, Scope scope, Collection<String> stages) {
    LedgerTables.Partitions p = tables.partitions;
    return tx
        .select(p.month)
        .from(p.table)
        .where(
            p.pair.eq(scope.name()),
            p.stage.in(stages),
            p.state.eq(LedgerTables.text(LedgerEntry.State.DONE)))
        .groupBy(p.month)
        .having(DSL.count().eq(DSL.inline(Set.copyOf(stages).size())))
        .orderBy(p.month)
        .fetch(p.month)
        .stream()
        .map(YearMonth::from)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * Forgets stages of all months, in the transaction that drops their columns: without a claim, for
   * a change of the layout.
   *
   * @param tx the transaction that drops the columns
   * @param scope whose table loses the columns
   */
  public void removeAll(DSLContext tx, Scope scope, Collection<String> stages) {
    LedgerTables.Partitions p = tables.partitions;
    tx.deleteFrom(p.table).where(p.pair.eq(scope.name()), p.stage.in(stages)).execute();
  }

  /**
   * Records how a run ended.
   *
   * @param message for people to read; may be null
   * @throws IllegalArgumentException if the state is {@link RunState#RUNNING}
   * @throws BqxException if the ledger does not know the run
   */
  public void finishRun(RunId run, RunState state, String message) {
    if (state == RunState.RUNNING) {
      throw new IllegalArgumentException("A run cannot finish as " + state);
    }
    LedgerTables.Runs r = tables.runs;
    int found =
        inTransaction(
            "record the end of run " + run,
            sql ->
                sql.update(r.table)
                    .set(r.state, LedgerTables.text(state))
                    .set(r.finished, NOW)
                    .set(r.message, message == null ? null : ErrorText.of(message))
                    .where(r.run.eq(run.value()))
                    .execute());
    if (found == 0) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot record the end of run %s: the ledger of schema %s does not have it",
              run,
              schema));
    }
  }

  /** Every run that was ever started, in the order of their starts. */
  public List<RecordedRun> runs() {
    LedgerTables.Runs r = tables.runs;
    return inTransaction(
        "read the runs",
        sql -> {
          boolean layouts = version(sql).orElse(0) >= LedgerTables.VERSION_OF_LAYOUTS;
          List<Field<?>> columns =
              r.columns().stream().filter(c -> layouts || !c.equals(r.layout)).toList();
          return sql.select(columns)
              .from(r.table)
              .orderBy(r.started, r.run)
              .fetch(row -> run(row, layouts ? layoutOf(row.get(r.layout)) : Layout.WIDE));
        });
  }

  private RecordedRun run(Record row, Layout layout) {
    LedgerTables.Runs r = tables.runs;
    return new RecordedRun(
        new RunId(row.get(r.run)),
        RunDescription.months(
                YearMonth.from(row.get(r.firstMonth)), YearMonth.from(row.get(r.lastMonth)))
            .worker(row.get(r.worker))
            .stages(List.of(row.get(r.stages)))
            .parameters(row.get(r.parameters))
            .layout(layout)
            .build(),
        LedgerTables.state(RunState.class, row.get(r.state)),
        row.get(r.started),
        Optional.ofNullable(row.get(r.finished)),
        Optional.ofNullable(row.get(r.message)));
  }

  /** How every stage ever tried on a month stands, by stage id and scope. */
  public Map<StageKey, LedgerEntry> entries(YearMonth month) {
    Map<StageKey, LedgerEntry> byKey = new LinkedHashMap<>();
    entries(month, month).forEach(entry -> byKey.put(entry.key(), entry));
    return byKey;
  }

  /**
   * How every stage ever tried on the months {@code from} to {@code to}, both included, stands, by
   * month, stage id, scope.
   */
  public List<LedgerEntry> entries(YearMonth from, YearMonth to) {
    LedgerTables.Partitions p = tables.partitions;
    return inTransaction(
        "read the stages done in " + from + " to " + to,
        sql ->
            sql.select(p.columns())
                .from(p.table)
                .where(p.month.between(from.atDay(1), to.atDay(1)))
                .orderBy(p.month, p.stage, p.pair)
                .fetch(this::entry));
  }

  /**
   * Refuses to go on if the claim is not the worker's own any more, and keeps the month from being
   * claimed by anyone else until the transaction ends.
   *
   * @param tx a transaction
   * @throws ClaimLostException if the lease has ended or the month has another claim
   */
  public void requireOwned(DSLContext tx, Claim claim) {
    LedgerTables.Claims c = tables.claims;
    boolean owned =
        tx.select(c.month)
            .from(c.table)
            .where(isLive(claim))
            .forKeyShare()
            .fetchOptional()
            .isPresent();
    if (!owned) {
      throw lost(tx, claim);
    }
  }

  /**
   * Records stages of the claimed month as done, in the transaction that puts their columns in
   * place: both are committed or neither.
   *
   * @param tx the swap's transaction; it must be rolled back if this throws
   * @param entries of the claim's month, each stage and scope once; replaces what was recorded of
   *     them, but adds their attempts to those that have failed since the stage was last done
   * @throws ClaimLostException if the lease has ended or the month has another claim
   * @throws IllegalArgumentException if an entry is of another month
   */
  public void recordDone(DSLContext tx, Claim claim, List<LedgerEntry> entries) {
    for (LedgerEntry entry : entries) {
      requireMonth(claim, entry.month(), "record " + entry.stage() + " " + entry.scope());
    }
    requireOwned(tx, claim);
    if (entries.isEmpty()) {
      return;
    }
    LedgerTables.Partitions p = tables.partitions;
    List<Field<?>> columns = p.columns();
    InsertValuesStepN<Record> insert = tx.insertInto(p.table, columns);
    for (LedgerEntry e : entries) {
      insert =
          insert.values(
              e.stage(),
              e.scope().name(),
              e.month().atDay(1),
              LedgerTables.text(LedgerEntry.State.DONE),
              e.stageVersion(),
              e.parameters(),
              e.inputCrc(),
              e.contentCrc(),
              e.rows(),
              boxed(e.nulls()),
              boxed(e.minima()),
              boxed(e.maxima()),
              boxed(e.means()),
              e.attempts(),
              startOf(e),
              NOW,
              NOW,
              claim.worker(),
              claim.run().value(),
              DSL.val(null, p.error));
    }
    insert
        .onConflict(p.month, p.stage, p.pair)
        .doUpdate()
        .set(
            columns.stream()
                .collect(
                    Collectors.<Field<?>, Field<?>, Field<?>>toMap(
                        Function.identity(),
                        f -> f.equals(p.attempts) ? attemptsSinceDone() : DSL.excluded(f))))
        .execute();
  }

  /**
   * Forgets stages of the claimed month, in the transaction that makes their columns stale or
   * missing.
   *
   * @param tx the swap's transaction; it must be rolled back if this throws
   * @param scope whose table lost the columns
   * @param stages the ids of the stages; those that the ledger does not have are ignored
   * @throws ClaimLostException if the lease has ended or the month has another claim
   */
  public void remove(DSLContext tx, Claim claim, Scope scope, Collection<String> stages) {
    requireOwned(tx, claim);
    if (stages.isEmpty()) {
      return;
    }
    LedgerTables.Partitions p = tables.partitions;
    tx.deleteFrom(p.table)
        .where(p.month.eq(claim.month().atDay(1)), p.pair.eq(scope.name()), p.stage.in(stages))
        .execute();
  }

  /**
   * Records that an attempt at stages of the claimed month failed, in a transaction of its own.
   * What the ledger knows of columns from an earlier, successful attempt is kept, as those columns
   * are still there.
   *
   * @param month the claim's month
   * @param error the reason; passwords in it are masked, and it is cut to 4000 characters
   * @throws ClaimLostException if the lease has ended or the month has another claim
   * @throws IllegalArgumentException if the month is not the claim's
   */
  public void recordFailure(
      Claim claim, Scope scope, List<String> stages, YearMonth month, String error) {
    requireMonth(claim, month, "record the failure of " + scope);
    if (stages.isEmpty()) {
      return;
    }
    LedgerTables.Partitions p = tables.partitions;
    inTransaction(
        String.format(Locale.ROOT, "record the failure of %s %s", scope, month),
        sql -> {
          requireOwned(sql, claim);
          var insert =
              sql.insertInto(
                  p.table,
                  p.stage,
                  p.pair,
                  p.month,
                  p.state,
                  p.attempts,
                  p.started,
                  p.finished,
                  p.worker,
                  p.run,
                  p.error);
          for (String stage : new TreeSet<>(stages)) {
            insert =
                insert.values(
                    DSL.val(stage),
                    DSL.val(scope.name()),
                    DSL.val(month.atDay(1)),
                    DSL.val(LedgerTables.text(LedgerEntry.State.FAILED)),
                    DSL.val(1),
                    NOW,
                    NOW,
                    DSL.val(claim.worker()),
                    DSL.val(claim.run().value()),
                    DSL.val(ErrorText.of(error)));
          }
          return insert
              .onConflict(p.month, p.stage, p.pair)
              .doUpdate()
              .set(p.state, DSL.excluded(p.state))
              .set(p.attempts, attemptsSinceDone())
              .set(p.started, DSL.excluded(p.started))
              .set(p.finished, DSL.excluded(p.finished))
              .set(p.worker, DSL.excluded(p.worker))
              .set(p.run, DSL.excluded(p.run))
              .set(p.error, DSL.excluded(p.error))
              .execute();
        });
  }

  /**
   * Claims the earliest of the given months that is free, or whose claim's lease has ended.
   *
   * <p>Never waits for other workers and never gives a month to two of them. Empty means that each
   * of the months is being worked on ({@link #claims()} tells by whom) or is {@linkplain
   * #MAX_CLAIMS exhausted}. A month that another run has finished can be claimed: see {@link
   * #finishedSince}.
   *
   * @param run the run that the claim is for
   * @param worker who claims, for people to read
   * @param months the months to choose from
   * @throws BqxException if the run's layout is not in force any more; or if the database cannot be
   *     written: where it is read-only, as a former writer is after a failover, the error is
   *     transient
   */
  public Optional<Claim> claim(RunId run, String worker, Collection<YearMonth> months) {
    if (months.isEmpty()) {
      return Optional.empty();
    }
    return inTransaction(
        "claim a month",
        sql -> {
          requireWriter(sql);
          requireLayout(sql, run);
          addMissing(sql, months);
          return claimFrom(sql, run, worker, months);
        });
  }

  /**
   * Gives a month back: it can be claimed again at once, and earlier crashes on it are forgotten. A
   * claim whose lease has ended can be given back as long as nobody else has the month: what was
   * written under it was written while it was live.
   *
   * @param state {@link MonthState#DONE} also stores when, and for which request, the month was
   *     finished
   * @throws ClaimLostException if the month has another claim, or none any more
   * @throws IllegalArgumentException if the state is {@link MonthState#RUNNING}
   */
  public void release(Claim claim, MonthState state) {
    release(claim, state, null);
  }

  /**
   * Gives a month back as failed because it could not even be begun, and keeps the reason until the
   * month is claimed again.
   *
   * @param error the reason; passwords in it are masked, and it is cut to 4000 characters
   * @throws ClaimLostException if the month has another claim, or none any more
   */
  public void releaseUnbegun(Claim claim, String error) {
    release(claim, MonthState.FAILED, ErrorText.of(error));
  }

  private void release(Claim claim, MonthState state, String error) {
    if (state == MonthState.RUNNING) {
      throw new IllegalArgumentException(
          "Month " + claim.month() + " cannot be released as " + state);
    }
    LedgerTables.Claims c = tables.claims;
    LedgerTables.Runs r = tables.runs;
    inTransaction(
        "release month " + claim.month(),
        sql -> {
          var update =
              sql.update(c.table)
                  .set(c.state, LedgerTables.text(state))
                  .setNull(c.token)
                  .setNull(c.leaseUntil)
                  .set(c.attempts, 0);
          if (error != null) {
            update = update.set(c.error, error).set(c.heartbeat, NOW);
          }
          if (state == MonthState.DONE) {
            update =
                update
                    .set(c.finished, NOW)
                    .set(
                        c.finishedRequestCrc,
                        DSL.select(r.requestCrc)
                            .from(r.table)
                            .where(r.run.eq(claim.run().value())));
          }
          if (update.where(isHeld(claim)).execute() == 0) {
            throw lost(sql, claim);
          }
          return null;
        });
  }

  /**
   * The months {@code from} to {@code to}, both included, that the last worker on them could not
   * begin, by month.
   */
  public List<MonthFailure> monthFailures(YearMonth from, YearMonth to) {
    LedgerTables.Claims c = tables.claims;
    return inTransaction(
        "read why months failed",
        sql ->
            version(sql).orElse(0) < LedgerTables.VERSION_OF_MONTH_FAILURES
                ? List.of()
                : sql.select(c.month, c.worker, c.heartbeat, c.error)
                    .from(c.table)
                    .where(c.month.between(from.atDay(1), to.atDay(1)), c.error.isNotNull())
                    .orderBy(c.month)
                    .fetch(
                        row ->
                            new MonthFailure(
                                YearMonth.from(row.get(c.month)),
                                row.get(c.worker),
                                row.get(c.heartbeat),
                                row.get(c.error))));
  }

  /** The claims that were not released, live or not, by month. */
  public List<ClaimInfo> claims() {
    LedgerTables.Claims c = tables.claims;
    Field<Instant> now = NOW.as("now");
    return inTransaction(
        "read the claims",
        sql ->
            sql.select(
                    c.month, c.worker, c.run, c.attempts, c.claimed, c.heartbeat, c.leaseUntil, now)
                .from(c.table)
                .where(c.state.eq(LedgerTables.text(MonthState.RUNNING)))
                .orderBy(c.month)
                .fetch(
                    row -> {
                      boolean expired = row.get(c.leaseUntil).isBefore(row.get(now));
                      return new ClaimInfo(
                          YearMonth.from(row.get(c.month)),
                          row.get(c.worker),
                          new RunId(row.get(c.run)),
                          row.get(c.attempts),
                          row.get(c.claimed),
                          Duration.between(row.get(c.heartbeat), row.get(now)),
                          row.get(c.leaseUntil),
                          expired,
                          expired && row.get(c.attempts) >= MAX_CLAIMS);
                    }));
  }

  /**
   * Opens months again that were closed because {@link #MAX_CLAIMS} claims in a row ended in a
   * crash. Months with a live claim stay as they are.
   *
   * @return the number of months that were opened or whose count of crashes was reset
   */
  public int forgive(Collection<YearMonth> months) {
    if (months.isEmpty()) {
      return 0;
    }
    LedgerTables.Claims c = tables.claims;
    return inTransaction(
        "forget crashes",
        sql ->
            sql.update(c.table)
                .set(c.attempts, 0)
                .where(
                    c.month.in(firstDays(months)),
                    c.attempts.gt(0),
                    c.state.eq(LedgerTables.text(MonthState.RUNNING)),
                    c.leaseUntil.lt(NOW))
                .execute());
  }

  /**
   * The tokens of all live claims. A staging table with another token in its name is a leftover, if
   * the table was seen before this was called.
   */
  public Set<UUID> liveTokens() {
    LedgerTables.Claims c = tables.claims;
    return inTransaction(
        "read the live claims",
        sql ->
            sql.select(c.token)
                .from(c.table)
                .where(c.state.eq(LedgerTables.text(MonthState.RUNNING)), c.leaseUntil.ge(NOW))
                .fetchSet(c.token));
  }

  /**
   * Whether a run with the same request has finished a month at or after an instant, so that a
   * second run which started before that can skip the month.
   *
   * @param requestCrc {@link RunDescription#requestCrc()}
   * @param since a time of the database, see {@link #databaseTime()}
   */
  public boolean finishedSince(YearMonth month, long requestCrc, Instant since) {
    LedgerTables.Claims c = tables.claims;
    return inTransaction(
        "see whether " + month + " is finished",
        sql ->
            sql.fetchExists(
                DSL.selectOne()
                    .from(c.table)
                    .where(
                        c.month.eq(month.atDay(1)),
                        c.finishedRequestCrc.eq(requestCrc),
                        c.finished.ge(since))));
  }

  /**
   * Renews the lease if the claim is live, on a given connection; otherwise tells why it is lost.
   */
  Optional<ClaimLostException> renew(Connection connection, Claim claim) {
    LedgerTables.Claims c = tables.claims;
    return dsl(connection)
        .transactionResult(
            tx -> {
              prepare(tx.dsl());
              int live =
                  tx.dsl()
                      .update(c.table)
                      .set(c.heartbeat, NOW)
                      .set(c.leaseUntil, leaseEnd())
                      .where(isLive(claim))
                      .execute();
              return live == 1 ? Optional.empty() : Optional.of(lost(tx.dsl(), claim));
            });
  }

  /** A connection that belongs to the caller until it is closed. */
  Connection connection() throws SQLException {
    return dataSource.getConnection();
  }

  private static DSLContext dsl(Connection connection) {
    return DSL.using(connection, SQLDialect.POSTGRES);
  }

  private boolean createUnlessBusy() {
    try {
      return inTransaction("create the ledger", this::createIn);
    } catch (BqxException e) {
      if (TransientSqlState.sqlStateOf(e).filter(LOST_RACE::contains).isPresent()) {
        return false;
      }
      throw e;
    }
  }

  private boolean createIn(DSLContext sql) {
    if (isUpToDate(sql)) {
      return true;
    }
    if (!lockCreation(sql)) {
      return false;
    }
    if (isUpToDate(sql)) {
      return true;
    }
    Optional<Integer> older = version(sql);
    if (older.isPresent()) {
      tables.migrate(sql, older.get());
      LOG.info(
          "Migrated the ledger [schema={}] [from={}] [to={}]",
          schema,
          older.get(),
          LedgerTables.VERSION);
      return true;
    }
    if (!Catalog.hasSchema(sql, schema)) {
      sql.createSchema(name(schema)).execute();
    }
    tables.create(sql);
    LOG.info("Created the ledger [schema={}] [version={}]", schema, LedgerTables.VERSION);
    return true;
  }

  /**
   * Takes the lock under which the ledger is created until the transaction ends, if it is free;
   * tells whether it was.
   */
  boolean lockCreation(DSLContext tx) {
    Field<Boolean> locked =
        DSL.function(
            name("pg_catalog", "pg_try_advisory_xact_lock"),
            SQLDataType.BOOLEAN,
            DSL.val(CREATE_LOCK_CLASS),
            DSL.val(schema.hashCode()));
    return tx.select(locked).fetchSingle(locked);
  }

  private boolean isUpToDate(DSLContext sql) {
    return version(sql).equals(Optional.of(LedgerTables.VERSION));
  }

  /** The version of the tables; empty if there are none. */
  private Optional<Integer> version(DSLContext sql) {
    if (!Catalog.hasTable(sql, schema, LedgerTables.META)) {
      return Optional.empty();
    }
    int version = sql.select(tables.meta.version).from(tables.meta.table).fetchSingle().value1();
    if (version > LedgerTables.VERSION) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot use the ledger of schema %s: it has version %d, and this release of bqx knows versions up to %d; use the newer release that wrote it",
              schema,
              version,
              LedgerTables.VERSION));
    }
    return Optional.of(version);
  }

  private void requireWriter(DSLContext sql) {
    Field<Boolean> standby =
        DSL.function(name("pg_catalog", "pg_is_in_recovery"), SQLDataType.BOOLEAN);
    Field<String> readOnly =
        DSL.function(
            name("pg_catalog", "current_setting"),
            SQLDataType.VARCHAR,
            DSL.val("transaction_read_only"));
    Record row = sql.select(standby, readOnly).fetchSingle();
    if (row.get(standby) || "on".equals(row.get(readOnly))) {
      String why =
          row.get(standby)
              ? "the server is a read-only replica"
              : "the server gives this user read-only transactions";
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot claim a month in the ledger of schema %s: %s; connect to the cluster's writer endpoint as a user who may write",
              schema,
              why),
          new SQLException(why, "25006"));
    }
  }

  private void addMissing(DSLContext sql, Collection<YearMonth> months) {
    LedgerTables.Claims c = tables.claims;
    Set<LocalDate> missing = firstDays(months);
    sql.select(c.month)
        .from(c.table)
        .where(c.month.in(missing))
        .fetch(c.month)
        .forEach(missing::remove);
    if (missing.isEmpty()) {
      return;
    }
    var insert = sql.insertInto(c.table, c.month, c.state, c.attempts);
    for (LocalDate month : missing) {
      insert = insert.values(month, LedgerTables.text(MonthState.FREE), 0);
    }
    insert.onConflict(c.month).doNothing().execute();
  }

  private Optional<Claim> claimFrom(
      DSLContext sql, RunId run, String worker, Collection<YearMonth> months) {
    LedgerTables.Claims c = tables.claims;
    Record free =
        sql.select(c.month, c.state, c.worker, c.attempts)
            .from(c.table)
            .where(
                c.month.in(firstDays(months)),
                c.attempts.lt(MAX_CLAIMS),
                c.state.ne(LedgerTables.text(MonthState.RUNNING)).or(c.leaseUntil.lt(NOW)))
            .orderBy(c.month)
            .limit(1)
            .forUpdate()
            .skipLocked()
            .fetchOne();
    if (free == null) {
      return Optional.empty();
    }
    Claim claim =
        new Claim(
            YearMonth.from(free.get(c.month)),
            UUID.randomUUID(),
            run,
            worker,
            free.get(c.attempts) + 1);
    sql.update(c.table)
        .set(c.state, LedgerTables.text(MonthState.RUNNING))
        .set(c.token, claim.token())
        .set(c.run, run.value())
        .set(c.worker, worker)
        .set(c.attempts, claim.attempts())
        .set(c.claimed, NOW)
        .set(c.heartbeat, NOW)
        .set(c.leaseUntil, leaseEnd())
        .setNull(c.error)
        .where(c.month.eq(free.get(c.month)))
        .execute();
    if (LedgerTables.state(MonthState.class, free.get(c.state)) == MonthState.RUNNING) {
      LOG.info(
          "Took over a month whose lease had ended [month={}] [worker={}] [from={}] [attempts={}]",
          claim.month(),
          worker,
          free.get(c.worker),
          claim.attempts());
    }
    return Optional.of(claim);
  }

  private Condition isLive(Claim claim) {
    return isHeld(claim).and(tables.claims.leaseUntil.ge(NOW));
  }

  /** The lease may be over, but nobody has taken the month. */
  private Condition isHeld(Claim claim) {
    LedgerTables.Claims c = tables.claims;
    return DSL.and(
        c.month.eq(claim.month().atDay(1)),
        c.token.eq(claim.token()),
        c.state.eq(LedgerTables.text(MonthState.RUNNING)));
  }

  private Field<Instant> leaseEnd() {
    return NOW.plus(DayToSecond.valueOf(lease));
  }

  private ClaimLostException lost(DSLContext sql, Claim claim) {
    LedgerTables.Claims c = tables.claims;
    Record row =
        sql.select(c.state, c.token, c.worker, c.claimed, c.leaseUntil)
            .from(c.table)
            .where(c.month.eq(claim.month().atDay(1)))
            .fetchOne();
    String why;
    if (row == null) {
      why = "the ledger does not have the month";
    } else if (claim.token().equals(row.get(c.token))) {
      why = "its lease ended at " + row.get(c.leaseUntil);
    } else if (row.get(c.token) != null) {
      why =
          String.format(
              Locale.ROOT, "%s claimed the month at %s", row.get(c.worker), row.get(c.claimed));
    } else {
      why = "the month was released as " + row.get(c.state);
    }
    return new ClaimLostException(
        String.format(
            Locale.ROOT,
            "Worker %s has lost its claim on month %s: %s. Nothing was written; run again to do what is left.",
            claim.worker(),
            claim.month(),
            why));
  }

  private Field<Integer> attemptsSinceDone() {
    LedgerTables.Partitions p = tables.partitions;
    return DSL.when(
            p.state.eq(LedgerTables.text(LedgerEntry.State.FAILED)),
            p.attempts.plus(DSL.excluded(p.attempts)))
        .otherwise(DSL.excluded(p.attempts));
  }

  private static Field<Instant> startOf(LedgerEntry entry) {
    return entry.started().isPresent() ? DSL.val(entry.started().get()) : NOW;
  }

  private LedgerEntry entry(Record row) {
    LedgerTables.Partitions p = tables.partitions;
    LedgerEntry.Builder entry =
        LedgerEntry.of(
                row.get(p.stage), Scope.named(row.get(p.pair)), YearMonth.from(row.get(p.month)))
            .state(LedgerTables.state(LedgerEntry.State.class, row.get(p.state)))
            .attempts(row.get(p.attempts))
            .started(row.get(p.started))
            .finished(row.get(p.finished))
            .worker(row.get(p.worker))
            .run(new RunId(row.get(p.run)))
            .error(row.get(p.error));
    if (row.get(p.computedAt) != null) {
      entry
          .computedAt(row.get(p.computedAt))
          .stageVersion(row.get(p.stageVersion))
          .parameters(row.get(p.parameters))
          .inputCrc(row.get(p.inputCrc))
          .contentCrc(row.get(p.contentCrc))
          .rows(row.get(p.rows))
          .nulls(Arrays.stream(row.get(p.nulls)).mapToLong(Long::longValue).toArray())
          .minima(unboxed(row.get(p.minima)))
          .maxima(unboxed(row.get(p.maxima)))
          .means(unboxed(row.get(p.means)));
    }
    return entry.build();
  }

  /**
   * Runs statements in one transaction on a connection of its own, which is not used again if it
   * may be broken.
   */
  private <T> T inTransaction(String attempt, Function<DSLContext, T> work) {
    try (Connection connection = dataSource.getConnection()) {
      try {
        return dsl(connection)
            .transactionResult(
                tx -> {
                  prepare(tx.dsl());
                  return work.apply(tx.dsl());
                });
      } catch (BqxException | DataAccessException e) {
        if (TransientSqlState.isConnectionUnusable(e)) {
          connection.abort(Runnable::run);
        }
        throw e;
      }
    } catch (SQLException | DataAccessException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT, "Cannot %s in the ledger of schema %s: %s", attempt, schema, reason(e)),
          e);
    }
  }

  /**
   * A statement waits for a lock only so long, and nothing else limits it; silence between
   * statements ends the session; what is committed stays.
   */
  private static void prepare(DSLContext sql) {
    sql.select(
            set("lock_timeout", LOCK_TIMEOUT),
            set("statement_timeout", "0"),
            set("idle_in_transaction_session_timeout", LONGEST_SILENCE),
            DurableCommit.required())
        .fetch();
  }

  private static Field<String> set(String setting, String value) {
    return DSL.function(
        name("pg_catalog", "set_config"),
        SQLDataType.VARCHAR,
        DSL.val(setting),
        DSL.val(value),
        DSL.val(true));
  }

  /** The server's or driver's own words, without the statement that jOOQ puts before them. */
  static String reason(Exception e) {
    Throwable t = e;
    while (t.getCause() != null && !(t instanceof SQLException)) {
      t = t.getCause();
    }
    return ErrorText.of(t.getMessage());
  }

  private static void requireMonth(Claim claim, YearMonth month, String attempt) {
    if (!claim.month().equals(month)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "Cannot %s for month %s with a claim on month %s",
              attempt,
              month,
              claim.month()));
    }
  }

  /** In order, so that sessions that insert several never wait for each other in a circle. */
  private static Set<LocalDate> firstDays(Collection<YearMonth> months) {
    return months.stream().map(m -> m.atDay(1)).collect(Collectors.toCollection(TreeSet::new));
  }

  private static Long[] boxed(long[] values) {
    return Arrays.stream(values).boxed().toArray(Long[]::new);
  }

  private static Double[] boxed(double[] values) {
    return Arrays.stream(values).mapToObj(v -> Double.isNaN(v) ? null : v).toArray(Double[]::new);
  }

  private static double[] unboxed(Double[] values) {
    return Arrays.stream(values).mapToDouble(v -> v == null ? Double.NaN : v).toArray();
  }
}
