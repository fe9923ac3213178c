package io.bqx.aws.cost;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.core.BqxException;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.pricing.PricingClient;
import software.amazon.awssdk.services.pricing.model.Filter;
import software.amazon.awssdk.services.pricing.model.FilterType;
import software.amazon.awssdk.services.pricing.model.GetProductsRequest;

/** The public prices of machines, from AWS's Price List API. */
public final class PriceList {

  /** Where the API is; it knows the prices of all regions. */
  public static final Region API_REGION = Region.US_EAST_1;

  private final PricingClient client;

  private PriceList(PricingClient client) {
    this.client = Objects.requireNonNull(client, "client");
  }

  /**
   * The prices that a client reads.
   *
   * @param client of {@link #API_REGION}; stays the caller's
   */
  public static PriceList of(PricingClient client) {
    return new PriceList(client);
  }

  /**
   * The price of an hour On-Demand, of Linux on shared hardware.
   *
   * @param instanceType such as {@code c7i.8xlarge}
   * @throws BqxException if the prices cannot be read, or there is not exactly one for the type
   */
  public Usd onDemandHour(String instanceType, Region region) {
    GetProductsRequest question =
        GetProductsRequest.builder()
            .serviceCode("AmazonEC2")
            .formatVersion("aws_v1")
            .filters(
                equal("instanceType", instanceType),
                equal("regionCode", region.id()),
                equal("operatingSystem", "Linux"),
                equal("tenancy", "Shared"),
                equal("preInstalledSw", "NA"),
                equal("capacitystatus", "Used"))
            .build();
    List<Usd> prices;
    try {
      prices =
          client.getProductsPaginator(question).priceList().stream()
              .flatMap(product -> hourly(product, instanceType))
              .distinct()
              .toList();
    } catch (SdkException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot read the price of %s in %s from the Price List API: %s. Write it into the file of the plan, under"
                  + " prices, on-demand-hour",
              instanceType,
              region,
              e.getMessage()),
          e);
    }
    if (prices.size() != 1) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "The Price List API has %s prices of %s in %s, expected one: see that type and region exist, or write the"
                  + " price into the file of the plan, under prices, on-demand-hour",
              prices.isEmpty() ? "no" : Integer.toString(prices.size()),
              instanceType,
              region));
    }
    return prices.get(0);
  }

  private static Filter equal(String field, String value) {
    return Filter.builder().type(FilterType.TERM_MATCH).field(field).value(value).build();
  }

  /** The prices per hour in the On-Demand terms of a product; reservations have a price of 0. */
  private static Stream<Usd> hourly(String product, String instanceType) {
    Map<String, Object> fields;
    try {
      fields = JSON.std.mapFrom(product);
    } catch (IOException e) {
      throw new BqxException(
          "The Price List API described " + instanceType + " in a way that is no JSON", e);
    }
    return values(map(map(fields.get("terms")).get("OnDemand")))
        .flatMap(term -> values(map(term.get("priceDimensions"))))
        .filter(dimension -> "Hrs".equals(dimension.get("unit")))
        .map(dimension -> map(dimension.get("pricePerUnit")).get("USD"))
        .filter(Objects::nonNull)
        .map(price -> new Usd(Usd.of(price.toString()).amount().stripTrailingZeros()))
        .filter(price -> price.amount().signum() > 0);
  }

  private static Stream<Map<?, ?>> values(Map<?, ?> of) {
    return of.values().stream().map(PriceList::map);
  }

  private static Map<?, ?> map(Object value) {
    return value instanceof Map<?, ?> map ? map : Map.of();
  }
}
