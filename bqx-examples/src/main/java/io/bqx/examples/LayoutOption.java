package io.bqx.examples;

import io.bqx.core.catalog.Layout;
import io.bqx.core.run.Phase2;
import picocli.CommandLine.Option;

/** The option that says where the market's columns are stored. */
final class LayoutOption {

  @Option(
      names = "--layout",
      paramLabel = "LAYOUT",
      description =
          "Where the columns that are the same for all pairs are stored: wide, in the table of every pair, or shared, once in"
              + " market_features with a view per pair. If not given, as they are in the schema; wide in a new one.")
  private Layout layout;

  /** Hands what was given on to a job. */
  Phase2 applyTo(Phase2 job) {
    return layout == null ? job : job.layout(layout);
  }

  /** What was given, or the layout that a new schema gets. */
  Layout ofNewSchema() {
    return layout == null ? Layout.WIDE : layout;
  }
}
