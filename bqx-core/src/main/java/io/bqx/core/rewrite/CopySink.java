package io.bqx.core.rewrite;

import io.bqx.core.copy.CopyWriter;
import java.sql.SQLException;
import java.util.Optional;

/** Hands rows to the COPY and keeps a sample of them, and the failure if the connection breaks. */
final class CopySink implements RowSink {

  private final CopyWriter writer;
  private final RowSample sample;
  private SQLException broken;

  CopySink(CopyWriter writer, RowSample sample) {
    this.writer = writer;
    this.sample = sample;
  }

  @Override
  public void write(byte[] buffer, int offset, int length) throws SQLException {
    try {
      writer.write(buffer, offset, length);
    } catch (SQLException e) {
      broken = e;
      throw e;
    }
    sample.see(buffer, offset, length);
  }

  /** The database's refusal of rows, if it has refused any. */
  Optional<SQLException> failure() {
    return Optional.ofNullable(broken);
  }
}
