package io.bqx.core.doctor;

import java.sql.SQLException;
import java.util.List;

/**
 * Something to look at.
 *
 * @param topic what its findings are about, for the case that it cannot be read
 */
record Check(String topic, Reading reading) {

  /** Reads and judges; changes nothing. */
  @FunctionalInterface
  interface Reading {
    List<Finding> of(Examination examination) throws SQLException;
  }
}
