package io.bqx.core.catalog;

import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.util.Objects;
import org.jooq.Field;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * The partitioned parent table of one family and currency pair, such as {@code reg_bqx_eurusd}, as
 * jOOQ objects. It says what the table is called, not whether it exists: that answers {@link
 * PartitionCatalog}.
 */
public final class PairTable implements Comparable<PairTable> {

  private final String schema;
  private final TableFamily family;
  private final CurrencyPair pair;

  private PairTable(String schema, TableFamily family, CurrencyPair pair) {
    this.schema = schema;
    this.family = family;
    this.pair = pair;
  }

  /**
   * The table of a family and pair.
   *
   * @param schema the schema's name as PostgreSQL stores it, without quotes; any characters
   * @throws IllegalArgumentException if the schema's name is blank, longer than 63 bytes in UTF-8,
   *     or has a zero character: PostgreSQL would refuse or truncate it
   */
  public static PairTable of(String schema, TableFamily family, CurrencyPair pair) {
    Identifiers.requireValid("schema", schema);
    return new PairTable(
        schema, Objects.requireNonNull(family, "family"), Objects.requireNonNull(pair, "pair"));
  }

  /** The schema's name, unquoted. */
  public String schema() {
    return schema;
  }

  /** The kind of table. */
  public TableFamily family() {
    return family;
  }

  /** The currency pair. */
  public CurrencyPair pair() {
    return pair;
  }

  /** The table's name without its schema: {@code "reg_bqx_eurusd"}. */
  public String name() {
    return family.prefix() + "_" + pair.name();
  }

  /** The table, qualified by its schema. */
  public Table<?> table() {
    return DSL.table(DSL.name(schema, name()));
  }

  /** The column that the table is partitioned by: microseconds UTC, never null. */
  public Field<LocalDateTime> time() {
    return DSL.field(DSL.name(schema, name(), family.timeColumn()), SQLDataType.LOCALDATETIME);
  }

  /** A column of this table, with the SQL type of its feature type. */
  public Field<?> field(FeatureColumn column) {
    return DSL.field(DSL.name(schema, name(), column.name()), SqlTypes.of(column.type()));
  }

  /** The partition of a calendar month (UTC). */
  public Partition partition(YearMonth month) {
    return new Partition(this, Objects.requireNonNull(month, "month"));
  }

  /** By schema, then name. */
  @Override
  public int compareTo(PairTable other) {
    int bySchema = schema.compareTo(other.schema);
    return bySchema != 0 ? bySchema : name().compareTo(other.name());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PairTable table
        && schema.equals(table.schema)
        && family == table.family
        && pair.equals(table.pair);
  }

  @Override
  public int hashCode() {
    return Objects.hash(schema, family, pair);
  }

  /** The schema and the name, for messages: {@code bqx.reg_bqx_eurusd}. */
  @Override
  public String toString() {
    return schema + "." + name();
  }
}
