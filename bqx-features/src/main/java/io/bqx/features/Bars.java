package io.bqx.features;

import java.util.Locale;
import java.util.Objects;

/**
 * The bars of one pair, in columns: one open, high, low, close and volume per row of a time axis.
 *
 * <p>A bar's time is the start of its interval. Prices are in units of the quote currency; volume
 * is whatever the source counts. Arrays are kept, not copied: the caller must not change them
 * afterwards.
 */
public final class Bars {

  private final CurrencyPair pair;
  private final TimeAxis axis;
  private final double[] open;
  private final double[] high;
  private final double[] low;
  private final double[] close;
  private final double[] volume;

  private Bars(
      CurrencyPair pair,
      TimeAxis axis,
      double[] open,
      double[] high,
      double[] low,
      double[] close,
      double[] volume) {
    this.pair = Objects.requireNonNull(pair, "pair");
    this.axis = axis;
    this.open = requireRows("open", open);
    this.high = requireRows("high", high);
    this.low = requireRows("low", low);
    this.close = requireRows("close", close);
    this.volume = requireRows("volume", volume);
  }

  /**
   * Bars over the given arrays, which the caller must not change afterwards.
   *
   * @throws IllegalArgumentException if an array does not have one value per row; the message names
   *     it
   */
  public static Bars wrapping(
      CurrencyPair pair,
      TimeAxis axis,
      double[] open,
      double[] high,
      double[] low,
      double[] close,
      double[] volume) {
    return new Bars(pair, axis, open, high, low, close, volume);
  }

  private double[] requireRows(String name, double[] values) {
    if (values.length != axis.rows()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "Bars of %s have %d times but %d values of %s",
              pair,
              axis.rows(),
              values.length,
              name));
    }
    return values;
  }

  /** The pair that the bars are of. */
  public CurrencyPair pair() {
    return pair;
  }

  /** The starts of the bars' intervals. */
  public TimeAxis axis() {
    return axis;
  }

  /** The number of bars. */
  public int rows() {
    return axis.rows();
  }

  /** The first price of a bar. */
  public double open(int row) {
    return open[row];
  }

  /** The highest price of a bar. */
  public double high(int row) {
    return high[row];
  }

  /** The lowest price of a bar. */
  public double low(int row) {
    return low[row];
  }

  /** The last price of a bar. */
  public double close(int row) {
    return close[row];
  }

  /** The volume of a bar. */
  public double volume(int row) {
    return volume[row];
  }

  /** The closes as a series that shares this object's array. */
  public Series closes() {
    return Series.wrapping(axis, close);
  }

  /** For example {@code Bars[eurusd, TimeAxis[...]]}. */
  @Override
  public String toString() {
    return "Bars[" + pair + ", " + axis + "]";
  }
}
