package io.bqx.core.catalog;

/**
 * Something about a table that would make a rewrite fail or lose information.
 *
 * @param parent the partitioned table
 * @param kind the kind of problem
 * @param message what it is, on which object, and what to do about it
 */
public record CatalogProblem(PartitionedTable parent, Kind kind, String message) {

  /** Kinds of problems. */
  public enum Kind {
    /** The table is not partitioned by range on exactly its time column. */
    PARTITION_KEY,
    /** The table has a default partition. */
    DEFAULT_PARTITION,
    /** A concurrent detach was interrupted. */
    PENDING_DETACH,
    /** The bounds of a partition are not one whole calendar month. */
    NOT_ONE_MONTH,
    /** The time column has no unique index. */
    NO_UNIQUE_TIME,
    /** The table has, with dropped ones, more columns than PostgreSQL allows to add to. */
    TOO_MANY_COLUMNS,
    /** A row in which every column has a value does not fit a page. */
    ROW_TOO_WIDE,
    /** A column has a type that no feature has. */
    FOREIGN_TYPE
  }
}
