package io.bqx.core.run;

import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureFrame;
import io.bqx.features.Formula;
import java.util.List;

/** Another formula under other column names, as a stage of a user's own. */
record Renamed<I>(Formula<I> formula, String prefix) implements Formula<I> {

  @Override
  public List<FeatureColumn> columns() {
    return formula.columns().stream()
        .map(c -> new FeatureColumn(prefix + c.name(), c.type(), "3.1", c.unit(), c.lookback()))
        .toList();
  }

  @Override
  public int lookback() {
    return formula.lookback();
  }

  @Override
  public FeatureFrame compute(I input) {
    FeatureFrame computed = formula.compute(input);
    FeatureFrame renamed = FeatureFrame.allocate(computed.axis(), columns());
    for (int c = 0; c < computed.columns().size(); c++) {
      System.arraycopy(computed.unsafeColumn(c), 0, renamed.unsafeColumn(c), 0, computed.rows());
    }
    return renamed;
  }

  @Override
  public void computeInto(I input, FeatureFrame out) {
    throw new UnsupportedOperationException("The engine computes new frames");
  }
}
