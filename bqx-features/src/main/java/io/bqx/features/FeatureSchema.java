package io.bqx.features;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * The ordered columns of a feature table, beginning with the row's own time. Every column name,
 * order, type and count is derived from the formulas; none is written down anywhere else.
 *
 * <p>For {@link Universe#g8()} and the default windows the stages of {@code reg_bqx} end at 79,
 * 303, 415 and 463 columns.
 */
public final class FeatureSchema {

  private final List<FeatureColumn> columns;
  private final Map<String, Integer> indexOfName;

  private FeatureSchema(List<FeatureColumn> columns) {
    this.columns = List.copyOf(columns);
    this.indexOfName = new HashMap<>();
    for (int c = 0; c < columns.size(); c++) {
      indexOfName.put(columns.get(c).name(), c);
    }
  }

  /** {@code bqx_{pair}}: the rate index and the backward returns (section 3). */
  public static FeatureSchema bqx(Windows windows) {
    return startingWith(RateIndex.columnsOfAnyBaseline())
        .and(BackwardReturns.of(windows).columns());
  }

  /** {@code reg_rate_{pair}}: the regression terms of the rate index (section 4). */
  public static FeatureSchema regRate(Windows windows) {
    return startingWith(RegressionTerms.ofRateIndex(windows).columns());
  }

  /**
   * {@code reg_bqx_{pair}} before any market feature: regression terms and their covariances
   * (sections 4 and 5).
   */
  public static FeatureSchema regBqx(Windows windows) {
    return startingWith(RegressionTerms.of(windows).columns())
        .and(TermCovariance.of(windows).columns());
  }

  /** {@code reg_bqx_{pair}} with all market features: sections 4 to 8. */
  public static FeatureSchema tier1(Universe universe, Windows windows) {
    return regBqx(windows)
        .and(CurrencyIndices.of(universe, windows).columns())
        .and(TriangularArbitrage.of(universe).columns())
        .and(CurrencyBlocs.of(universe, windows).columns());
  }

  /** The row's own time and nothing else, to be extended. */
  public static FeatureSchema timeOnly() {
    return new FeatureSchema(List.of(FeatureColumn.TS_UTC));
  }

  private static FeatureSchema startingWith(List<FeatureColumn> first) {
    return timeOnly().and(first);
  }

  /** This schema followed by more columns. */
  public FeatureSchema and(List<FeatureColumn> more) {
    List<FeatureColumn> all = new ArrayList<>(columns);
    all.addAll(more);
    return new FeatureSchema(all);
  }

  /** All columns, the row's own time first. */
  public List<FeatureColumn> columns() {
    return columns;
  }

  /** The number of columns, the row's own time included. */
  public int size() {
    return columns.size();
  }

  /** The columns that a stage computes, in order; empty if it computes none of them. */
  public List<FeatureColumn> columnsOf(String stage) {
    return columns.stream().filter(c -> c.stage().equals(stage)).toList();
  }

  /** The stages, in the order of their columns, without the row's own time. */
  public List<String> stages() {
    return columns.stream().skip(1).map(FeatureColumn::stage).distinct().toList();
  }

  /**
   * The columns up to and including those of a stage.
   *
   * @throws IllegalArgumentException if the stage computes none of the columns
   */
  public FeatureSchema upTo(String stage) {
    List<FeatureColumn> last = columnsOf(stage);
    if (last.isEmpty()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "Stage %s has no columns here; the stages are %s", stage, stages()));
    }
    return new FeatureSchema(columns.subList(0, indexOf(last.get(last.size() - 1).name()) + 1));
  }

  /** Whether there is a column with the given name. */
  public boolean has(String column) {
    return indexOfName.containsKey(column);
  }

  /**
   * The position of the column with the given name; the row's own time is at 0.
   *
   * @throws IllegalArgumentException if there is none; the message quotes it
   */
  public int indexOf(String column) {
    Integer index = indexOfName.get(Objects.requireNonNull(column, "column"));
    if (index == null) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "There is no column '%s' among the %d columns of stages %s",
              column,
              size(),
              stages()));
    }
    return index;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FeatureSchema schema && columns.equals(schema.columns);
  }

  @Override
  public int hashCode() {
    return columns.hashCode();
  }

  /** For example {@code FeatureSchema[463 columns of stages [2.12, 2.14, 2.3, 2.4, 2.16B]]}. */
  @Override
  public String toString() {
    return "FeatureSchema[" + size() + " columns of stages " + stages() + "]";
  }
}
