package io.bqx.core.copy;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Hears of the calls of a COPY on a connection.
 *
 * <p>A connection that wants to hear of them {@linkplain Connection#unwrap unwraps} to this
 * interface. Calls come from the thread that uses the connection.
 */
public interface CopyProgress {

  /** Hears nothing. */
  CopyProgress NONE =
      new CopyProgress() {
        @Override
        public void callBegins(String sql) {}

        @Override
        public void callEnds() {}
      };

  /** A call that may wait for the server begins; it belongs to the given statement. */
  void callBegins(String sql);

  /** That call has ended, well or not. */
  void callEnds();

  /** Who wants to hear of the COPYs of a connection. */
  static CopyProgress of(Connection connection) throws SQLException {
    return connection.isWrapperFor(CopyProgress.class)
        ? connection.unwrap(CopyProgress.class)
        : NONE;
  }
}
