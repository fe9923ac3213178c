package io.bqx.core.catalog;

/**
 * The partitioned parent table {@code market_features} of the shared layout, as jOOQ objects: one
 * row per timestamp at which any pair has a bar.
 */
public final class MarketTable extends PartitionedTable {

  private MarketTable(String schema) {
    super(schema, TableFamily.MARKET, Scope.MARKET);
  }

  /**
   * The market's table in a schema.
   *
   * @param schema the schema's name as PostgreSQL stores it, without quotes; any characters
   * @throws IllegalArgumentException if the schema's name is blank, longer than 63 bytes in UTF-8,
   *     or has a zero character
   */
  public static MarketTable of(String schema) {
    return new MarketTable(schema);
  }
}
