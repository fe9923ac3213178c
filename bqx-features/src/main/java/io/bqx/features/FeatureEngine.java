package io.bqx.features;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Computes features in memory, from closes to model columns, with no database.
 *
 * <p>Choose features and settings, each at most once and in any order, then compute:
 *
 * <pre>{@code
 * FeatureFrame features =
 *     FeatureEngine.forUniverse(Universe.g8()).windows(60, 90).currencyIndices().blocs().compute(closes);
 * double euro = features.value("eur_basket_index", features.rows() - 1);
 * }</pre>
 *
 * <p>A pair's own rows are the grid rows on which it has a close; its windows count those, while
 * the windows of market features count grid rows. A close that is not a positive finite number
 * counts as missing.
 *
 * <p>Closes are taken to begin at the first row of their series or of a calendar month (UTC).
 * Otherwise values agree with those of the whole series within the accuracy of section 2 of {@code
 * docs/features.md}, but not bit for bit, and the first rows lack the values that need earlier
 * ones.
 *
 * <p>An engine may be used for any number of computations, also from several threads once it is set
 * up.
 */
public final class FeatureEngine {

  private final Universe universe;
  private final Map<String, Object> settings = new LinkedHashMap<>();
  private Windows windows = Windows.ofDefaults();
  private int fillLimit = CurrencyBlocs.DEFAULT_FILL_LIMIT;
  private TriangularArbitrage arbitrage;

  private FeatureEngine(Universe universe) {
    this.universe = Objects.requireNonNull(universe, "universe");
  }

  /** An engine for the pairs of a universe, with the default windows and no feature chosen yet. */
  public static FeatureEngine forUniverse(Universe universe) {
    return new FeatureEngine(universe);
  }

  /**
   * Sets the windows of regressions, covariances, indices and blocs, in rows; 60 90 150 240 390 630
   * unless set.
   *
   * @throws IllegalArgumentException if they do not ascend strictly from 3 on
   * @throws IllegalStateException if they were set before
   */
  public FeatureEngine windows(int... regression) {
    setOnce("windows", Arrays.toString(regression));
    windows = windows.withRegression(regression);
    return this;
  }

  /**
   * Sets the windows of backward returns, in rows; 15 30 45 60 75 unless set. Only the shortest one
   * matters here: its return is what regressions are made of.
   *
   * @throws IllegalArgumentException if they do not ascend strictly from 2 on
   * @throws IllegalStateException if they were set before
   */
  public FeatureEngine bqxWindows(int... bqx) {
    setOnce("bqxWindows", Arrays.toString(bqx));
    windows = windows.withBqx(bqx);
    return this;
  }

  /**
   * Sets how many grid rows at the start of a member's gap a bloc's coherence fills with the last
   * present value; 15 unless set.
   *
   * @throws IllegalArgumentException if it is negative
   * @throws IllegalStateException if it was set before
   */
  public FeatureEngine fillLimit(int gridRows) {
    setOnce("fillLimit", gridRows);
    CurrencyBlocs.requireFillLimit(gridRows);
    fillLimit = gridRows;
    return this;
  }

  /**
   * Chooses the columns of {@link CurrencyIndices}.
   *
   * @throws IllegalStateException if they were chosen before
   */
  public FeatureEngine currencyIndices() {
    chooseOnce("currencyIndices");
    return this;
  }

  /**
   * Chooses the columns of {@link TriangularArbitrage} at the default cost and threshold.
   *
   * @throws IllegalStateException if they were chosen before
   */
  public FeatureEngine arbitrage() {
    return arbitrage(
        TriangularArbitrage.DEFAULT_COST_PERCENT, TriangularArbitrage.DEFAULT_THRESHOLD_PERCENT);
  }

  /**
   * Chooses the columns of {@link TriangularArbitrage}.
   *
   * @param costPercent cost of the whole round trip in percent, 0 to below 100
   * @param thresholdPercent profit after costs, in percent, above which there is an opportunity
   * @throws IllegalArgumentException if the cost is outside its range or the threshold is not
   *     finite
   * @throws IllegalStateException if they were chosen before
   */
  public FeatureEngine arbitrage(double costPercent, double thresholdPercent) {
    setOnce("arbitrage", "cost " + costPercent + ", threshold " + thresholdPercent);
    arbitrage = TriangularArbitrage.of(universe, costPercent, thresholdPercent);
    return this;
  }

  /**
   * Chooses the columns of {@link CurrencyBlocs}.
   *
   * @throws IllegalStateException if they were chosen before
   */
  public FeatureEngine blocs() {
    chooseOnce("blocs");
    return this;
  }

  private void setOnce(String setting, Object value) {
    Object before = settings.putIfAbsent(setting, value);
    if (before != null) {
      throw new IllegalStateException(
          setting
              + " was already set to "
              + before
              + "; it cannot be set to "
              + value
              + " as well");
    }
  }

  private void chooseOnce(String feature) {
    if (settings.putIfAbsent(feature, "") != null) {
      throw new IllegalStateException(feature + " was already chosen; call it once");
    }
  }

  /**
   * Computes the chosen market features.
   *
   * @param closes the close of every pair on one grid
   * @return on the rows of the grid, in table order whatever the order of choosing: indices,
   *     arbitrage, blocs
   * @throws IllegalArgumentException if the closes are of another universe
   * @throws IllegalStateException if no feature was chosen, or a setting was made that no chosen
   *     feature has
   */
  public FeatureFrame compute(MarketPanel closes) {
    closes.requireUniverse(universe);
    requireChoice();
    List<FeatureFrame> chosen = new ArrayList<>();
    MarketPanel predictions = needsPredictions() ? predictions(closes) : null;
    if (isSet("currencyIndices")) {
      chosen.add(CurrencyIndices.of(universe, windows).compute(predictions));
    }
    if (isSet("arbitrage")) {
      chosen.add(arbitrage.compute(closes));
    }
    if (isSet("blocs")) {
      chosen.add(CurrencyBlocs.of(universe, windows, fillLimit).compute(predictions));
    }
    return chosen.stream().reduce(FeatureFrame::and).orElseThrow();
  }

  private void requireChoice() {
    if (!isSet("arbitrage") && !needsPredictions()) {
      throw new IllegalStateException(
          "Nothing to compute: no feature was chosen. Call currencyIndices(), arbitrage() or blocs() before compute()");
    }
    if (isSet("fillLimit") && !isSet("blocs")) {
      throw new IllegalStateException(
          "fillLimit was set to "
              + fillLimit
              + ", but only blocs have one. Call blocs() too, or leave fillLimit out");
    }
  }

  private boolean isSet(String setting) {
    return settings.containsKey(setting);
  }

  private boolean needsPredictions() {
    return isSet("currencyIndices") || isSet("blocs");
  }

  /**
   * The prediction over the shortest regression window of every pair, on the grid of the closes.
   */
  MarketPanel predictions(MarketPanel closes) {
    RegressionTerms terms = RegressionTerms.of(windows.withRegression(windows.prediction()));
    Map<CurrencyPair, Series> predictions = new LinkedHashMap<>();
    for (CurrencyPair pair : closes.presentPairs()) {
      Series ownRows =
          knownRows(Series.wrapping(closes.grid(), closes.values(universe.indexOf(pair))));
      FeatureFrame ofPair = terms.compute(regressionSource(ownRows));
      predictions.put(pair, ofPair.series(RegressionTerms.prediction(windows)));
    }
    return MarketPanel.align(universe, closes.grid(), predictions);
  }

  /**
   * Computes the regression terms and covariances of one pair: the columns of {@code reg_bqx}
   * before any market feature (sections 4 and 5), 78 for the default windows.
   *
   * @param closes the closes of the pair
   * @return on the rows of the closes that have a return over the shortest BQX window, all but the
   *     first 15 by default
   */
  public FeatureFrame pairFeatures(Series closes) {
    FeatureFrame terms = RegressionTerms.of(windows).compute(regressionSource(knownRows(closes)));
    return terms.and(TermCovariance.of(windows).compute(terms));
  }

  /**
   * The return over the shortest BQX window, without the first rows, which lack it; any baseline
   * gives the same.
   */
  private Series regressionSource(Series closes) {
    int warmUp = windows.regressionSource();
    if (closes.rows() <= warmUp) {
      return closes.slice(closes.rows(), closes.rows());
    }
    Series index = RateIndex.relativeTo(closes.value(0)).compute(closes).series(RateIndex.COLUMN);
    FeatureFrame returns = BackwardReturns.of(windows.withBqx(warmUp)).compute(index);
    return returns.series(BackwardReturns.regressionSource(windows)).slice(warmUp, closes.rows());
  }

  /** The rows that have a close, as a series of their own. */
  private static Series knownRows(Series closes) {
    long[] times = new long[closes.rows()];
    double[] known = new double[closes.rows()];
    int count = 0;
    for (int row = 0; row < closes.rows(); row++) {
      if (ExchangeRates.isKnown(closes.value(row))) {
        times[count] = closes.axis().epochMicros(row);
        known[count++] = closes.value(row);
      }
    }
    return count == closes.rows()
        ? closes
        : Series.wrapping(
            TimeAxis.wrapping(Arrays.copyOf(times, count), 0), Arrays.copyOf(known, count));
  }

  /** For example {@code FeatureEngine[Universe[...], windows=[60, 90], blocs]}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("FeatureEngine[").append(universe);
    settings.forEach((setting, value) -> text.append(", ").append(describe(setting, value)));
    return text.append(']').toString();
  }

  private static String describe(String setting, Object value) {
    return value.equals("") ? setting : setting + "=" + value;
  }
}
