package io.bqx.aws.cost;

import java.util.Locale;

/** How a machine is paid for. */
public enum Market {
  /** At the price of the moment, until EC2 takes it back, with two minutes' notice. */
  SPOT,
  /** At the list price, for as long as it is wanted. */
  ON_DEMAND;

  /** How it is written in files and texts: {@code spot}, {@code on-demand}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The market that is written like this.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Market named(String text) {
    for (Market market : values()) {
      if (market.toString().equals(text)) {
        return market;
      }
    }
    throw new IllegalArgumentException("'" + text + "' is not a market; write spot or on-demand");
  }
}
