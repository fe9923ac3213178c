package io.bqx.core.run;

import io.bqx.features.FeatureColumn;

/** The range that the values of a column must lie in by their definition. */
record ValueRange(double least, double greatest) {

  private static final double ROUNDING = 1e-9;

  static ValueRange of(FeatureColumn column) {
    String name = column.name();
    if (name.contains("_coherence_")) {
      return new ValueRange(-1 - ROUNDING, 1 + ROUNDING);
    }
    if (name.endsWith("_consensus") || name.endsWith("_arbitrage_opportunity")) {
      return new ValueRange(0, 1);
    }
    if (name.endsWith("_arbitrage_direction")) {
      return new ValueRange(-1, 1);
    }
    if (name.endsWith("_r2")) {
      return new ValueRange(Double.NEGATIVE_INFINITY, 1 + ROUNDING);
    }
    return isNeverNegative(name)
        ? new ValueRange(0, Double.MAX_VALUE)
        : new ValueRange(-Double.MAX_VALUE, Double.MAX_VALUE);
  }

  private static boolean isNeverNegative(String name) {
    return name.equals("rate_index")
        || name.endsWith("_rmse")
        || (name.contains("_bqx_") && name.endsWith("_index"))
        || name.contains("_volatility")
        || name.endsWith("_bqx_range")
        || name.endsWith("_dispersion");
  }

  /** Whether a present value lies in the range. */
  boolean holds(double value) {
    return value >= least && value <= greatest;
  }
}
