package io.bqx.aws.cost;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Prices that somebody has written down, which go before those of AWS: because they are agreed
 * ones, or for a plan that must not change from day to day.
 */
public final class PriceTable {

  private final Map<String, Usd> onDemandHours;
  private final Map<Rate, Usd> rates;

  private PriceTable(Map<String, Usd> onDemandHours, Map<Rate, Usd> rates) {
    this.onDemandHours = Map.copyOf(onDemandHours);
    this.rates = new EnumMap<>(Rate.class);
    this.rates.putAll(rates);
  }

  /** A table without prices: On-Demand prices are AWS's, and rates the usual ones. */
  public static PriceTable empty() {
    return of(Map.of(), Map.of());
  }

  /**
   * A table.
   *
   * @param onDemandHours prices of an hour On-Demand by instance type
   * @param rates prices beside the machine's
   */
  public static PriceTable of(Map<String, Usd> onDemandHours, Map<Rate, Usd> rates) {
    return new PriceTable(onDemandHours, rates);
  }

  /** The price of an hour On-Demand; empty if the table has none for the type. */
  public Optional<Usd> onDemandHour(String instanceType) {
    return Optional.ofNullable(onDemandHours.get(instanceType));
  }

  /** The price of a unit: the table's, else the usual one. */
  public Usd price(Rate rate) {
    return rates.getOrDefault(rate, rate.usual());
  }
}
