package io.bqx.core.stage;

import io.bqx.features.BackwardReturns;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureFrame;
import io.bqx.features.Formula;
import io.bqx.features.Series;
import io.bqx.features.Windows;
import java.util.ArrayList;
import java.util.List;

/** The columns of {@code bqx_{pair}}: the rate index itself, then the backward returns over it. */
final class IndexAndReturns implements Formula<Series> {

  private final BackwardReturns returns;
  private final FeatureColumn index;

  IndexAndReturns(Windows windows, FeatureColumn index) {
    this.returns = BackwardReturns.of(windows);
    this.index = index;
  }

  @Override
  public List<FeatureColumn> columns() {
    List<FeatureColumn> columns = new ArrayList<>();
    columns.add(index);
    columns.addAll(returns.columns());
    return List.copyOf(columns);
  }

  @Override
  public int lookback() {
    return returns.lookback();
  }

  @Override
  public FeatureFrame compute(Series rateIndex) {
    FeatureFrame copy = FeatureFrame.allocate(rateIndex.axis(), List.of(index));
    System.arraycopy(rateIndex.toArray(), 0, copy.unsafeColumn(0), 0, rateIndex.rows());
    return copy.and(returns.compute(rateIndex));
  }

  @Override
  public void computeInto(Series rateIndex, FeatureFrame out) {
    FeatureFrame computed = compute(rateIndex);
    for (int c = 0; c < columns().size(); c++) {
      System.arraycopy(computed.unsafeColumn(c), 0, out.unsafeColumn(c), 0, rateIndex.rows());
    }
  }
}
