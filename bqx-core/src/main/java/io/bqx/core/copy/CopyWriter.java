package io.bqx.core.copy;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Binary COPY into a table, with an explicit column list.
 *
 * <p>If anything fails before {@link #finish()} returns, the state of the connection is unknown:
 * {@link #close()} then aborts it, so that no pool hands it out again.
 */
public final class CopyWriter implements AutoCloseable {

  private static final byte[] HEADER = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
  };
  private static final byte[] TRAILER = {(byte) 0xff, (byte) 0xff};

  private final Connection connection;
  private final CopyIn copy;
  private final String sql;
  private final CopyProgress progress;
  private boolean finished;

  private CopyWriter(Connection connection, CopyIn copy, String sql, CopyProgress progress) {
    this.connection = connection;
    this.copy = copy;
    this.sql = sql;
    this.progress = progress;
  }

  /**
   * Starts a COPY into the given columns of a table, on a connection that nothing else uses until
   * {@link #close()}.
   *
   * @param freeze whether rows are visible to every snapshot; the table must have been created in
   *     this transaction
   * @throws SQLException if the server refuses, for example because a column is missing
   */
  public static CopyWriter open(
      Connection connection, Table<?> table, List<? extends Field<?>> columns, boolean freeze)
      throws SQLException {
    String sql = copyInto(table, columns, freeze);
    CopyProgress progress = CopyProgress.of(connection);
    CopyIn copy;
    progress.callBegins(sql);
    try {
      copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(sql);
    } finally {
      progress.callEnds();
    }
    CopyWriter writer = new CopyWriter(connection, copy, sql, progress);
    try {
      writer.write(HEADER, 0, HEADER.length);
    } catch (SQLException e) {
      writer.close();
      throw e;
    }
    return writer;
  }

  private static String copyInto(Table<?> table, List<? extends Field<?>> columns, boolean freeze) {
    DSLContext dsl = DSL.using(SQLDialect.POSTGRES);
    StringBuilder names = new StringBuilder();
    for (Field<?> column : columns) {
      names.append(names.length() == 0 ? "" : ", ").append(dsl.render(DSL.name(column.getName())));
    }
    return String.format(
        Locale.ROOT,
        "COPY %s (%s) FROM STDIN (FORMAT binary%s)",
        dsl.render(table),
        names,
        freeze ? ", FREEZE" : "");
  }

  /** Sends whole encoded rows; large blocks are best. */
  public void write(byte[] rows, int offset, int length) throws SQLException {
    progress.callBegins(sql);
    try {
      copy.writeToCopy(rows, offset, length);
    } finally {
      progress.callEnds();
    }
  }

  /**
   * Ends the COPY.
   *
   * @return the rows that the server says it has stored
   */
  public long finish() throws SQLException {
    write(TRAILER, 0, TRAILER.length);
    progress.callBegins(sql);
    try {
      long rows = copy.endCopy();
      finished = true;
      return rows;
    } finally {
      progress.callEnds();
    }
  }

  /** Does nothing after {@link #finish()}; otherwise aborts the connection. */
  @Override
  public void close() throws SQLException {
    if (!finished) {
      connection.abort(Runnable::run);
    }
  }
}
