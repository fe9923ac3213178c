package io.bqx.features;

/**
 * The exchange rates of both directions of every pair, for one tile of rows; a rate that is not
 * known is 0.
 */
final class ExchangeRates {

  static final int TILE = 256;

  private final Universe universe;
  private final double[][] direct;
  private final double[][] inverse;

  ExchangeRates(Universe universe) {
    this.universe = universe;
    this.direct = new double[universe.pairs().size()][TILE];
    this.inverse = new double[universe.pairs().size()][TILE];
  }

  /**
   * Takes the closes of the rows from {@code from} on. One that is not a positive finite number is
   * not known.
   */
  void load(MarketPanel closes, int from, int rows) {
    for (int p = 0; p < direct.length; p++) {
      load(closes.values(p), from, rows, direct[p], inverse[p]);
    }
  }

  private static void load(double[] closes, int from, int rows, double[] direct, double[] inverse) {
    for (int i = 0; i < rows; i++) {
      double close = closes == null ? Double.NaN : closes[from + i];
      boolean known = isKnown(close);
      direct[i] = known ? close : 0;
      inverse[i] = known ? 1 / close : 0;
    }
  }

  /** Whether a close is a positive finite number; any other one counts as missing. */
  static boolean isKnown(double close) {
    return close > 0 && close <= Double.MAX_VALUE;
  }

  Universe universe() {
    return universe;
  }

  /** What one unit of a currency costs in another: the array that each tile is loaded into. */
  double[] of(Currency from, Currency to) {
    CurrencyPair pair = universe.pairOf(from, to).orElseThrow();
    int p = universe.indexOf(pair);
    return pair.base().equals(from) ? direct[p] : inverse[p];
  }
}
