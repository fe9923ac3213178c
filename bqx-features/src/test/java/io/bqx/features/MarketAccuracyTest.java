package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.features.testing.Discrepancies;
import io.bqx.features.testing.RandomMarket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Market features of long panels and of other universes against their direct evaluation with 32
 * digits.
 */
class MarketAccuracyTest {

  private static final Universe EIGHT_PAIRS =
      Universe.ofPairs(
          List.of(Currency.USD, Currency.EUR, Currency.JPY, Currency.CHF, Currency.AUD),
          pairs("audusd", "chfjpy", "eurchf", "eurjpy", "eurusd", "usdchf", "usdjpy", "audjpy"));

  private static final Universe G10 =
      Universe.of(
          currencies("USD EUR JPY GBP AUD NZD CAD CHF SEK NOK"),
          currencies("EUR GBP AUD NZD USD CAD CHF NOK SEK JPY"));

  /** What is wrong, with a tolerance that knows the row in hand. */
  private static final class Comparison {
    final MarketTolerance tolerance = new MarketTolerance();
    final Discrepancies discrepancies = new Discrepancies(tolerance);
  }

  /** 400,000 minutes of flat stretches, jumps of 10 % and gaps, sampled densely around them. */
  @Test
  void longPanelsDoNotDrift() {
    Windows windows = new Windows(List.of(60, 630), List.of(15));
    MarketPanel predictions = longPredictions(EIGHT_PAIRS, 400_000);
    List<Integer> rows = new ArrayList<>();
    for (int event : new int[] {9_000, 10_500, 15_000, 33_000}) {
      for (int shift = -2; shift <= 700; shift += 9) {
        rows.add(380_000 + event % 20_000 + shift);
      }
    }
    new SplittableRandom(3).ints(300, 0, 400_000).forEach(rows::add);
    Comparison found = new Comparison();
    compare(found, CurrencyIndices.of(EIGHT_PAIRS, windows), predictions, windows, rows);
    compare(found, CurrencyBlocs.of(EIGHT_PAIRS, windows), predictions, windows, rows);
    found.discrepancies.assertNoneAmong(40_000);
  }

  /** The predictions of closes around 1.1 and 150; each pair has its jumps at other times. */
  private static MarketPanel longPredictions(Universe universe, int rows) {
    double[][] closes = new double[universe.pairs().size()][];
    for (int p = 0; p < closes.length; p++) {
      boolean yen = universe.pairs().get(p).contains(Currency.JPY);
      closes[p] = LongMarket.closes(rows, yen ? 150 : 1.1, yen ? 1e-3 : 1e-5, p);
      for (int k = 777 * p; k < rows; k += 10_007) {
        Arrays.fill(closes[p], k, Math.min(rows, k + 1 + p * p), Double.NaN);
      }
    }
    MarketPanel panel = MarketPanel.wrapping(universe, LongMarket.axis(rows), closes);
    return FeatureEngine.forUniverse(universe).predictions(panel);
  }

  @Test
  void g10HasTenCurrencies45PairsAnd120Triangles() {
    assertThat(G10.currencies()).hasSize(10);
    assertThat(G10.pairs()).hasSize(45);
    assertThat(G10.triangles()).hasSize(120);
    Windows windows = new Windows(List.of(7, 20, 33), List.of(15));
    RandomMarket market = new RandomMarket(G10, 200, 5).withGaps(0.02);
    List<Integer> rows = List.of(0, 6, 19, 20, 32, 33, 50, 77, 120, 150, 199);
    Comparison found = new Comparison();
    MarketPanel predictions = market.predictions();
    compare(found, CurrencyIndices.of(G10, windows), predictions, windows, rows);
    compare(found, CurrencyBlocs.of(G10, windows), predictions, windows, rows);
    compare(found, TriangularArbitrage.of(G10), market.closes(), windows, rows);
    found.discrepancies.assertNoneAmong(3_000);
  }

  @Test
  void otherGroupsAndBlocsMayBeChosen() {
    Universe universe =
        Universe.g8()
            .withStrengthGroups(List.of(CurrencyGroup.of("antipodes", Currency.AUD, Currency.NZD)))
            .withBlocs(
                List.of(
                    CurrencyGroup.of("europe", Currency.EUR, Currency.GBP, Currency.CHF),
                    CurrencyGroup.of("yen", Currency.JPY)));
    Windows windows = new Windows(List.of(9), List.of(15));
    MarketPanel predictions = new RandomMarket(universe, 60, 6).withGaps(0.05).predictions();
    List<Integer> rows = List.of(0, 8, 9, 30, 59);
    Comparison found = new Comparison();
    compare(found, CurrencyIndices.of(universe, windows), predictions, windows, rows);
    compare(found, CurrencyBlocs.of(universe, windows), predictions, windows, rows);
    found.discrepancies.assertNoneAmong(150);
  }

  private static void compare(
      Comparison found,
      Formula<MarketPanel> formula,
      MarketPanel input,
      Windows windows,
      List<Integer> rows) {
    FeatureFrame computed = formula.compute(input);
    ExactMarket exact = new ExactMarket(input, windows, CurrencyBlocs.DEFAULT_FILL_LIMIT);
    for (int k : rows) {
      Map<String, Double> row = exactRow(formula, exact, k);
      found.tolerance.turnTo(row::get);
      for (FeatureColumn column : computed.columns()) {
        double value = computed.value(column.name(), k);
        found.discrepancies.compare(
            "row " + k, input.grid().epochMicros(k), column.name(), value, row.get(column.name()));
      }
    }
  }

  private static Map<String, Double> exactRow(
      Formula<MarketPanel> formula, ExactMarket exact, int k) {
    if (formula instanceof CurrencyIndices) {
      return exact.currencyIndices(k);
    }
    return formula instanceof CurrencyBlocs
        ? exact.blocs(k)
        : exact.arbitrage(
            TriangularArbitrage.DEFAULT_COST_PERCENT,
            TriangularArbitrage.DEFAULT_THRESHOLD_PERCENT,
            k);
  }

  private static List<Currency> currencies(String codes) {
    return Arrays.stream(codes.split(" ")).map(Currency::of).toList();
  }

  private static List<CurrencyPair> pairs(String... names) {
    return Arrays.stream(names).sorted().map(CurrencyPair::of).toList();
  }
}
