package io.bqx.core.evaluation;

import java.util.Locale;

/**
 * What is forecast at a row.
 *
 * @param kind the quantity
 * @param rows how many rows of the pair ahead it is known
 * @param window the window of a BQX return in rows; 0 for a return
 */
public record Target(Kind kind, int rows, int window) {

  /** The quantities that can be forecast. */
  public enum Kind {
    /** {@code ln(price(t + rows) / price(t))}, a fraction. */
    RETURN("return"),
    /**
     * The backward return over the window at {@code t + rows}, a fraction; positive when the price
     * has fallen.
     */
    BQX("bqx");

    private final String name;

    Kind(String name) {
      this.name = name;
    }

    /** The name in lower case: {@code "return"}. */
    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if the rows are not from 2 to 10,000, or a BQX window is not
   *     shorter than them: it would reach back to prices that are known
   */
  public Target {
    if (rows < 2 || rows > 10_000) {
      throw new IllegalArgumentException("A target is 2 to 10000 rows ahead, not " + rows);
    }
    if (kind == Kind.BQX && (window < 2 || window >= rows)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "BQX over %d rows cannot be forecast %d rows ahead: its window must be shorter than that, or it reaches"
                  + " back to prices that are known",
              window,
              rows));
    }
  }

  /** The pair's logarithmic return over the next rows. */
  public static Target returnOver(int rows) {
    return new Target(Kind.RETURN, rows, 0);
  }

  /** BQX over a window, as it will be some rows later. */
  public static Target bqxAfter(int rows, int window) {
    return new Target(Kind.BQX, rows, window);
  }

  /** The direction of the price that a positive value means: 1 or -1. */
  int direction() {
    return kind == Kind.RETURN ? 1 : -1;
  }

  /** For example {@code return over the next 60 rows}. */
  @Override
  public String toString() {
    return kind == Kind.RETURN
        ? "return over the next " + rows + " rows"
        : "BQX over " + window + " rows, " + rows + " rows later";
  }
}
