package io.bqx.core.catalog;

/** The kinds of tables, all partitioned by month: one per currency pair, or one for the market. */
public enum TableFamily {
  /** One-minute bars. */
  M1("m1", "time"),
  /** The rate index and its backward returns. */
  BQX("bqx", "ts_utc"),
  /** Regression terms of the rate index. */
  REG_RATE("reg_rate", "ts_utc"),
  /**
   * Regression terms of the backward returns, their covariances and, in the wide layout, the market
   * features.
   */
  REG_BQX("reg_bqx", "ts_utc"),
  /** The market features in the shared layout: one table for all pairs. */
  MARKET("market_features", "ts_utc");

  private final String prefix;
  private final String timeColumn;

  TableFamily(String prefix, String timeColumn) {
    this.prefix = prefix;
    this.timeColumn = timeColumn;
  }

  /**
   * What the names of its tables begin with, without the underscore: {@code "reg_bqx"}; the whole
   * name of the market's table.
   */
  public String prefix() {
    return prefix;
  }

  /**
   * The column that the tables are partitioned by, a {@code timestamp} in UTC and unique in a
   * table.
   */
  public String timeColumn() {
    return timeColumn;
  }

  /** Whether it has a table of the given scope. */
  public boolean has(Scope scope) {
    return scope.isMarket() == (this == MARKET);
  }
}
