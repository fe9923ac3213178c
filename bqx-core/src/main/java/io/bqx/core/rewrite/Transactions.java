package io.bqx.core.rewrite;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;

/**
 * Transactions on a connection that is taken for each and returned at once.
 *
 * <p>They wait for a lock only so long, are READ COMMITTED whatever the connection's default is,
 * without a {@code statement_timeout}, and every setting is local to the transaction.
 */
final class Transactions {

  /** Work in a transaction; its exceptions roll back. */
  @FunctionalInterface
  interface Work<T> {
    T in(Connection connection, DSLContext tx) throws SQLException;
  }

  private final DataSource dataSource;
  private final Duration lockTimeout;

  Transactions(DataSource dataSource, Duration lockTimeout) {
    this.dataSource = dataSource;
    this.lockTimeout = lockTimeout;
  }

  /** Does the work and commits. */
  <T> T commit(Work<T> work) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      boolean autoCommit = connection.getAutoCommit();
      if (autoCommit) {
        connection.setAutoCommit(false);
      }
      T result;
      try {
        DSLContext tx = DSL.using(connection, SQLDialect.POSTGRES);
        set(tx, "transaction_isolation", "read committed");
        set(tx, "statement_timeout", "0");
        set(tx, "lock_timeout", Long.toString(lockTimeout.toMillis()));
        result = work.in(connection, tx);
        connection.commit();
      } catch (SQLException | RuntimeException | Error e) {
        undo(connection, autoCommit, e);
        throw e;
      }
      if (autoCommit) {
        connection.setAutoCommit(true);
      }
      return result;
    }
  }

  private static void undo(Connection connection, boolean autoCommit, Throwable failure) {
    try {
      if (!connection.isClosed()) {
        connection.rollback();
        if (autoCommit) {
          connection.setAutoCommit(true);
        }
      }
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
  }

  /** Changes a setting until the end of the transaction. */
  static void set(DSLContext tx, String setting, String value) {
    tx.setLocal(DSL.name(setting), DSL.inline(value)).execute();
  }
}
