package io.bqx.core.doctor;

import static io.bqx.core.doctor.SystemViews.call;
import static io.bqx.core.doctor.SystemViews.column;
import static io.bqx.core.doctor.SystemViews.flag;
import static io.bqx.core.doctor.SystemViews.isThisDatabase;
import static io.bqx.core.doctor.SystemViews.number;
import static io.bqx.core.doctor.SystemViews.secondsSince;
import static io.bqx.core.doctor.SystemViews.text;
import static io.bqx.core.doctor.SystemViews.view;
import static org.jooq.impl.DSL.currentCatalog;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.max;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.sum;

import io.bqx.core.rewrite.SwapPolicy;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.Record1;
import org.jooq.Select;
import org.jooq.impl.DSL;

/** How many sessions there may be, what ends them, and what those of others hold. */
final class SessionChecks {

  /** A transaction that is older keeps the catalogue from being cleaned up. */
  private static final Duration LONG_TRANSACTION = Duration.ofMinutes(10);

  private static final Duration SHORT_TRANSACTION_LIMIT = Duration.ofMinutes(10);
  private static final Duration SHORTEST_IDLE = Duration.ofSeconds(60);

  private SessionChecks() {}

  static List<Finding> connections(Examination at) {
    BigDecimal used =
        at.dsl()
            .select(sum(number("s", "numbackends")))
            .from(view("pg_stat_database", "s"))
            .fetchSingle()
            .value1();
    long ofRole =
        at.dsl()
            .select(number("r", "rolconnlimit"))
            .from(view("pg_roles", "r"))
            .where(text("r", "rolname").eq(inline(at.user())))
            .fetchSingle()
            .value1();
    long ofDatabase =
        at.dsl()
            .select(number("d", "datconnlimit"))
            .from(view("pg_database", "d"))
            .where(text("d", "datname").eq(currentCatalog()))
            .fetchSingle()
            .value1();
    return List.of(
        connections(at, used == null ? 0 : used.longValue(), Math.max(ofRole, -1), ofDatabase));
  }

  /**
   * Judges the number of connections.
   *
   * @param used sessions that there are, this one included
   * @param ofRole the limit of the role, -1 if it has none
   * @param ofDatabase the limit of the database, -1 if it has none
   */
  static Finding connections(Examination at, long used, long ofRole, long ofDatabase) {
    ServerSettings settings = at.settings();
    long reserved =
        settings.number("superuser_reserved_connections") + settings.number("reserved_connections");
    long all = settings.number("max_connections");
    long free = all - reserved - (used - 1);
    long needed = 2L * at.workers() + 4;
    String found =
        String.format(
            Locale.ROOT,
            "max_connections %d, %d reserved, %d in use, %s; %d needed",
            all,
            reserved,
            used - 1,
            limits(ofRole, ofDatabase),
            needed);
    String why =
        "The job takes up to 2 connections for each worker and 4 more; where there are none it waits and fails with"
            + " SQLSTATE 53300";
    if (needed > free) {
      return Finding.problem(
          "connections",
          found,
          why,
          String.format(
              Locale.ROOT,
              "%s; or run with --workers %d",
              at.change("max_connections", Long.toString(all + needed - free), true),
              Math.max(1, (free - 4) / 2)));
    }
    if (ofRole >= 0 && ofRole < needed) {
      return Finding.problem(
          "connections",
          found,
          why,
          "ALTER ROLE " + at.quotedUser() + " CONNECTION LIMIT " + needed + "; or lower --workers");
    }
    if (ofDatabase >= 0 && ofDatabase < needed) {
      return Finding.problem(
          "connections",
          found,
          why,
          "ALTER DATABASE .. CONNECTION LIMIT " + needed + "; or lower --workers");
    }
    return Finding.ok("connections", found, why);
  }

  private static String limits(long ofRole, long ofDatabase) {
    if (ofRole < 0 && ofDatabase < 0) {
      return "no limit of role or database";
    }
    return "limit of role "
        + (ofRole < 0 ? "none" : ofRole)
        + ", of database "
        + (ofDatabase < 0 ? "none" : ofDatabase);
  }

  static List<Finding> timeouts(Examination at) {
    ServerSettings settings = at.settings();
    List<Finding> findings = new ArrayList<>();
    Duration transaction = settings.duration("transaction_timeout");
    if (isBelow(transaction, SHORT_TRANSACTION_LIMIT)) {
      findings.add(
          Finding.problem(
              "transaction_timeout",
              Amounts.duration(transaction),
              "A partition is written, and a file imported, in one transaction; one that takes longer is ended and its"
                  + " partition fails",
              at.changeForUser("transaction_timeout", "0")));
    }
    Duration idle = settings.duration("idle_in_transaction_session_timeout");
    if (isBelow(idle, SHORTEST_IDLE)) {
      findings.add(
          Finding.advice(
              "idle_in_transaction_session_timeout",
              Amounts.duration(idle),
              "A worker that is held up between two statements, by a full collection of its heap or a busy machine,"
                  + " loses its session and begins the partition again",
              at.changeForUser(
                  "idle_in_transaction_session_timeout", SHORTEST_IDLE.toSeconds() + "s")));
    }
    Duration session = settings.duration("idle_session_timeout");
    if (isBelow(session, SHORTEST_IDLE)) {
      findings.add(
          Finding.advice(
              "idle_session_timeout",
              Amounts.duration(session),
              "Connections that wait in the pool while a month is computed are cut, and each has to be made anew",
              at.changeForUser("idle_session_timeout", "0")));
    }
    if (findings.isEmpty()) {
      findings.add(
          Finding.ok(
              "timeouts",
              "none that ends the job's sessions; statement_timeout "
                  + Amounts.duration(settings.duration("statement_timeout"))
                  + " and lock_timeout "
                  + Amounts.duration(settings.duration("lock_timeout")),
              "The job sets statement_timeout and lock_timeout itself in each of its writing transactions"));
    }
    return findings;
  }

  private static boolean isBelow(Duration limit, Duration least) {
    return !limit.isZero() && limit.compareTo(least) < 0;
  }

  /** The numbers of all tables of the job and of their partitions. */
  static Select<Record1<Long>> relations(Examination at) {
    List<String> names = at.tables().stream().map(table -> table.name()).toList();
    Condition inSchema =
        number("c", "relnamespace")
            .eq(
                select(number("n", "oid"))
                    .from(view("pg_namespace", "n"))
                    .where(text("n", "nspname").eq(inline(at.schema()))));
    Select<Record1<Long>> parents =
        select(number("c", "oid"))
            .from(view("pg_class", "c"))
            .where(inSchema, text("c", "relname").in(names));
    return select(number("c", "oid"))
        .from(view("pg_class", "c"))
        .where(inSchema, text("c", "relname").in(names))
        .unionAll(
            select(number("h", "inhrelid"))
                .from(view("pg_inherits", "h"))
                .where(number("h", "inhparent").in(parents)));
  }

  static List<Finding> locks(Examination at) {
    Duration patience = patience(SwapPolicy.ofDefaults());
    Field<Double> age = max(secondsSince(column("s", "xact_start")));
    List<Finding> findings = new ArrayList<>();
    at.dsl()
        .select(
            number("l", "pid"),
            text("s", "application_name"),
            text("s", "backend_type"),
            text("s", "state"),
            age)
        .from(view("pg_locks", "l"))
        .leftJoin(view("pg_stat_activity", "s"))
        .on(number("s", "pid").eq(number("l", "pid")))
        .where(
            text("l", "locktype").eq(inline("relation")),
            flag("l", "granted").isTrue(),
            isThisDatabase(number("l", "database")),
            number("l", "pid")
                .isNull()
                .or(number("l", "pid").ne(call("pg_backend_pid", Long.class))),
            number("l", "relation").in(relations(at)))
        .groupBy(
            number("l", "pid"),
            text("s", "application_name"),
            text("s", "backend_type"),
            text("s", "state"))
        .orderBy(number("l", "pid").asc().nullsFirst())
        .forEach(
            row ->
                findings.add(
                    lock(
                        row.value1(),
                        nameOf(row.value2(), row.value3()),
                        row.value4(),
                        row.value5(),
                        patience)));
    return findings.isEmpty()
        ? List.of(
            Finding.ok(
                "locks",
                "no other session holds a lock on the job's tables",
                "A swap waits for those who use the table, about "
                    + Amounts.duration(patience)
                    + " in all; then that partition fails"))
        : findings;
  }

  private static Duration patience(SwapPolicy policy) {
    return policy.lockTimeout().plus(policy.pause()).multipliedBy(policy.tries());
  }

  private static String nameOf(String application, String kind) {
    if (application != null && !application.isEmpty()) {
      return "\"" + application + "\"";
    }
    return kind == null ? "of another user" : kind;
  }

  /** Judges a lock on a table of the job; no process for that of a prepared transaction. */
  static Finding lock(Long process, String who, String state, Double seconds, Duration patience) {
    String why =
        "A swap waits for those who use the table, about "
            + Amounts.duration(patience)
            + " in all; then that partition fails and the old one stays";
    if (process == null) {
      return Finding.problem(
          "locks",
          "a prepared transaction holds a lock on the job's tables",
          why + ". A prepared transaction never ends by itself",
          "SELECT gid, prepared, owner FROM pg_prepared_xacts; then COMMIT PREPARED or ROLLBACK PREPARED");
    }
    String found =
        String.format(
            Locale.ROOT,
            "process %d (%s%s) has used the job's tables in a transaction%s",
            process,
            who,
            state == null ? "" : ", " + state,
            seconds == null
                ? " of unknown age"
                : " for " + Amounts.duration(Duration.ofMillis(Math.round(seconds * 1000))));
    return seconds != null && seconds > patience.toSeconds()
        ? Finding.problem(
            "locks",
            found,
            why,
            "Wait for its end, or end it: SELECT pg_terminate_backend(" + process + ");")
        : Finding.advice(
            "locks", found, why, "See that it ends, or raise --lock-tries for this run");
  }

  static List<Finding> longTransactions(Examination at) {
    List<Finding> findings = new ArrayList<>();
    Field<Double> age = secondsSince(column("s", "xact_start"));
    at.dsl()
        .select(number("s", "pid"), text("s", "application_name"), text("s", "backend_type"), age)
        .from(view("pg_stat_activity", "s"))
        .where(
            age.gt(inline((double) LONG_TRANSACTION.toSeconds())),
            number("s", "pid").ne(call("pg_backend_pid", Long.class)))
        .orderBy(age.desc())
        .forEach(
            row ->
                findings.add(
                    Finding.advice(
                        "long transactions",
                        String.format(
                            Locale.ROOT,
                            "process %d (%s) has been in one transaction for %s",
                            row.value1(),
                            nameOf(row.value2(), row.value3()),
                            Amounts.duration(Duration.ofSeconds(Math.round(row.value4())))),
                        "While it lasts, no row of the catalogue that the job leaves behind can be removed: each new"
                            + " partition adds 463 rows to pg_attribute",
                        "End it if nobody needs it: SELECT pg_terminate_backend("
                            + row.value1()
                            + ");")));
    at.dsl()
        .select(text("x", "gid"), secondsSince(column("x", "prepared")))
        .from(view("pg_prepared_xacts", "x"))
        .where(DSL.condition("{0} > {1}", secondsSince(column("x", "prepared")), DSL.inline(60.0)))
        .forEach(
            row ->
                findings.add(
                    Finding.advice(
                        "long transactions",
                        "the transaction '" + row.value1() + "' has been prepared and not ended",
                        "It keeps its locks and the catalogue's dead rows until somebody ends it",
                        "ROLLBACK PREPARED '" + row.value1() + "'; or COMMIT PREPARED")));
    return findings.isEmpty()
        ? List.of(
            Finding.ok(
                "long transactions",
                "none above " + Amounts.duration(LONG_TRANSACTION),
                "A long one keeps dead rows of the catalogue, of which the job leaves many"))
        : findings;
  }

  static List<Finding> vacuum(Examination at) {
    List<Finding> findings = new ArrayList<>();
    at.dsl()
        .select(text("c", "relname"))
        .from(view("pg_stat_progress_vacuum", "v"))
        .join(view("pg_class", "c"))
        .on(number("c", "oid").eq(number("v", "relid")))
        .where(isThisDatabase(number("v", "datid")), number("v", "relid").in(relations(at)))
        .orderBy(text("c", "relname"))
        .forEach(
            row ->
                findings.add(
                    Finding.advice(
                        "vacuum",
                        row.value1() + " is being vacuumed",
                        "A swap waits for it. Autovacuum gives way after deadlock_timeout unless it prevents"
                            + " wraparound; a manual VACUUM does not",
                        "Let it end first")));
    boolean on = at.settings().isOn("autovacuum");
    if (!on) {
      findings.add(
          Finding.advice(
              "vacuum",
              "autovacuum is off",
              "Each partition that is replaced leaves 463 dead rows in pg_attribute; planning slows down as they pile"
                  + " up",
              at.change("autovacuum", "on", false)));
    }
    return findings.isEmpty()
        ? List.of(
            Finding.ok(
                "vacuum",
                "autovacuum is on and at none of the job's tables",
                "It clears the catalogue's dead rows; new partitions are frozen and need none"))
        : findings;
  }
}
