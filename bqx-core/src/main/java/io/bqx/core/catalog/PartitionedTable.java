package io.bqx.core.catalog;

import io.bqx.features.FeatureColumn;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.util.Objects;
import org.jooq.Field;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * A partitioned parent table, of a pair or of the market, as jOOQ objects. It says what the table
 * is called, not whether it exists: that answers {@link PartitionCatalog}.
 */
public abstract sealed class PartitionedTable implements Comparable<PartitionedTable>
    permits PairTable, MarketTable {

  private final String schema;
  private final TableFamily family;
  private final Scope scope;

  PartitionedTable(String schema, TableFamily family, Scope scope) {
    Identifiers.requireValid("schema", schema);
    Objects.requireNonNull(family, "family");
    if (!family.has(scope)) {
      throw new IllegalArgumentException(
          "There is no table of " + scope + " among those of the family " + family.prefix());
    }
    this.schema = schema;
    this.family = family;
    this.scope = scope;
  }

  /**
   * The table of a family and scope.
   *
   * @param schema the schema's name as PostgreSQL stores it, without quotes; any characters
   * @throws IllegalArgumentException if the family has no table of that scope, or the schema's name
   *     is blank, longer than 63 bytes in UTF-8, or has a zero character
   */
  public static PartitionedTable of(String schema, TableFamily family, Scope scope) {
    return scope.isMarket() && family == TableFamily.MARKET
        ? MarketTable.of(schema)
        : PairTable.of(
            schema,
            family,
            scope
                .pair()
                .orElseThrow(
                    () ->
                        new IllegalArgumentException(
                            "The family " + family.prefix() + " has a table per pair")));
  }

  /** The schema's name, unquoted. */
  public final String schema() {
    return schema;
  }

  /** The kind of table. */
  public final TableFamily family() {
    return family;
  }

  /** What its rows are about. */
  public final Scope scope() {
    return scope;
  }

  /** The table's name without its schema: {@code "reg_bqx_eurusd"}. */
  public final String name() {
    return scope.isMarket() ? family.prefix() : family.prefix() + "_" + scope.name();
  }

  /** The table, qualified by its schema. */
  public final Table<?> table() {
    return DSL.table(DSL.name(schema, name()));
  }

  /** The column that the table is partitioned by: microseconds UTC, never null. */
  public final Field<LocalDateTime> time() {
    return DSL.field(DSL.name(schema, name(), family.timeColumn()), SQLDataType.LOCALDATETIME);
  }

  /** A column of this table, with the SQL type of its feature type. */
  public final Field<?> field(FeatureColumn column) {
    return DSL.field(DSL.name(schema, name(), column.name()), SqlTypes.of(column.type()));
  }

  /** The partition of a calendar month (UTC). */
  public final Partition partition(YearMonth month) {
    return new Partition(this, Objects.requireNonNull(month, "month"));
  }

  /** By schema, then name. */
  @Override
  public final int compareTo(PartitionedTable other) {
    int bySchema = schema.compareTo(other.schema);
    return bySchema != 0 ? bySchema : name().compareTo(other.name());
  }

  @Override
  public final boolean equals(Object other) {
    return other instanceof PartitionedTable table
        && schema.equals(table.schema)
        && family == table.family
        && scope.equals(table.scope);
  }

  @Override
  public final int hashCode() {
    return Objects.hash(schema, family, scope);
  }

  /** The schema and the name, for messages: {@code bqx.reg_bqx_eurusd}. */
  @Override
  public final String toString() {
    return schema + "." + name();
  }
}
