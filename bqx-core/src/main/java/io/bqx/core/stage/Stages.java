package io.bqx.core.stage;

import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.TableFamily;
import io.bqx.features.CurrencyBlocs;
import io.bqx.features.CurrencyIndices;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureSchema;
import io.bqx.features.RateIndex;
import io.bqx.features.RegressionTerms;
import io.bqx.features.TermCovariance;
import io.bqx.features.TriangularArbitrage;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The ordered stages of a job. Order fixes the order of columns and of computation.
 *
 * <p>{@link #builtIn} gives 1.5 rate index and BQX, 2.11 and 2.12 regression terms, 2.14 term
 * covariances, 2.3 currency indices, 2.4 triangular arbitrage and 2.16B currency blocs.
 */
public final class Stages {

  private final List<Stage<?>> ordered;

  private Stages(List<Stage<?>> ordered) {
    this.ordered = List.copyOf(ordered);
    Set<String> ids = new HashSet<>();
    Set<String> columns = new HashSet<>();
    for (Stage<?> stage : ordered) {
      if (!ids.add(stage.id())) {
        throw new IllegalArgumentException("Stage " + stage.id() + " is there twice");
      }
      for (FeatureColumn column : stage.columns()) {
        if (!columns.add(stage.table() + "." + column.name())) {
          throw new IllegalArgumentException(
              String.format(
                  Locale.ROOT,
                  "Stage %s adds the column %s, which %s has already",
                  stage.id(),
                  column.name(),
                  stage.table().prefix()));
        }
      }
    }
  }

  /**
   * The stages of Phase 2.
   *
   * @param costPercent cost of an arbitrage round trip in percent
   * @param thresholdPercent profit in percent above which an arbitrage is an opportunity
   */
  public static Stages builtIn(
      Universe universe, Windows windows, double costPercent, double thresholdPercent) {
    String regression = "windows=" + windows.regression();
    String market =
        regression + " currencies=" + universe.currencies() + " pairs=" + universe.pairs();
    FeatureColumn index = RateIndex.relativeTo(1).columns().get(0);
    return new Stages(
        List.of(
            Stage.computing("1.5", StageSource.RATE_INDEX, new IndexAndReturns(windows, index))
                .named("rate index and BQX")
                .extending(TableFamily.BQX)
                .parameters("windows=" + windows.bqx())
                .build(),
            Stage.computing("2.11", StageSource.RATE_INDEX, RegressionTerms.ofRateIndex(windows))
                .named("regression terms of the rate index")
                .extending(TableFamily.REG_RATE)
                .parameters(regression)
                .build(),
            Stage.computing("2.12", StageSource.BQX_RETURN, RegressionTerms.of(windows))
                .named("regression terms of BQX")
                .parameters(regression)
                .build(),
            Stage.computing("2.14", StageSource.REGRESSION_TERMS, TermCovariance.of(windows))
                .named("term covariances")
                .parameters(regression)
                .build(),
            Stage.computing(
                    "2.3", StageSource.MARKET_PREDICTIONS, CurrencyIndices.of(universe, windows))
                .named("currency indices")
                .parameters(market + " groups=" + universe.strengthGroups())
                .build(),
            Stage.computing(
                    "2.4",
                    StageSource.MARKET_CLOSES,
                    TriangularArbitrage.of(universe, costPercent, thresholdPercent))
                .named("triangular arbitrage")
                .parameters(
                    String.format(
                        Locale.ROOT,
                        "cost=%s threshold=%s pairs=%s",
                        costPercent,
                        thresholdPercent,
                        universe.pairs()))
                .build(),
            Stage.computing(
                    "2.16B", StageSource.MARKET_PREDICTIONS, CurrencyBlocs.of(universe, windows))
                .named("currency blocs")
                .parameters(market + " blocs=" + universe.blocs())
                .build()));
  }

  /** These stages followed by one more. */
  public Stages and(Stage<?> own) {
    List<Stage<?>> more = new ArrayList<>(ordered);
    more.add(own);
    return new Stages(more);
  }

  /** These stages, each in the table that a layout has its columns in; built-in ones are wide. */
  public Stages in(Layout layout) {
    return new Stages(ordered.stream().<Stage<?>>map(stage -> stage.in(layout)).toList());
  }

  /** The stages, in order. */
  public List<Stage<?>> all() {
    return ordered;
  }

  /** The ids of the stages, in order. */
  public List<String> ids() {
    return ordered.stream().<String>map(Stage::id).toList();
  }

  /**
   * The stage with the given id.
   *
   * @throws IllegalArgumentException if there is none; the message lists the stages
   */
  public Stage<?> get(String id) {
    return ordered.stream()
        .filter(s -> s.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "There is no stage '" + id + "'; the stages are " + ids()));
  }

  /**
   * The stages with the given ids, in the order of this list.
   *
   * @throws IllegalArgumentException if there is no such stage; the message lists the stages
   */
  public List<Stage<?>> select(Collection<String> ids) {
    ids.forEach(this::get);
    List<Stage<?>> selected = new ArrayList<>();
    ordered.stream().filter(s -> ids.contains(s.id())).forEach(selected::add);
    return List.copyOf(selected);
  }

  /** The stages that add columns to the tables of a family, in column order. */
  public List<Stage<?>> of(TableFamily family) {
    List<Stage<?>> selected = new ArrayList<>();
    ordered.stream().filter(s -> s.table() == family).forEach(selected::add);
    return List.copyOf(selected);
  }

  /**
   * The stages that must be done before the given one: those that compute its source, and the first
   * stage of a pair's table, which decides what rows there are.
   */
  public List<Stage<?>> neededBy(Stage<?> stage) {
    Set<Stage<?>> needed = new LinkedHashSet<>(select(stage.requires()));
    if (stage.table() != TableFamily.MARKET) {
      needed.add(of(stage.table()).get(0));
      needed.remove(stage);
    }
    return List.copyOf(needed);
  }

  /** Rows of a pair's bars before a row that any of its values can depend on. */
  public int lookbackInBars(Windows windows) {
    return ordered.stream().mapToInt(stage -> lookbackInBars(stage, windows)).max().orElse(0);
  }

  private static int lookbackInBars(Stage<?> stage, Windows windows) {
    int inSource = lookbackInSource(stage, windows);
    if (stage.source() == StageSource.BQX_RETURN
        || stage.source() == StageSource.REGRESSION_TERMS) {
      return inSource + windows.regressionSource();
    }
    return stage.source() == StageSource.MARKET_PREDICTIONS
        ? inSource + windows.prediction() - 1 + windows.regressionSource()
        : inSource;
  }

  /**
   * Rows of a stage's own source before a row that its value can depend on; terms count in rows of
   * their regression.
   */
  public static int lookbackInSource(Stage<?> stage, Windows windows) {
    int own = stage.formula().lookback();
    return stage.source() == StageSource.REGRESSION_TERMS
        ? own + windows.longestRegression() - 1
        : own;
  }

  /** All columns of the tables of a family, the row's own time first. */
  public FeatureSchema schemaOf(TableFamily family) {
    FeatureSchema schema = FeatureSchema.timeOnly();
    for (Stage<?> stage : of(family)) {
      schema = schema.and(stage.columns());
    }
    return schema;
  }
}
