package io.bqx.features;

/**
 * The type of a stored value. In memory every value is a {@code double}, with {@code NaN} for a
 * missing one.
 */
public enum FeatureType {
  /** Microseconds since 1970-01-01T00:00:00Z; only the row's own time has it. */
  TIMESTAMP,
  /** A finite number. */
  DOUBLE,
  /** 1 for true and 0 for false in memory. */
  BOOLEAN,
  /** A small whole number. */
  SMALLINT
}
