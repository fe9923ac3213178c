package io.bqx.core.ingest;

import io.bqx.core.BqxException;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;

/** The database refused to take a file's bars, and nothing of the file was loaded. */
public final class BarLoadException extends BqxException {

  private static final long serialVersionUID = 1L;

  private final String sqlState;

  BarLoadException(String attempt, SQLException cause) {
    super(message(attempt, serverError(cause)), cause);
    this.sqlState = serverError(cause).getSQLState();
  }

  private static String message(String attempt, SQLException error) {
    return String.format(
        Locale.ROOT,
        "Cannot %s: %s (SQLSTATE %s). Nothing of it was loaded; remove the cause and import again.",
        attempt,
        error.getMessage(),
        error.getSQLState());
  }

  /** The error of the statement that failed, where it is wrapped into that of a batch. */
  private static SQLException serverError(SQLException cause) {
    SQLException next = cause.getNextException();
    return cause instanceof BatchUpdateException && next != null ? next : cause;
  }

  /** The SQLSTATE that the server or the driver gave. */
  public Optional<String> sqlState() {
    return Optional.ofNullable(sqlState);
  }
}
