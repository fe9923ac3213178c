package io.bqx.core.rewrite;

import static org.jooq.impl.DSL.boolOr;
import static org.jooq.impl.DSL.currentCatalog;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.function;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.table;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record5;
import org.jooq.Table;
import org.jooq.impl.SQLDataType;

/**
 * A session that has a lock which is wanted; {@link #toString} tells it in words.
 *
 * @param pid the server's process; 0 for a prepared transaction, which has none
 * @param application its {@code application_name}, or what kind of process it is if it has none
 * @param state what it does, such as {@code idle in transaction}; empty if this user may not see it
 * @param queryStart when it began its present or last statement; empty if that is not to be seen
 */
public record LockHolder(
    int pid, String application, Optional<String> state, Optional<Instant> queryStart) {

  private static final Table<?> LOCKS = table(name("pg_catalog", "pg_locks")).as("l");
  private static final Table<?> ACTIVITY = table(name("pg_catalog", "pg_stat_activity")).as("s");
  private static final Table<?> DATABASE = table(name("pg_catalog", "pg_database")).as("d");

  private static final Field<Integer> PID = field(name("l", "pid"), SQLDataType.INTEGER);
  private static final Field<String> LOCK_TYPE = field(name("l", "locktype"), SQLDataType.VARCHAR);

  private static final Field<Integer> ACTIVE_PID = field(name("s", "pid"), SQLDataType.INTEGER);
  private static final Field<String> APPLICATION =
      field(name("s", "application_name"), SQLDataType.VARCHAR);
  private static final Field<String> KIND = field(name("s", "backend_type"), SQLDataType.VARCHAR);
  private static final Field<String> STATE = field(name("s", "state"), SQLDataType.VARCHAR);
  private static final Field<OffsetDateTime> STARTED =
      field(name("s", "query_start"), SQLDataType.TIMESTAMPWITHTIMEZONE);

  /** Other sessions that hold a lock on one of the tables, by process number. */
  static List<LockHolder> of(DSLContext dsl, Collection<Long> relations) {
    return where(
        dsl,
        LOCK_TYPE
            .eq(inline("relation"))
            .and(field(name("l", "relation"), SQLDataType.BIGINT).in(relations)));
  }

  /** The other session that holds an advisory lock, if any. */
  static List<LockHolder> ofAdvisory(DSLContext dsl, long key) {
    return where(
        dsl,
        LOCK_TYPE
            .eq(inline("advisory"))
            .and(field(name("l", "classid"), SQLDataType.BIGINT).eq(key >>> 32))
            .and(field(name("l", "objid"), SQLDataType.BIGINT).eq(key & 0xffff_ffffL))
            .and(field(name("l", "objsubid"), SQLDataType.INTEGER).eq(inline(1))));
  }

  /**
   * Those that hold the lock, and those that wait for it exclusively: whoever asks after them waits
   * behind them too.
   */
  private static List<LockHolder> where(DSLContext dsl, Condition lock) {
    Field<Boolean> granted = field(name("l", "granted"), SQLDataType.BOOLEAN);
    Field<String> mode = field(name("l", "mode"), SQLDataType.VARCHAR);
    return dsl.select(PID, APPLICATION, KIND, STATE, STARTED, boolOr(granted))
        .from(LOCKS)
        .leftJoin(ACTIVITY)
        .on(ACTIVE_PID.eq(PID))
        .where(
            lock,
            granted.isTrue().or(mode.eq(inline("AccessExclusiveLock"))),
            field(name("l", "database"), SQLDataType.BIGINT)
                .in(
                    select(field(name("d", "oid"), SQLDataType.BIGINT))
                        .from(DATABASE)
                        .where(
                            field(name("d", "datname"), SQLDataType.VARCHAR).eq(currentCatalog()))),
            PID.isNull()
                .or(PID.ne(function(name("pg_catalog", "pg_backend_pid"), SQLDataType.INTEGER))))
        .groupBy(PID, APPLICATION, KIND, STATE, STARTED)
        .orderBy(PID)
        .fetch(
            row ->
                of(
                    row.into(PID, APPLICATION, KIND, STATE, STARTED),
                    Boolean.TRUE.equals(row.value6()) ? "" : ", waiting for it too"));
  }

  /** The sessions of the given processes that exist; a prepared transaction for 0. */
  public static List<LockHolder> ofProcesses(DSLContext dsl, Collection<Integer> pids) {
    List<LockHolder> holders =
        new ArrayList<>(
            dsl.select(ACTIVE_PID, APPLICATION, KIND, STATE, STARTED)
                .from(ACTIVITY)
                .where(ACTIVE_PID.in(pids))
                .orderBy(ACTIVE_PID)
                .fetch(row -> of(row, "")));
    if (pids.contains(0)) {
      holders.add(new LockHolder(0, "", Optional.empty(), Optional.empty()));
    }
    return List.copyOf(holders);
  }

  private static LockHolder of(
      Record5<Integer, String, String, String, OffsetDateTime> row, String addition) {
    String application = row.value2() == null ? "" : row.value2();
    String kind = row.value3() == null ? "unknown" : row.value3();
    return new LockHolder(
        row.value1() == null ? 0 : row.value1(),
        application.isEmpty() ? kind : application,
        Optional.ofNullable(row.value4()).map(state -> state + addition),
        Optional.ofNullable(row.value5()).map(OffsetDateTime::toInstant));
  }

  @Override
  public String toString() {
    return pid == 0
        ? "a prepared transaction (see pg_prepared_xacts)"
        : String.format(
            Locale.ROOT,
            "process %d (\"%s\", %s%s)",
            pid,
            application,
            state.orElse("state not visible to this user"),
            queryStart.map(t -> ", query started " + t.truncatedTo(ChronoUnit.SECONDS)).orElse(""));
  }
}
