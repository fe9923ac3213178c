package io.bqx.core.run;

import io.bqx.features.FeatureColumn;

/**
 * How far a stored value may be from its recomputation: section 2 of {@code docs/features.md},
 * which also holds for tables made elsewhere.
 */
final class Tolerance {

  private static final double RELATIVE = 1e-9;
  private static final double ABSOLUTE = 1e-12;

  private Tolerance() {}

  /** Whether a stored value agrees with its recomputation; two missing values do. */
  static boolean agree(FeatureColumn column, double stored, double computed) {
    if (Double.isNaN(stored) || Double.isNaN(computed)) {
      return Double.isNaN(stored) && Double.isNaN(computed);
    }
    double error = Math.abs(stored - computed);
    return error <= Math.max(RELATIVE * Math.abs(computed), ABSOLUTE)
        || (isRateOfChange(column) && error <= RELATIVE * (200 + Math.abs(computed)));
  }

  private static boolean isRateOfChange(FeatureColumn column) {
    return column.name().contains("_momentum_roc_");
  }
}
