package io.bqx.core.retry;

import io.bqx.core.CancelledException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.Set;

/**
 * Tells the database errors that pass by themselves from those that do not, by SQLSTATE only.
 *
 * <p>The SQLSTATE of an error is the first one found in the error itself, then in the chain of its
 * {@link SQLException#getNextException()}, then in its cause, and so on. Suppressed errors do not
 * count: a rollback that fails after a check violation does not make the violation transient. A
 * database error that has none, but an {@link IOException} as its cause, is 08006: so the driver
 * tells that it could not close a connection in order.
 */
public final class TransientSqlState {

  private static final String CONNECTION_CLASS = "08";
  private static final String CONNECTION_FAILURE = "08006";
  private static final String READ_ONLY_SERVER = "25006";
  private static final Set<String> SHUTDOWN =
      Set.of(
          "25P03", // idle_in_transaction_session_timeout
          "57P01", // admin_shutdown
          "57P02", // crash_shutdown
          "57P03"); // cannot_connect_now
  private static final Set<String> CONTENTION =
      Set.of(
          "53300", // too_many_connections
          "40001", // serialization_failure
          "40P01", // deadlock_detected
          "55P03"); // lock_not_available

  private TransientSqlState() {}

  /**
   * Whether the same work may succeed a little later on a new connection.
   *
   * <p>True for class 08 (connection), 57P01 to 57P03 (server stopping or starting), 25P03 (session
   * ended for its silence), 53300 (too many connections), 40001 (serialization), 40P01 (deadlock),
   * 55P03 (lock timeout) and 25006 (read-only server: after a failover the former writer answers).
   * False for every other state, also for 57014 (statement cancelled) and 0A000, for errors that
   * have none, and for a {@link CancelledException} or a {@link RetriesExhaustedException},
   * whatever caused it.
   */
  public static boolean isTransient(Throwable error) {
    return !(error instanceof CancelledException)
        && !(error instanceof RetriesExhaustedException)
        && sqlStateOf(error)
            .filter(state -> losesTheConnection(state) || CONTENTION.contains(state))
            .isPresent();
  }

  /**
   * Whether the connection on which the error arose must not be used again, not even by way of a
   * pool: class 08, 57P01 to 57P03, 25P03 and 25006.
   */
  public static boolean isConnectionUnusable(Throwable error) {
    return sqlStateOf(error).filter(TransientSqlState::losesTheConnection).isPresent();
  }

  /** The SQLSTATE of an error, if it has one. */
  public static Optional<String> sqlStateOf(Throwable error) {
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Throwable t = error; t != null && seen.add(t); t = t.getCause()) {
      if (t instanceof SQLException first) {
        for (SQLException e = first; e != null; e = e.getNextException()) {
          if (e != first && !seen.add(e)) {
            break;
          }
          if (e.getSQLState() != null && !e.getSQLState().isEmpty()) {
            return Optional.of(e.getSQLState());
          }
          if (e.getCause() instanceof IOException) {
            return Optional.of(CONNECTION_FAILURE);
          }
        }
      }
    }
    return Optional.empty();
  }

  private static boolean losesTheConnection(String state) {
    return state.startsWith(CONNECTION_CLASS)
        || SHUTDOWN.contains(state)
        || state.equals(READ_ONLY_SERVER);
  }
}
