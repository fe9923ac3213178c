package io.bqx.features;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The window lengths of all formulas, in bars (rows), never in wall-clock minutes.
 *
 * <p>The shortest BQX window is the source of the regressions; the longest one carries the {@code
 * agg_} columns; the prediction over the shortest regression window is what baskets and blocs are
 * made of.
 *
 * @param regression windows of regressions, covariances, indices and blocs, ascending: 60 90 150
 *     240 390 630
 * @param bqx windows of backward returns, ascending: 15 30 45 60 75
 */
public record Windows(List<Integer> regression, List<Integer> bqx) {

  /**
   * Takes copies of both lists.
   *
   * @throws IllegalArgumentException if a list is empty or not strictly ascending, a regression
   *     window is below 3 (a parabola needs 3 rows) or a BQX window is below 2 (a sample deviation
   *     needs 2); the message names the setting
   */
  public Windows {
    regression = List.copyOf(regression);
    bqx = List.copyOf(bqx);
    requireAscending("regression windows", regression, 3);
    requireAscending("BQX windows", bqx, 2);
  }

  /** 60 90 150 240 390 630 and 15 30 45 60 75. */
  public static Windows ofDefaults() {
    return new Windows(List.of(60, 90, 150, 240, 390, 630), List.of(15, 30, 45, 60, 75));
  }

  /** These BQX windows with other regression windows. */
  public Windows withRegression(int... windows) {
    return new Windows(Arrays.stream(windows).boxed().toList(), bqx);
  }

  /** These regression windows with other BQX windows. */
  public Windows withBqx(int... windows) {
    return new Windows(regression, Arrays.stream(windows).boxed().toList());
  }

  /** The regression window whose prediction baskets and blocs are made of: the shortest. */
  public int prediction() {
    return regression.get(0);
  }

  /** The BQX window whose return is the source of {@code reg_bqx}: the shortest. */
  public int regressionSource() {
    return bqx.get(0);
  }

  /** The BQX window that the {@code agg_} columns cover: the longest. */
  public int aggregate() {
    return bqx.get(bqx.size() - 1);
  }

  /** The longest regression window. */
  public int longestRegression() {
    return regression.get(regression.size() - 1);
  }

  private static void requireAscending(String setting, List<Integer> windows, int least) {
    if (windows.isEmpty()) {
      throw new IllegalArgumentException("The " + setting + " are empty; give at least one");
    }
    int previous = least - 1;
    for (int window : windows) {
      if (window <= previous) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "The %s %s must ascend strictly and start at %d or above; %d does not",
                setting,
                windows,
                least,
                window));
      }
      previous = window;
    }
  }
}
