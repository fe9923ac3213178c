package io.bqx.features;

import io.bqx.features.testing.Discrepancies;
import java.util.function.ToDoubleFunction;

/**
 * How far market features may be from the exact ones: {@code momentum_roc} divides by an index that
 * is itself good to 1e-12, everything else as {@link Discrepancies#SPECIFIED}.
 */
final class MarketTolerance implements Discrepancies.Tolerance {

  private ToDoubleFunction<String> exactRow;

  /** Turns to a row, given by its exact values by column name. */
  void turnTo(ToDoubleFunction<String> newRow) {
    exactRow = newRow;
  }

  @Override
  public double allowed(String column, double exact) {
    double specified = Discrepancies.SPECIFIED.allowed(column, exact);
    if (!column.contains("_momentum_roc_") || exact == 0) {
      return specified;
    }
    double momentum = exactRow.applyAsDouble(column.replace("_roc_", "_"));
    double first = 100 * Math.abs(momentum / exact);
    return Math.max(1e-9 * Math.abs(exact), (200 + Math.abs(exact)) * 1e-12 / first);
  }
}
