package io.bqx.features;

import java.util.List;

/**
 * A group of feature columns that are computed together: a pure function of its input, whose value
 * at a row depends on that row and the {@link #lookback()} rows before it, never on later ones.
 *
 * @param <I> what it is computed from: a {@link Series}, a {@link MarketPanel} or a {@link
 *     FeatureFrame}
 */
public interface Formula<I> {

  /** The columns, in table order. */
  List<FeatureColumn> columns();

  /**
   * Rows of the input before a row that its values can depend on. To compute a piece of a series,
   * give that piece and at least this many rows before it; fewer change or remove values, more
   * change nothing.
   */
  int lookback();

  /**
   * Computes all columns.
   *
   * @return a new frame on the rows of the input, {@code NaN} where a value is missing
   */
  FeatureFrame compute(I input);

  /**
   * Computes all columns into a frame that is used again, without allocating per row.
   *
   * @param out a frame with exactly these columns on the rows of the input; every value is
   *     overwritten
   * @throws IllegalArgumentException if the frame's columns or rows are others
   */
  void computeInto(I input, FeatureFrame out);
}
