package io.bqx.core.rewrite;

import static org.jooq.impl.DSL.currentCatalog;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.function;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.table;

import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Table;
import org.jooq.impl.SQLDataType;

/** A session that holds a lock that is wanted, told in words. */
record LockHolder(String description) {

  private static final Table<?> LOCKS = table(name("pg_catalog", "pg_locks")).as("l");
  private static final Table<?> ACTIVITY = table(name("pg_catalog", "pg_stat_activity")).as("s");
  private static final Table<?> DATABASE = table(name("pg_catalog", "pg_database")).as("d");

  private static final Field<Integer> PID = field(name("l", "pid"), SQLDataType.INTEGER);
  private static final Field<String> LOCK_TYPE = field(name("l", "locktype"), SQLDataType.VARCHAR);

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

  private static List<LockHolder> where(DSLContext dsl, Condition lock) {
    Field<String> application = field(name("s", "application_name"), SQLDataType.VARCHAR);
    Field<String> kind = field(name("s", "backend_type"), SQLDataType.VARCHAR);
    Field<String> state = field(name("s", "state"), SQLDataType.VARCHAR);
    Field<OffsetDateTime> started =
        field(name("s", "query_start"), SQLDataType.TIMESTAMPWITHTIMEZONE);
    return dsl.selectDistinct(PID, application, kind, state, started)
        .from(LOCKS)
        .leftJoin(ACTIVITY)
        .on(field(name("s", "pid"), SQLDataType.INTEGER).eq(PID))
        .where(
            lock,
            field(name("l", "granted"), SQLDataType.BOOLEAN).isTrue(),
            field(name("l", "database"), SQLDataType.BIGINT)
                .in(
                    select(field(name("d", "oid"), SQLDataType.BIGINT))
                        .from(DATABASE)
                        .where(
                            field(name("d", "datname"), SQLDataType.VARCHAR).eq(currentCatalog()))),
            PID.isNull()
                .or(PID.ne(function(name("pg_catalog", "pg_backend_pid"), SQLDataType.INTEGER))))
        .orderBy(PID)
        .fetch(
            row ->
                new LockHolder(
                    describe(
                        row.value1(), row.value2(), row.value3(), row.value4(), row.value5())));
  }

  private static String describe(
      Integer pid, String application, String kind, String state, OffsetDateTime started) {
    if (pid == null) {
      return "a prepared transaction (see pg_prepared_xacts)";
    }
    String who =
        application == null || application.isEmpty()
            ? kind == null ? "unknown" : kind
            : application;
    String since =
        started == null
            ? ""
            : ", query started " + started.toInstant().truncatedTo(ChronoUnit.SECONDS);
    return String.format(
        Locale.ROOT,
        "process %d (\"%s\", %s%s)",
        pid,
        who,
        state == null ? "state not visible to this user" : state,
        since);
  }
}
