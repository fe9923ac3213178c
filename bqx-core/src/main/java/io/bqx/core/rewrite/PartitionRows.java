package io.bqx.core.rewrite;

import io.bqx.features.FeatureColumn;
import java.sql.SQLException;
import java.util.List;

/** The content of a new partition, written once and in order. */
public interface PartitionRows {

  /** All columns of the table in order, the time first. */
  List<FeatureColumn> columns();

  /**
   * Writes all rows, ascending in time, and nothing else to the database connection behind the
   * sink.
   *
   * @return the number of rows written, which must equal what the server counts
   * @throws SQLException from the sink, or from reading the source
   */
  long writeTo(RowSink sink) throws SQLException;
}
