package io.bqx.features;

import java.util.ArrayList;
import java.util.List;

/**
 * Sorts a fixed number of values per row, for many rows at once: Batcher's merge exchange (Knuth,
 * The Art of Computer Programming, volume 3, algorithm 5.2.2M). Which values it compares does not
 * depend on the values, so rows need no branch.
 */
final class SortingNetwork {

  /** Two positions whose values are put in order. */
  private record Comparator(int low, int high) {}

  private final List<Comparator> comparators = new ArrayList<>();

  /** The network for the given number of values per row. */
  SortingNetwork(int size) {
    int top = Integer.highestOneBit(Math.max(1, size - 1));
    for (int p = top; p > 0; p /= 2) {
      addMerge(size, p, 0, p);
      for (int q = top; q > p; q /= 2) {
        addMerge(size, p, p, q - p);
      }
    }
  }

  private void addMerge(int size, int p, int r, int distance) {
    for (int i = 0; i + distance < size; i++) {
      if ((i & p) == r) {
        comparators.add(new Comparator(i, i + distance));
      }
    }
  }

  /**
   * Sorts each row across the lanes, ascending: position {@code i} of all lanes is a row. No value
   * may be {@code NaN}.
   */
  void sort(double[][] lanes) {
    for (Comparator comparator : comparators) {
      sort(lanes[comparator.low], lanes[comparator.high]);
    }
  }

  private static void sort(double[] low, double[] high) {
    for (int i = 0; i < low.length; i++) {
      double a = low[i];
      double b = high[i];
      low[i] = Math.min(a, b);
      high[i] = Math.max(a, b);
    }
  }
}
