package io.bqx.core.evaluation;

/** What forecasts are measured by, over all rows that were forecast and whose target is known. */
public enum Measure {
  /**
   * Spearman's rank correlation of the target and the forecast's difference from the training mean:
   * the information coefficient.
   */
  RANK_IC("rank IC"),
  /** Pearson's correlation of the same two. */
  IC("IC"),
  /**
   * The share of rows on which forecast and target have the same sign; rows with a 0 do not count.
   */
  DIRECTIONAL_ACCURACY("directional accuracy"),
  /**
   * {@code 1 - sum (y - forecast)^2 / sum (y - mean)^2}, where the mean is that of the training
   * rows; negative if the mean forecasts better.
   */
  R2("R2 out of sample"),
  /** As {@link #SHARPE}, if trading were free. */
  SHARPE_BEFORE_COSTS("Sharpe before costs"),
  /**
   * Mean by standard deviation of the profit of pieces of time as long as the target, times the
   * root of how many of them a year has.
   */
  SHARPE("Sharpe after costs"),
  /** Profit after costs in a year, as a share of the capital, without compounding. */
  NET_RETURN("return after costs per year"),
  /** What is bought and sold in a year, in multiples of the capital. */
  TURNOVER("turnover per year"),
  /**
   * The deepest fall of the summed profit after costs below an earlier height, a share of the
   * capital.
   */
  MAX_DRAWDOWN("maximum drawdown");

  private final String name;

  Measure(String name) {
    this.name = name;
  }

  /** The name in words: {@code "rank IC"}. */
  @Override
  public String toString() {
    return name;
  }
}
