package io.bqx.core.run;

import io.bqx.core.catalog.PartitionedTable;
import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.stage.StageSource;
import io.bqx.features.BackwardReturns;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureFrame;
import io.bqx.features.MarketPanel;
import io.bqx.features.RateIndex;
import io.bqx.features.RegressionTerms;
import io.bqx.features.Series;
import io.bqx.features.TimeAxis;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The series of all pairs that one month is computed from: the month itself and its lookback, which
 * begins at a calendar month's first row, so that every value has the bits that one uninterrupted
 * series would give.
 */
final class MonthInputs {

  private final YearMonth month;
  private final Universe universe;
  private final Windows windows;
  private final Map<CurrencyPair, Series> closes;
  private final Map<CurrencyPair, Double> baselines;
  private final Map<CurrencyPair, Series> storedPredictions;
  private final YearMonth gridStart;
  private final Map<CurrencyPair, Series> rateIndices = new ConcurrentHashMap<>();
  private final Map<CurrencyPair, Series> returns = new ConcurrentHashMap<>();
  private MarketPanel closesPanel;
  private MarketPanel predictionsPanel;

  MonthInputs(
      YearMonth month,
      Universe universe,
      Windows windows,
      Map<CurrencyPair, Series> closes,
      Map<CurrencyPair, Double> baselines,
      Map<CurrencyPair, Series> storedPredictions,
      YearMonth gridStart) {
    this.month = month;
    this.universe = universe;
    this.windows = windows;
    this.closes = new TreeMap<>(closes);
    this.baselines = Map.copyOf(baselines);
    this.storedPredictions = Map.copyOf(storedPredictions);
    this.gridStart = gridStart;
  }

  YearMonth month() {
    return month;
  }

  /** Whether the pair has bars in the month itself. */
  private boolean hasBars(CurrencyPair pair) {
    Series series = closes.get(pair);
    return series != null && firstRow(series.axis()) < series.rows();
  }

  /** Whether there is a bar of the pair, or of any pair for the market, in the month itself. */
  boolean hasRows(Scope scope) {
    return scope
        .pair()
        .map(this::hasBars)
        .orElseGet(() -> closes.keySet().stream().anyMatch(this::hasBars));
  }

  /** Bars of the pair, or rows of the market's grid, in the month itself. */
  int bars(Scope scope) {
    return scope.pair().map(this::bars).orElseGet(() -> gridTimes().length);
  }

  /** The times of the market's grid in the month itself. */
  long[] gridTimes() {
    TimeAxis grid = grid();
    int first = firstRow(grid);
    long[] times = new long[grid.rows() - first];
    for (int row = 0; row < times.length; row++) {
      times[row] = grid.epochMicros(first + row);
    }
    return times;
  }

  /**
   * The times of the rows that a table has in the month: of the market's grid, or of the pair's
   * bars that have a source value.
   */
  long[] rowTimes(PartitionedTable table) {
    if (table.scope().isMarket()) {
      return gridTimes();
    }
    CurrencyPair pair = table.scope().pair().orElseThrow();
    return timesOf(table.family() == TableFamily.REG_BQX ? bqxReturn(pair) : rateIndex(pair));
  }

  /** Bars of the pair in the month itself. */
  private int bars(CurrencyPair pair) {
    Series series = closes.get(pair);
    return series == null ? 0 : series.rows() - firstRow(series.axis());
  }

  /** The first row of an axis that lies in the month; the number of rows if none does. */
  int firstRow(TimeAxis axis) {
    int at = axis.indexOf(microsOf(month));
    return at >= 0 ? at : -at - 1;
  }

  /** The times of the rows of the month at which a series has a value. */
  private long[] timesOf(Series series) {
    long[] times = new long[series.rows()];
    int count = 0;
    for (int row = firstRow(series.axis()); row < series.rows(); row++) {
      if (!Double.isNaN(series.value(row))) {
        times[count++] = series.axis().epochMicros(row);
      }
    }
    return Arrays.copyOf(times, count);
  }

  Series rateIndex(CurrencyPair pair) {
    return rateIndices.computeIfAbsent(
        pair,
        p ->
            RateIndex.relativeTo(baselines.get(p)).compute(closes.get(p)).series(RateIndex.COLUMN));
  }

  Series bqxReturn(CurrencyPair pair) {
    return returns.computeIfAbsent(
        pair,
        p -> {
          Windows shortest = windows.withBqx(windows.regressionSource());
          FeatureFrame frame = BackwardReturns.of(shortest).compute(rateIndex(p));
          return frame.series(BackwardReturns.regressionSource(windows));
        });
  }

  /**
   * A stage's source: the rows of the month and the given number of rows before them, or all there
   * are.
   */
  <I> I source(StageSource<I> source, Scope scope, int lookback) {
    return source
        .type()
        .cast(
            source.isMarket()
                ? marketSource(source, lookback)
                : pairSource(source, scope.pair().orElseThrow(), lookback));
  }

  private MarketPanel marketSource(StageSource<?> source, int lookback) {
    return withLookback(
        source == StageSource.MARKET_CLOSES ? closesPanel() : predictionsPanel(), lookback);
  }

  private Object pairSource(StageSource<?> source, CurrencyPair pair, int lookback) {
    if (source == StageSource.RATE_INDEX) {
      return withLookback(rateIndex(pair), lookback);
    }
    if (source == StageSource.BQX_RETURN) {
      return withLookback(bqxReturn(pair), lookback);
    }
    RegressionTerms terms = RegressionTerms.of(windows);
    return terms.compute(withLookback(bqxReturn(pair), lookback + terms.lookback()));
  }

  private Series withLookback(Series series, int lookback) {
    return series.slice(Math.max(0, firstRow(series.axis()) - lookback), series.rows());
  }

  private MarketPanel withLookback(MarketPanel panel, int lookback) {
    return panel.slice(Math.max(0, firstRow(panel.grid()) - lookback), panel.rows());
  }

  /** Puts the series of all pairs side by side, with what they are computed from. */
  void align(Workers workers) {
    TimeAxis grid = grid();
    List<CurrencyPair> pairs = List.copyOf(closes.keySet());
    List<Series> computed = workers.prepareAll(pairs, this::prediction);
    Map<CurrencyPair, Series> predictions = new LinkedHashMap<>();
    for (int p = 0; p < pairs.size(); p++) {
      predictions.put(pairs.get(p), computed.get(p));
    }
    List<MarketPanel> panels =
        workers.prepareAll(
            List.of(closes, predictions), series -> MarketPanel.align(universe, grid, series));
    closesPanel = panels.get(0);
    predictionsPanel = panels.get(1);
  }

  /** The closes of all pairs on the grid. */
  MarketPanel closesPanel() {
    return closesPanel;
  }

  /**
   * Predictions of all pairs on the grid. Where a table made elsewhere holds them, the stored ones
   * count; all others are computed from the bars.
   */
  MarketPanel predictionsPanel() {
    return predictionsPanel;
  }

  private Series prediction(CurrencyPair pair) {
    Windows shortest = windows.withRegression(windows.prediction());
    FeatureFrame terms = RegressionTerms.of(shortest).compute(bqxReturn(pair));
    Series computed = terms.series(RegressionTerms.prediction(windows));
    Series stored = storedPredictions.get(pair);
    return stored == null ? computed : overlay(computed, stored);
  }

  /**
   * The stored values wherever the stored series has a month, the computed ones in all other
   * months.
   */
  private static Series overlay(Series computed, Series stored) {
    Set<YearMonth> months = monthsWithValues(stored);
    double[] values = computed.toArray();
    for (int row = 0; row < values.length; row++) {
      if (months.contains(monthOf(computed.axis(), row))) {
        int at = stored.axis().indexOf(computed.axis().epochMicros(row));
        values[row] = at >= 0 ? stored.value(at) : Double.NaN;
      }
    }
    return Series.wrapping(computed.axis(), values);
  }

  private static Set<YearMonth> monthsWithValues(Series series) {
    Set<YearMonth> months = new HashSet<>();
    for (int row = 0; row < series.rows(); row++) {
      if (!Double.isNaN(series.value(row))) {
        months.add(monthOf(series.axis(), row));
      }
    }
    return months;
  }

  private static YearMonth monthOf(TimeAxis axis, int row) {
    return YearMonth.from(axis.instant(row).atOffset(ZoneOffset.UTC));
  }

  private TimeAxis grid() {
    long start = microsOf(gridStart);
    return MarketPanel.unionOf(closes.values().stream().map(s -> from(s.axis(), start)).toList());
  }

  private static TimeAxis from(TimeAxis axis, long start) {
    int at = axis.indexOf(start);
    return axis.slice(at >= 0 ? at : -at - 1, axis.rows());
  }

  static long microsOf(YearMonth month) {
    LocalDateTime start = month.atDay(1).atStartOfDay();
    return ChronoUnit.MICROS.between(LocalDateTime.ofEpochSecond(0, 0, ZoneOffset.UTC), start);
  }
}
