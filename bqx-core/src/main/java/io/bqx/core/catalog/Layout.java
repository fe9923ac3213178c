package io.bqx.core.catalog;

/** Where the columns that are the same for all pairs, the market's, are stored. */
public enum Layout {
  /** In the table of every pair, beside the pair's own columns. */
  WIDE,
  /**
   * Once, in {@code market_features}; a view per pair joins them to the pair's own columns: {@link
   * FeatureView}.
   */
  SHARED;

  /**
   * The layout with the given name.
   *
   * @throws IllegalArgumentException if there is none; the message lists the layouts
   */
  public static Layout named(String name) {
    for (Layout layout : values()) {
      if (layout.toString().equals(name)) {
        return layout;
      }
    }
    throw new IllegalArgumentException(
        "There is no layout '" + name + "'; the layouts are " + WIDE + " and " + SHARED);
  }

  /** The name in lower case: {@code "shared"}. */
  @Override
  public String toString() {
    return this == WIDE ? "wide" : "shared";
  }
}
