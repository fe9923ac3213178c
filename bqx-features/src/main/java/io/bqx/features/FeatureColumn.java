package io.bqx.features;

/**
 * One column of a feature table.
 *
 * @param name the column's name, the same in memory, in SQL and in exported files
 * @param type the type of the stored values
 * @param stage the stage of the job that computes it: {@code "2.14"}; {@code "source"} for the
 *     row's own time
 * @param unit what one unit of the value is: {@code "index points"}, {@code "percent"}, {@code
 *     "fraction"}
 * @param lookback rows of the formula's input that precede the first present value on gapless input
 */
public record FeatureColumn(
    String name, FeatureType type, String stage, String unit, int lookback) {

  /** The time of the row, the first column of every feature table. */
  public static final FeatureColumn TS_UTC =
      new FeatureColumn("ts_utc", FeatureType.TIMESTAMP, "source", "microseconds UTC", 0);

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException if the name is not a lower-case identifier of at most 63
   *     characters, or the lookback is negative
   */
  public FeatureColumn {
    if (!name.matches("[a-z][a-z0-9_]{0,62}")) {
      throw new IllegalArgumentException(
          "'"
              + name
              + "' cannot name a column; use up to 63 lower-case letters, digits and underscores");
    }
    if (lookback < 0) {
      throw new IllegalArgumentException(
          "Column " + name + " has the negative lookback " + lookback);
    }
  }

  static FeatureColumn ofDouble(String name, String stage, String unit, int lookback) {
    return new FeatureColumn(name, FeatureType.DOUBLE, stage, unit, lookback);
  }
}
