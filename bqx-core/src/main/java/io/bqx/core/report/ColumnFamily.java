package io.bqx.core.report;

/**
 * Columns of one stage that have the same meaning for different windows, currencies, pairs or
 * blocs, over all partitions that are stored.
 *
 * @param stage the stage's id
 * @param name what they have in common: {@code "basket momentum"}
 * @param columns how many columns of a table
 * @param values rows times columns, over all partitions
 * @param nulls missing values among them
 */
public record ColumnFamily(String stage, String name, int columns, long values, long nulls) {

  /** The share of missing values, 0 to 1; 0 if there are no values at all. */
  public double nullShare() {
    return values == 0 ? 0 : (double) nulls / values;
  }
}
