package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import io.bqx.features.RegressionTerms;
import io.bqx.features.Series;
import io.bqx.features.TimeAxis;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Loads what a month is computed from, as far back as its longest lookback. */
final class MonthLoader {

  private final JobSettings settings;
  private final BarReader reader;
  private final Workers workers;
  private final Map<CurrencyPair, YearMonth> firstMonths = new TreeMap<>();

  /** What is read of one pair. */
  private record PairSeries(CurrencyPair pair, Series closes, Optional<Series> predictions) {}

  /**
   * A loader for the pairs that have bars when it is made; all others are absent from the source.
   */
  MonthLoader(JobSettings settings, Workers workers) {
    this.settings = settings;
    this.reader = new BarReader(settings.reads(), settings.schema());
    this.workers = workers;
    List<CurrencyPair> pairs = settings.universe().pairs();
    List<Optional<YearMonth>> months = workers.prepareAll(pairs, reader::firstMonth);
    for (int p = 0; p < pairs.size(); p++) {
      CurrencyPair pair = pairs.get(p);
      months.get(p).ifPresent(month -> firstMonths.put(pair, month));
    }
    if (firstMonths.isEmpty()) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "There are no bars of any of the %d pairs in the schema %s; import bars first",
              settings.universe().pairs().size(),
              settings.schema()));
    }
  }

  /** The pairs that are in the source. */
  Set<CurrencyPair> pairs() {
    return firstMonths.keySet();
  }

  /**
   * Loads a month.
   *
   * @throws BqxException if a month of the lookback has no bars of a pair; the message names both
   */
  MonthInputs load(YearMonth month, Map<CurrencyPair, Double> baselines, Ledger ledger) {
    List<CurrencyPair> pairs = List.copyOf(pairs());
    List<Optional<YearMonth>> lookbacks =
        workers.prepareAll(
            pairs, pair -> reader.monthOfLookback(pair, month, settings.lookbackInBars()));
    Map<CurrencyPair, YearMonth> starts = new TreeMap<>();
    YearMonth gridStart = null;
    for (int p = 0; p < pairs.size(); p++) {
      Optional<YearMonth> full = lookbacks.get(p);
      starts.put(pairs.get(p), full.orElse(firstMonths.get(pairs.get(p))));
      if (full.isPresent() && (gridStart == null || full.get().isAfter(gridStart))) {
        gridStart = full.get();
      }
    }
    if (gridStart == null) {
      gridStart = firstMonths.values().stream().min(YearMonth::compareTo).orElseThrow();
    }
    YearMonth earliest = starts.values().stream().min(YearMonth::compareTo).orElseThrow();
    List<LedgerEntry> entries = ledger.exists() ? ledger.entries(earliest, month) : List.of();
    return load(month, starts, gridStart, baselines, entries);
  }

  private MonthInputs load(
      YearMonth month,
      Map<CurrencyPair, YearMonth> starts,
      YearMonth gridStart,
      Map<CurrencyPair, Double> baselines,
      Collection<LedgerEntry> ledger) {
    Map<CurrencyPair, Series> closes = new TreeMap<>();
    Map<CurrencyPair, Series> stored = new TreeMap<>();
    workers
        .prepareAll(
            pairs(),
            pair -> {
              YearMonth from = starts.get(pair).isBefore(gridStart) ? starts.get(pair) : gridStart;
              return read(pair, from, month, ledger);
            })
        .forEach(
            read -> {
              closes.put(read.pair(), read.closes());
              read.predictions().ifPresent(series -> stored.put(read.pair(), series));
            });
    return new MonthInputs(
        month, settings.universe(), settings.windows(), closes, baselines, stored, gridStart);
  }

  private PairSeries read(
      CurrencyPair pair, YearMonth from, YearMonth month, Collection<LedgerEntry> ledger) {
    Series closes = reader.closes(pair, from, month);
    requireNoMissingMonth(pair, month, from, closes);
    return new PairSeries(pair, closes, storedPredictions(pair, from, month, ledger));
  }

  private void requireNoMissingMonth(
      CurrencyPair pair, YearMonth month, YearMonth from, Series series) {
    YearMonth first = firstMonths.get(pair).isAfter(from) ? firstMonths.get(pair) : from;
    for (YearMonth m = first; m.isBefore(month); m = m.plusMonths(1)) {
      if (!hasRows(series.axis(), m)) {
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "Cannot compute %s: m1_%s has no bars of %s, which its windows reach back to. "
                    + "Import the bars of that month, then run again",
                month,
                pair,
                m));
      }
    }
  }

  private static boolean hasRows(TimeAxis axis, YearMonth month) {
    int at = axis.indexOf(MonthInputs.microsOf(month));
    int first = at >= 0 ? at : -at - 1;
    return first < axis.rows()
        && axis.epochMicros(first) < MonthInputs.microsOf(month.plusMonths(1));
  }

  /**
   * Predictions of a table that was made elsewhere: there are partitions that the ledger does not
   * know.
   */
  private Optional<Series> storedPredictions(
      CurrencyPair pair, YearMonth from, YearMonth to, Collection<LedgerEntry> ledger) {
    PairTable table = PairTable.of(settings.schema(), TableFamily.REG_BQX, pair);
    FeatureColumn prediction = predictionColumn();
    Set<YearMonth> ours = new HashSet<>();
    ledger.stream()
        .filter(e -> e.scope().equals(table.scope()) && e.stage().equals(prediction.stage()))
        .forEach(e -> ours.add(e.month()));
    List<YearMonth> elsewhere =
        reader.partitionsOf(table).stream()
            .flatMap(p -> p.month().stream())
            .filter(m -> !m.isBefore(from) && !m.isAfter(to) && !ours.contains(m))
            .sorted()
            .toList();
    return elsewhere.isEmpty()
        ? Optional.empty()
        : Optional.of(
            onlyMonths(
                elsewhere,
                reader.stored(
                    table, prediction, elsewhere.get(0), elsewhere.get(elsewhere.size() - 1))));
  }

  private static Series onlyMonths(List<YearMonth> months, Series series) {
    double[] values = series.toArray();
    for (int row = 0; row < values.length; row++) {
      if (!months.contains(monthOf(series.axis(), row))) {
        values[row] = Double.NaN;
      }
    }
    return Series.wrapping(series.axis(), values);
  }

  private static YearMonth monthOf(TimeAxis axis, int row) {
    return YearMonth.from(axis.instant(row).atOffset(ZoneOffset.UTC));
  }

  private FeatureColumn predictionColumn() {
    RegressionTerms terms = RegressionTerms.of(settings.windows());
    String name = RegressionTerms.prediction(settings.windows());
    return terms.columns().stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
  }
}
