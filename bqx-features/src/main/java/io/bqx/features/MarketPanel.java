package io.bqx.features;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One value per pair and row of the market grid, the sorted union of the times of all pairs; {@code
 * NaN} is a missing value.
 *
 * <p>A pair can be absent altogether, which is not the same as missing everywhere: an absent pair
 * is no member of a bloc (section 8 of {@code docs/features.md}).
 */
public final class MarketPanel {

  private final Universe universe;
  private final TimeAxis grid;
  private final double[][] values;

  private MarketPanel(Universe universe, TimeAxis grid, double[][] values) {
    this.universe = universe;
    this.grid = grid;
    this.values = values;
  }

  /**
   * A panel over the given arrays, which the caller must not change afterwards.
   *
   * @param values one array per pair in universe order, with one value per grid row; {@code null}
   *     for an absent pair
   * @throws IllegalArgumentException if the number of arrays or the length of one does not fit; the
   *     message names the pair
   */
  public static MarketPanel wrapping(Universe universe, TimeAxis grid, double[][] values) {
    if (values.length != universe.pairs().size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "A panel needs one array per pair; %s, but there are %d arrays",
              universe,
              values.length));
    }
    for (int p = 0; p < values.length; p++) {
      if (values[p] != null && values[p].length != grid.rows()) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "The grid has %d rows, but there are %d values of %s",
                grid.rows(),
                values[p].length,
                universe.pairs().get(p)));
      }
    }
    return new MarketPanel(universe, grid, values.clone());
  }

  /**
   * The panel of several series on the union of their times.
   *
   * @param series by pair; a pair of the universe that is not among the keys is absent
   * @throws IllegalArgumentException if a pair is not in the universe
   */
  public static MarketPanel align(Universe universe, Map<CurrencyPair, Series> series) {
    series.keySet().forEach(universe::indexOf);
    return align(universe, unionOf(series.values().stream().map(Series::axis).toList()), series);
  }

  /**
   * The panel of several series on a given grid. Values at times that the grid does not have are
   * left out.
   *
   * @param series by pair; a pair of the universe that is not among the keys is absent
   * @throws IllegalArgumentException if a pair is not in the universe
   */
  public static MarketPanel align(
      Universe universe, TimeAxis grid, Map<CurrencyPair, Series> series) {
    double[][] values = new double[universe.pairs().size()][];
    series.forEach((pair, of) -> values[universe.indexOf(pair)] = onGrid(grid, of));
    return new MarketPanel(universe, grid, values);
  }

  /**
   * The sorted union of the times of several axes, each of which begins at its series' or a month's
   * first row.
   */
  public static TimeAxis unionOf(List<TimeAxis> axes) {
    long[] all = new long[axes.stream().mapToInt(TimeAxis::rows).sum()];
    int filled = 0;
    for (TimeAxis axis : axes) {
      for (int row = 0; row < axis.rows(); row++) {
        all[filled++] = axis.epochMicros(row);
      }
    }
    Arrays.sort(all);
    return TimeAxis.wrapping(withoutRepeats(all), 0);
  }

  private static long[] withoutRepeats(long[] sorted) {
    int kept = 0;
    for (int row = 0; row < sorted.length; row++) {
      if (row == 0 || sorted[row] != sorted[kept - 1]) {
        sorted[kept++] = sorted[row];
      }
    }
    return Arrays.copyOf(sorted, kept);
  }

  private static double[] onGrid(TimeAxis grid, Series series) {
    double[] aligned = new double[grid.rows()];
    Arrays.fill(aligned, Double.NaN);
    int k = 0;
    for (int row = 0; row < series.rows(); row++) {
      long time = series.axis().epochMicros(row);
      while (k < grid.rows() && grid.epochMicros(k) < time) {
        k++;
      }
      if (k < grid.rows() && grid.epochMicros(k) == time) {
        aligned[k] = series.value(row);
      }
    }
    return aligned;
  }

  /** The universe whose pairs the panel covers. */
  public Universe universe() {
    return universe;
  }

  /** The market grid. */
  public TimeAxis grid() {
    return grid;
  }

  /** The number of grid rows. */
  public int rows() {
    return grid.rows();
  }

  /** Whether the pair is in the source at all. */
  public boolean has(CurrencyPair pair) {
    return values[universe.indexOf(pair)] != null;
  }

  /** The pairs that are in the source, in universe order. */
  public List<CurrencyPair> presentPairs() {
    List<CurrencyPair> present = new ArrayList<>();
    for (int p = 0; p < values.length; p++) {
      if (values[p] != null) {
        present.add(universe.pairs().get(p));
      }
    }
    return List.copyOf(present);
  }

  /** The value of a pair at a grid row, {@code NaN} if it is missing or the pair is absent. */
  public double value(CurrencyPair pair, int row) {
    double[] of = values[universe.indexOf(pair)];
    return of == null ? Double.NaN : of[row];
  }

  /**
   * The array of the pair at a position of the universe, {@code null} if it is absent; for kernels
   * that only read it.
   */
  double[] values(int pair) {
    return values[pair];
  }

  /**
   * Refuses to be the input of a formula that is made for another universe.
   *
   * @throws IllegalArgumentException if the pairs differ; the message names both universes
   */
  void requireUniverse(Universe expected) {
    if (!universe.pairs().equals(expected.pairs())) {
      throw new IllegalArgumentException(
          "The panel is of "
              + universe
              + " with the pairs "
              + universe.pairs()
              + ", but the formula is for "
              + expected
              + " with the pairs "
              + expected.pairs());
    }
  }

  /** The grid rows {@code from} (inclusive) to {@code to} (exclusive) as a panel of their own. */
  public MarketPanel slice(int from, int to) {
    double[][] sliced = new double[values.length][];
    for (int p = 0; p < values.length; p++) {
      sliced[p] = values[p] == null ? null : Arrays.copyOfRange(values[p], from, to);
    }
    return new MarketPanel(universe, grid.slice(from, to), sliced);
  }

  /** For example {@code MarketPanel[28 of 28 pairs, TimeAxis[...]]}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "MarketPanel[%d of %d pairs, %s]", presentPairs().size(), values.length, grid);
  }
}
