package io.bqx.aws.cost;

import io.bqx.core.BqxException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.DescribeSpotPriceHistoryRequest;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.SpotPrice;

/**
 * The Spot price of a type in a zone as it changed: each price is good from its time until the next
 * one.
 */
public final class SpotPriceHistory {

  /** How far back AWS keeps prices. */
  private static final Duration KEPT = Duration.ofDays(90);

  private static final String PRODUCT = "Linux/UNIX";
  private static final BigDecimal NANOS_PER_SECOND = BigDecimal.valueOf(1_000_000_000L);
  private static final BigDecimal SECONDS_PER_HOUR = BigDecimal.valueOf(3600);

  private final String what;
  private final NavigableMap<Instant, Usd> hourly;

  private SpotPriceHistory(String what, NavigableMap<Instant, Usd> hourly) {
    this.what = what;
    this.hourly = hourly;
  }

  /**
   * A history.
   *
   * @param what type and zone, for messages
   * @param hourly the price of an hour by the time from which it is good
   */
  public static SpotPriceHistory of(String what, Map<Instant, Usd> hourly) {
    return new SpotPriceHistory(what, new TreeMap<>(hourly));
  }

  /**
   * Reads the prices of Linux machines that were good at any moment of a time: those that began in
   * it, and the last one before it.
   *
   * @param client of the zone's region; stays the caller's
   * @param zone such as {@code us-east-1a}
   * @throws BqxException if the prices cannot be read
   */
  public static SpotPriceHistory read(
      Ec2Client client, String instanceType, String zone, Instant from, Instant to) {
    String what = instanceType + " in " + zone;
    List<SpotPrice> found = new ArrayList<>(request(client, instanceType, zone, from, to));
    if (found.stream().noneMatch(price -> !price.timestamp().isAfter(from))) {
      request(client, instanceType, zone, from.minus(KEPT), from).stream()
          .max(Comparator.comparing(SpotPrice::timestamp))
          .ifPresent(found::add);
    }
    NavigableMap<Instant, Usd> hourly = new TreeMap<>();
    found.forEach(price -> hourly.put(price.timestamp(), Usd.of(price.spotPrice())));
    return new SpotPriceHistory(what, hourly);
  }

  private static List<SpotPrice> request(
      Ec2Client client, String instanceType, String zone, Instant from, Instant to) {
    try {
      return client
          .describeSpotPriceHistoryPaginator(
              DescribeSpotPriceHistoryRequest.builder()
                  .instanceTypesWithStrings(instanceType)
                  .productDescriptions(PRODUCT)
                  .filters(Filter.builder().name("availability-zone").values(zone).build())
                  .startTime(from)
                  .endTime(to)
                  .build())
          .spotPriceHistory()
          .stream()
          .toList();
    } catch (SdkException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot read the Spot prices of %s in %s from %s to %s: %s",
              instanceType,
              zone,
              from,
              to,
              e.getMessage()),
          e);
    }
  }

  /**
   * The price of an hour at a moment.
   *
   * @throws BqxException if none is known that was good then
   */
  public Usd priceAt(Instant moment) {
    return goodAt(moment).getValue();
  }

  private Map.Entry<Instant, Usd> goodAt(Instant moment) {
    Map.Entry<Instant, Usd> price = hourly.floorEntry(moment);
    if (price == null) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "No Spot price of %s is known for %s: AWS keeps %d days of them. Write the price of an hour into the file of"
                  + " the plan, under worker, hour-price",
              what,
              moment,
              KEPT.toDays()));
    }
    return price;
  }

  /**
   * What a machine cost that ran for a time: its billed seconds, each at the price that was good
   * then. Not rounded to cents; nothing if EC2 took it back within its first hour.
   *
   * @throws BqxException if no price is known that was good when it started
   */
  public Usd cost(MachineTime time) {
    if (time.isFreeOnSpot()) {
      return Usd.ZERO;
    }
    Instant end = time.started().plus(time.billed());
    BigDecimal priceSeconds = BigDecimal.ZERO;
    Instant from = time.started();
    while (from.isBefore(end)) {
      Instant next = hourly.higherKey(from);
      Instant until = next == null || next.isAfter(end) ? end : next;
      priceSeconds =
          priceSeconds.add(goodAt(from).getValue().amount().multiply(seconds(from, until)));
      from = until;
    }
    return new Usd(priceSeconds.divide(SECONDS_PER_HOUR, MathContext.DECIMAL128));
  }

  private static BigDecimal seconds(Instant from, Instant until) {
    Duration between = Duration.between(from, until);
    return BigDecimal.valueOf(between.getSeconds())
        .add(BigDecimal.valueOf(between.getNano()).divide(NANOS_PER_SECOND));
  }
}
