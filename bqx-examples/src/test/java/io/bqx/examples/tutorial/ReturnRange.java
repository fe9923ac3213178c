package io.bqx.examples.tutorial;

import io.bqx.core.stage.Stage;
import io.bqx.core.stage.StageSource;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureFrame;
import io.bqx.features.FeatureType;
import io.bqx.features.Formula;
import io.bqx.features.Series;
import java.util.List;

/** Highest less lowest backward return of the last rows; missing where one of them is. */
record ReturnRange(int window) implements Formula<Series> {

  static Stage<Series> stage(int window) {
    return Stage.computing("own.2", StageSource.BQX_RETURN, new ReturnRange(window))
        .parameters("window=" + window)
        .build();
  }

  @Override
  public List<FeatureColumn> columns() {
    String name = "return_range_" + window;
    return List.of(new FeatureColumn(name, FeatureType.DOUBLE, "own.2", "fraction", lookback()));
  }

  @Override
  public int lookback() {
    return window - 1;
  }

  @Override
  public FeatureFrame compute(Series returns) {
    FeatureFrame out = FeatureFrame.allocate(returns.axis(), columns());
    computeInto(returns, out);
    return out;
  }

  @Override
  public void computeInto(Series returns, FeatureFrame out) {
    for (int row = 0; row < returns.rows(); row++) {
      double high = row < lookback() ? Double.NaN : returns.value(row);
      double low = high;
      for (int i = row - lookback(); i >= 0 && i <= row; i++) {
        high = Math.max(high, returns.value(i));
        low = Math.min(low, returns.value(i));
      }
      out.unsafeColumn(0)[row] = high - low;
    }
  }
}
