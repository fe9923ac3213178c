package io.bqx.core.watch;

import static org.jooq.impl.DSL.currentCatalog;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.function;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.table;
import static org.jooq.impl.DSL.val;

import io.bqx.core.rewrite.LockHolder;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;
import org.jooq.types.DayToSecond;
import org.postgresql.PGConnection;

/** {@code pg_stat_activity} and {@code pg_blocking_pids}. */
final class PgServerView implements ServerView {

  private static final Table<?> ACTIVITY = table(name("pg_catalog", "pg_stat_activity")).as("a");
  private static final Field<Integer> PID = field(name("a", "pid"), SQLDataType.INTEGER);
  private static final Field<String> STATE = field(name("a", "state"), SQLDataType.VARCHAR);
  private static final Field<String> WAIT_TYPE =
      field(name("a", "wait_event_type"), SQLDataType.VARCHAR);
  private static final Field<String> WAIT_EVENT =
      field(name("a", "wait_event"), SQLDataType.VARCHAR);
  private static final Field<OffsetDateTime> QUERY_START =
      field(name("a", "query_start"), SQLDataType.TIMESTAMPWITHTIMEZONE);
  private static final Field<Instant> BACKEND_START =
      field(name("a", "backend_start"), SQLDataType.INSTANT);
  private static final Field<Integer[]> BLOCKED_BY =
      function(name("pg_catalog", "pg_blocking_pids"), SQLDataType.INTEGER.array(), PID);

  private final DataSource dataSource;
  private final Duration patience;

  /**
   * A view of the database behind the data source.
   *
   * @param patience how long an answer of the server is waited for
   */
  PgServerView(DataSource dataSource, Duration patience) {
    this.dataSource = dataSource;
    this.patience = patience;
  }

  @Override
  public Optional<Map<Integer, ServerSession>> sessions(Collection<Integer> pids)
      throws SQLException {
    return ask(
        (connection, dsl) ->
            seesProcesses(connection, dsl)
                ? Optional.of(read(dsl, pids))
                : Optional.<Map<Integer, ServerSession>>empty());
  }

  @Override
  public boolean end(int pid, Duration olderThan) throws SQLException {
    return ask(
        (connection, dsl) ->
            seesProcesses(connection, dsl)
                && dsl.select(
                        function(
                            name("pg_catalog", "pg_terminate_backend"), SQLDataType.BOOLEAN, PID))
                    .from(ACTIVITY)
                    .where(
                        PID.eq(pid),
                        field(name("a", "datname"), SQLDataType.VARCHAR).eq(currentCatalog()),
                        field(name("a", "usename"), SQLDataType.VARCHAR).eq(ownUser()),
                        BACKEND_START.le(
                            DSL.function(name("pg_catalog", "clock_timestamp"), SQLDataType.INSTANT)
                                .minus(val(DayToSecond.valueOf(olderThan)))))
                    .fetchOptional()
                    .map(row -> row.value1())
                    .orElse(false));
  }

  /**
   * Whether the driver's process numbers are the server's; a pooler between them makes up its own.
   */
  private static boolean seesProcesses(Connection connection, DSLContext dsl) throws SQLException {
    int own =
        dsl.select(function(name("pg_catalog", "pg_backend_pid"), SQLDataType.INTEGER))
            .fetchSingle()
            .value1();
    return connection.isWrapperFor(PGConnection.class)
        && connection.unwrap(PGConnection.class).getBackendPID() == own;
  }

  /** Who has logged in, which {@code current_user} is not after {@code SET ROLE}. */
  private static Field<String> ownUser() {
    return field(
        select(field(name("o", "usename"), SQLDataType.VARCHAR))
            .from(table(name("pg_catalog", "pg_stat_activity")).as("o"))
            .where(
                field(name("o", "pid"), SQLDataType.INTEGER)
                    .eq(function(name("pg_catalog", "pg_backend_pid"), SQLDataType.INTEGER))));
  }

  private static Map<Integer, ServerSession> read(DSLContext dsl, Collection<Integer> pids) {
    Map<Integer, ServerSession> sessions = new HashMap<>();
    dsl.select(PID, STATE, WAIT_TYPE, WAIT_EVENT, QUERY_START, BLOCKED_BY)
        .from(ACTIVITY)
        .where(PID.in(pids))
        .fetch()
        .forEach(
            row ->
                sessions.put(
                    row.value1(),
                    new ServerSession(
                        row.value2() == null ? "state not visible" : row.value2(),
                        Optional.ofNullable(row.value3()),
                        Optional.ofNullable(row.value4()),
                        Optional.ofNullable(row.value5()).map(OffsetDateTime::toInstant),
                        holders(dsl, row.value6()))));
    return sessions;
  }

  private static List<LockHolder> holders(DSLContext dsl, Integer[] pids) {
    Set<Integer> distinct = new TreeSet<>(Arrays.asList(pids));
    return distinct.isEmpty() ? List.of() : LockHolder.ofProcesses(dsl, distinct);
  }

  /** A question to the server. */
  @FunctionalInterface
  private interface Question<T> {
    T ask(Connection connection, DSLContext dsl) throws SQLException;
  }

  private <T> T ask(Question<T> question) throws SQLException {
    int millis = Math.toIntExact(patience.toMillis());
    try (Connection connection = dataSource.getConnection()) {
      int usual = connection.getNetworkTimeout();
      connection.setNetworkTimeout(Runnable::run, millis);
      boolean autoCommit = connection.getAutoCommit();
      connection.setAutoCommit(false);
      try {
        DSLContext dsl = DSL.using(connection, SQLDialect.POSTGRES);
        // After a SET ROLE a user would no longer see, nor could end, the sessions of his own
        // login.
        dsl.setLocal(name("role"), inline("none")).execute();
        for (String timeout : List.of("statement_timeout", "lock_timeout")) {
          dsl.setLocal(name(timeout), inline(Integer.toString(millis))).execute();
        }
        T answer = question.ask(connection, dsl);
        connection.commit();
        connection.setAutoCommit(autoCommit);
        connection.setNetworkTimeout(Runnable::run, usual);
        return answer;
      } catch (SQLException | RuntimeException e) {
        connection.abort(Runnable::run);
        throw e;
      }
    } catch (DataAccessException e) {
      throw new SQLException(e.getMessage(), e.sqlState(), e);
    }
  }
}
