package io.bqx.core.rewrite;

import java.sql.SQLException;

/** Takes the rows of a new partition. */
@FunctionalInterface
public interface RowSink {

  /**
   * Takes one or more whole rows in PostgreSQL's binary COPY format, without its header and
   * trailer. Blocks of 256 KiB and more are best. The buffer may be used again after the call.
   *
   * @throws SQLException if the server refuses them; the rewrite has then failed and no more rows
   *     may follow
   */
  void write(byte[] buffer, int offset, int length) throws SQLException;
}
