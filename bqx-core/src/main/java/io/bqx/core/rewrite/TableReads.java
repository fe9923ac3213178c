package io.bqx.core.rewrite;

import io.bqx.core.catalog.PartitionedTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.exception.DataAccessException;

/**
 * Reads of tables that others may be altering: a lock is waited for as {@link SwapPolicy} says and
 * not without end, and no {@code statement_timeout} of the role or the database cuts a read short.
 */
public final class TableReads {

  /** What is read. */
  @FunctionalInterface
  public interface Read<T> {
    /** Reads on a connection that is in a transaction. */
    T in(Connection connection, DSLContext tx) throws SQLException;
  }

  private final LockedTransactions locked;
  private final Transactions patient;

  /**
   * Reads of the tables of a database.
   *
   * @param onWait hears of each try in vain, on the thread that reads
   */
  public TableReads(DataSource dataSource, SwapPolicy policy, Consumer<LockWait> onWait) {
    this.locked = new LockedTransactions(dataSource, policy, onWait);
    this.patient = new Transactions(dataSource, policy.longestWait());
  }

  /**
   * Reads a table, from the beginning again if its lock was not to be had in time.
   *
   * @throws io.bqx.core.retry.RetriesExhaustedException if it was not to be had in all tries; it
   *     says who had it
   */
  public <T> T of(PartitionedTable table, Read<T> read) throws SQLException {
    try {
      return locked
          .commit(
              new LockedTransactions.Attempt("read", table.toString(), "Nothing has changed"),
              tx -> LockHolder.of(tx, ParentSchema.relationsOf(tx, table)),
              read::in)
          .result();
    } catch (DataAccessException e) {
      throw ofServer(e);
    }
  }

  /**
   * Reads something that cannot be read twice; a lock is waited for once, as long as all tries
   * would.
   */
  public <T> T once(Read<T> read) throws SQLException {
    try {
      return patient.commit(read::in);
    } catch (DataAccessException e) {
      throw ofServer(e);
    }
  }

  /** What the server or the driver said, without the statement that jOOQ puts before it. */
  private static SQLException ofServer(DataAccessException e) {
    SQLException cause = e.getCause(SQLException.class);
    return cause == null ? new SQLException(e.getMessage(), e) : cause;
  }
}
