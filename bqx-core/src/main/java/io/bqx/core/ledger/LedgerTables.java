package io.bqx.core.ledger;

import static org.jooq.impl.DSL.constraint;
import static org.jooq.impl.DSL.name;

import io.bqx.core.catalog.Layout;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jooq.Constraint;
import org.jooq.DSLContext;
import org.jooq.DataType;
import org.jooq.Field;
import org.jooq.Name;
import org.jooq.Record;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/** The ledger's tables in one schema, typed. */
final class LedgerTables {

  /** The version of these tables. */
  static final int VERSION = 3;

  /** The first version that knows of layouts. */
  static final int VERSION_OF_LAYOUTS = 2;

  /** The first version that keeps why a month could not be begun. */
  static final int VERSION_OF_MONTH_FAILURES = 3;

  static final String META = "ledger_meta";

  private static final DataType<String> TEXT = SQLDataType.CLOB;
  private static final DataType<String> LAYOUT =
      TEXT.notNull().defaultValue(Layout.WIDE.toString());
  private static final DataType<Instant> TIME = SQLDataType.INSTANT;
  private static final DataType<Long[]> COUNTS = SQLDataType.BIGINT.array();
  private static final DataType<Double[]> VALUES = SQLDataType.DOUBLE.array();

  final Meta meta;
  final Runs runs;
  final Partitions partitions;
  final Claims claims;

  LedgerTables(String schema) {
    Name in = name(schema);
    this.meta = new Meta(in.append(META));
    this.runs = new Runs(in.append("ledger_runs"));
    this.partitions = new Partitions(in.append("ledger_partitions"));
    this.claims = new Claims(in.append("ledger_claims"));
  }

  static String text(Enum<?> state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  static <E extends Enum<E>> E state(Class<E> type, String text) {
    return Enum.valueOf(type, text.toUpperCase(Locale.ROOT));
  }

  /** Creates the tables and stores their version, in the caller's transaction. */
  void create(DSLContext sql) {
    meta.create(sql);
    runs.create(sql);
    partitions.create(sql);
    claims.create(sql);
    sql.insertInto(meta.table, meta.only, meta.version).values(true, VERSION).execute();
  }

  /** Brings tables of an older version to this one, in the caller's transaction. */
  void migrate(DSLContext sql, int version) {
    if (version < VERSION_OF_LAYOUTS) {
      sql.alterTable(meta.table).addColumn(meta.layout).execute();
      sql.alterTable(meta.table).add(meta.knownLayout()).execute();
      sql.alterTable(runs.table).addColumn(runs.layout).execute();
      sql.alterTable(runs.table).add(runs.knownLayout()).execute();
    }
    sql.alterTable(claims.table).addColumn(claims.error).execute();
    sql.update(meta.table).set(meta.version, VERSION).execute();
  }

  private static Constraint oneOf(String constraint, Field<String> field, Enum<?>[] states) {
    return constraint(name(constraint))
        .check(field.in(Arrays.stream(states).map(LedgerTables::text).map(DSL::inline).toList()));
  }

  private static <T> Field<T> field(Name table, String column, DataType<T> type) {
    return DSL.field(table.append(column), type);
  }

  /** One row: the version of the tables, and the layout of the data. */
  static final class Meta {
    final Table<Record> table;
    final Field<Boolean> only;
    final Field<Integer> version;
    final Field<String> layout;

    private Meta(Name name) {
      table = DSL.table(name);
      only = field(name, "only", SQLDataType.BOOLEAN.notNull());
      version = field(name, "version", SQLDataType.INTEGER.notNull());
      layout = field(name, "layout", LAYOUT);
    }

    private Constraint knownLayout() {
      return oneOf("ledger_meta_layout", layout, Layout.values());
    }

    private void create(DSLContext sql) {
      sql.createTable(table)
          .columns(only, version, layout)
          .constraints(
              constraint(name("ledger_meta_pk")).primaryKey(only),
              knownLayout(),
              constraint(name("ledger_meta_one_row")).check(only.isTrue()))
          .execute();
    }
  }

  /** A row per run. */
  static final class Runs {
    final Table<Record> table;
    final Field<UUID> run;
    final Field<String> worker;
    final Field<LocalDate> firstMonth;
    final Field<LocalDate> lastMonth;
    final Field<String[]> stages;
    final Field<String> parameters;
    final Field<Long> requestCrc;
    final Field<String> state;
    final Field<Instant> started;
    final Field<Instant> finished;
    final Field<String> message;
    final Field<String> layout;

    private Runs(Name name) {
      table = DSL.table(name);
      run = field(name, "run", SQLDataType.UUID.notNull());
      worker = field(name, "worker", TEXT.notNull());
      firstMonth = field(name, "first_month", SQLDataType.LOCALDATE.notNull());
      lastMonth = field(name, "last_month", SQLDataType.LOCALDATE.notNull());
      stages = field(name, "stages", TEXT.array().notNull());
      parameters = field(name, "parameters", TEXT.notNull());
      requestCrc = field(name, "request_crc", SQLDataType.BIGINT.notNull());
      state = field(name, "state", TEXT.notNull());
      started = field(name, "started", TIME.notNull());
      finished = field(name, "finished", TIME);
      message = field(name, "message", TEXT);
      layout = field(name, "layout", LAYOUT);
    }

    private Constraint knownLayout() {
      return oneOf("ledger_runs_layout", layout, Layout.values());
    }

    /** All of them, in order. */
    List<Field<?>> columns() {
      return List.of(
          run,
          worker,
          firstMonth,
          lastMonth,
          stages,
          parameters,
          requestCrc,
          state,
          started,
          finished,
          message,
          layout);
    }

    private void create(DSLContext sql) {
      sql.createTable(table)
          .columns(columns())
          .constraints(
              constraint(name("ledger_runs_pk")).primaryKey(run),
              knownLayout(),
              oneOf("ledger_runs_state", state, RunState.values()))
          .execute();
    }
  }

  /** A row per stage, scope and month; the column {@code pair} holds the name of the scope. */
  static final class Partitions {
    final Table<Record> table;
    final Field<String> stage;
    final Field<String> pair;
    final Field<LocalDate> month;
    final Field<String> state;
    final Field<Integer> stageVersion;
    final Field<String> parameters;
    final Field<Long> inputCrc;
    final Field<Long> contentCrc;
    final Field<Long> rows;
    final Field<Long[]> nulls;
    final Field<Double[]> minima;
    final Field<Double[]> maxima;
    final Field<Double[]> means;
    final Field<Integer> attempts;
    final Field<Instant> started;
    final Field<Instant> finished;
    final Field<Instant> computedAt;
    final Field<String> worker;
    final Field<UUID> run;
    final Field<String> error;

    private Partitions(Name name) {
      table = DSL.table(name);
      stage = field(name, "stage", TEXT.notNull());
      pair = field(name, "pair", TEXT.notNull());
      month = field(name, "month", SQLDataType.LOCALDATE.notNull());
      state = field(name, "state", TEXT.notNull());
      stageVersion = field(name, "stage_version", SQLDataType.INTEGER);
      parameters = field(name, "parameters", TEXT);
      inputCrc = field(name, "input_crc", SQLDataType.BIGINT);
      contentCrc = field(name, "content_crc", SQLDataType.BIGINT);
      rows = field(name, "row_count", SQLDataType.BIGINT);
      nulls = field(name, "nulls", COUNTS);
      minima = field(name, "minima", VALUES);
      maxima = field(name, "maxima", VALUES);
      means = field(name, "means", VALUES);
      attempts = field(name, "attempts", SQLDataType.INTEGER.notNull());
      started = field(name, "started", TIME.notNull());
      finished = field(name, "finished", TIME.notNull());
      computedAt = field(name, "computed_at", TIME);
      worker = field(name, "worker", TEXT.notNull());
      run = field(name, "run", SQLDataType.UUID.notNull());
      error = field(name, "error", TEXT);
    }

    /** All of them, in order. */
    List<Field<?>> columns() {
      return List.of(
          stage,
          pair,
          month,
          state,
          stageVersion,
          parameters,
          inputCrc,
          contentCrc,
          rows,
          nulls,
          minima,
          maxima,
          means,
          attempts,
          started,
          finished,
          computedAt,
          worker,
          run,
          error);
    }

    private void create(DSLContext sql) {
      sql.createTable(table)
          .columns(columns())
          .constraints(
              constraint(name("ledger_partitions_pk")).primaryKey(month, stage, pair),
              oneOf("ledger_partitions_state", state, LedgerEntry.State.values()),
              constraint(name("ledger_partitions_done"))
                  .check(
                      state
                          .ne(DSL.inline(text(LedgerEntry.State.DONE)))
                          .or(computedAt.isNotNull().and(error.isNull()))))
          .execute();
    }
  }

  /** A row per month that was ever claimed. */
  static final class Claims {
    final Table<Record> table;
    final Field<LocalDate> month;
    final Field<String> state;
    final Field<UUID> token;
    final Field<UUID> run;
    final Field<String> worker;
    final Field<Integer> attempts;
    final Field<Instant> claimed;
    final Field<Instant> heartbeat;
    final Field<Instant> leaseUntil;
    final Field<Instant> finished;
    final Field<Long> finishedRequestCrc;
    final Field<String> error;

    private Claims(Name name) {
      table = DSL.table(name);
      month = field(name, "month", SQLDataType.LOCALDATE.notNull());
      state = field(name, "state", TEXT.notNull());
      token = field(name, "token", SQLDataType.UUID);
      run = field(name, "run", SQLDataType.UUID);
      worker = field(name, "worker", TEXT);
      attempts = field(name, "attempts", SQLDataType.INTEGER.notNull());
      claimed = field(name, "claimed", TIME);
      heartbeat = field(name, "heartbeat", TIME);
      leaseUntil = field(name, "lease_until", TIME);
      finished = field(name, "finished", TIME);
      finishedRequestCrc = field(name, "finished_request_crc", SQLDataType.BIGINT);
      error = field(name, "error", TEXT);
    }

    private void create(DSLContext sql) {
      sql.createTable(table)
          .columns(
              month,
              state,
              token,
              run,
              worker,
              attempts,
              claimed,
              heartbeat,
              leaseUntil,
              finished,
              finishedRequestCrc,
              error)
          .constraints(
              constraint(name("ledger_claims_pk")).primaryKey(month),
              oneOf("ledger_claims_state", state, MonthState.values()),
              constraint(name("ledger_claims_running"))
                  .check(
                      state
                          .ne(DSL.inline(text(MonthState.RUNNING)))
                          .or(
                              DSL.and(
                                  token.isNotNull(),
                                  run.isNotNull(),
                                  worker.isNotNull(),
                                  claimed.isNotNull(),
                                  heartbeat.isNotNull(),
                                  leaseUntil.isNotNull()))))
          .execute();
    }
  }
}
