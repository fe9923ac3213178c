package io.bqx.core.rewrite;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * Transactions on a connection that is taken for each and returned at once.
 *
 * <p>They wait for a lock only so long, are READ COMMITTED whatever the connection's default is,
 * without a {@code statement_timeout}, and every setting is local to the transaction. The server
 * uses no parallel workers for them: each takes it some 25 ms of CPU per partition, and the cores
 * are busy with other partitions.
 */
final class Transactions {

  /** Work in a transaction; its exceptions roll back. */
  @FunctionalInterface
  interface Work<T> {
    T in(Connection connection, DSLContext tx) throws SQLException;
  }

  private final DataSource dataSource;
  private final Map<String, String> settings;

  Transactions(DataSource dataSource, Duration lockTimeout) {
    this(dataSource, lockTimeout, Map.of());
  }

  /**
   * Transactions with settings of their own.
   *
   * @param more settings besides those that all have, by name
   */
  Transactions(DataSource dataSource, Duration lockTimeout, Map<String, String> more) {
    this.dataSource = dataSource;
    long millis = Math.min(lockTimeout.toMillis(), Integer.MAX_VALUE);
    Map<String, String> all = new LinkedHashMap<>();
    all.put("statement_timeout", "0");
    all.put("lock_timeout", Long.toString(millis));
    all.put("max_parallel_workers_per_gather", "0");
    all.put("max_parallel_maintenance_workers", "0");
    all.putAll(more);
    this.settings = all;
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
        // Before the first query, which would be too late for it.
        tx.setLocal(DSL.name("transaction_isolation"), DSL.inline("read committed")).execute();
        set(tx, settings);
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
    set(tx, Map.of(setting, value));
  }

  private static void set(DSLContext tx, Map<String, String> settings) {
    tx.select(
            settings.entrySet().stream()
                .map(setting -> setLocal(setting.getKey(), setting.getValue()))
                .toList())
        .fetch();
  }

  private static Field<String> setLocal(String setting, String value) {
    return DSL.function(
        DSL.name("pg_catalog", "set_config"),
        SQLDataType.VARCHAR,
        DSL.inline(setting),
        DSL.val(value),
        DSL.inline(true));
  }
}
