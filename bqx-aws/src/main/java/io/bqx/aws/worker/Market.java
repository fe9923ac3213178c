package io.bqx.aws.worker;

import java.util.Locale;

/** Under which terms a machine is rented. */
public enum Market {
  /** Spare capacity: cheaper, and taken back with two minutes' notice. */
  SPOT,
  /** At the listed price, for as long as wanted. */
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
