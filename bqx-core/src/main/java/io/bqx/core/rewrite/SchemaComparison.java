package io.bqx.core.rewrite;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PartitionedTable;
import io.bqx.core.catalog.TableColumn;
import io.bqx.features.FeatureColumn;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Compares the columns that a parent has with those that it should have, in order. */
final class SchemaComparison {

  private final PartitionedTable table;
  private final List<TableColumn> existing;

  SchemaComparison(PartitionedTable table, List<TableColumn> existing) {
    this.table = table;
    this.existing = existing;
  }

  /**
   * Refuses unless the table has exactly these columns.
   *
   * @throws BqxException naming the table and the first column that differs
   */
  void requireEqual(List<FeatureColumn> columns) {
    requireSameStart(columns);
    if (existing.size() != columns.size()) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot write rows of %d columns into %s: it has %d. Bring the table to the columns of the stages with ParentSchema, then run again",
              columns.size(),
              table,
              existing.size()));
    }
  }

  /**
   * Refuses unless the table's columns and these are the same as far as both go.
   *
   * @throws BqxException naming the table, the first column that differs and both types
   */
  void requireSameStart(List<FeatureColumn> columns) {
    for (int c = 0; c < Math.min(existing.size(), columns.size()); c++) {
      TableColumn is = existing.get(c);
      FeatureColumn wanted = columns.get(c);
      if (!is.name().equals(wanted.name())
          || !is.featureType().equals(Optional.of(wanted.type()))) {
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "Cannot use %s: its column %d is %s of type %s, but should be %s of type %s. Rename the table so that a new one is made, or choose another schema",
                table,
                c + 1,
                is.name(),
                is.sqlType(),
                wanted.name(),
                TableColumn.sqlTypeOf(wanted.type())));
      }
    }
  }

  /**
   * Refuses columns behind the given ones.
   *
   * @throws BqxException naming the table and the first column too many
   */
  void requireNoMoreThan(List<FeatureColumn> columns) {
    if (existing.size() > columns.size()) {
      TableColumn first = existing.get(columns.size());
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot use %s: it has %d columns after the %d that are known, the first of them %s of type %s. Drop them, or name the stage that they belong to",
              table,
              existing.size() - columns.size(),
              columns.size(),
              first.name(),
              first.sqlType()));
    }
  }
}
