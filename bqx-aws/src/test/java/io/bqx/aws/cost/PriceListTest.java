package io.bqx.aws.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.aws.testing.StubServer.Answer;
import io.bqx.aws.testing.StubService;
import io.bqx.core.BqxException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.pricing.PricingClient;

class PriceListTest {

  private final StubService stub = StubService.start();
  private final PricingClient client = stub.client(PricingClient.builder());
  private final PriceList prices = PriceList.of(client);

  @AfterEach
  void stop() {
    client.close();
    stub.close();
  }

  /** A product as the API describes it, with an hourly price and a yearly fee. */
  private static String product(String price) {
    return """
        {"product": {"productFamily": "Compute Instance", "sku": "ABC", "attributes": {"instanceType": "c7i.8xlarge"}},
         "serviceCode": "AmazonEC2",
         "terms": {
           "OnDemand": {"ABC.JRTCKXETXF": {"effectiveDate": "2024-07-01T00:00:00Z", "priceDimensions": {
             "ABC.JRTCKXETXF.6YS6EN2CT7": {"unit": "Hrs", "pricePerUnit": {"USD": "PRICE"}}}}},
           "Reserved": {"ABC.4NA7Y494T4": {"priceDimensions": {
             "ABC.4NA7Y494T4.6YS6EN2CT7": {"unit": "Hrs", "pricePerUnit": {"USD": "0.9"}}}}}}}"""
        .replace("PRICE", price);
  }

  private void answer(String... products) {
    stub.on(
        "GetProducts",
        body -> {
          try {
            return new Answer(
                200,
                JSON.std.asString(
                    Map.of("FormatVersion", "aws_v1", "PriceList", List.of(products))));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  @Test
  void thePriceOfAnHourIsThatOfTheOnDemandTerms() throws IOException {
    answer(product("1.4280000000"), product("0.0000000000"));
    assertThat(prices.onDemandHour("c7i.8xlarge", Region.US_EAST_1)).isEqualTo(Usd.of("1.428"));
    assertThat(JSON.std.mapFrom(stub.calls().get(0)))
        .containsEntry("ServiceCode", "AmazonEC2")
        .extractingByKey("Filters")
        .asString()
        .contains("c7i.8xlarge", "us-east-1", "Linux", "Shared");
  }

  @Test
  void aTypeWithoutOnePriceIsAnErrorThatSaysWhatToDo() {
    answer();
    assertThatThrownBy(() -> prices.onDemandHour("c9i.8xlarge", Region.US_EAST_1))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("has no prices of c9i.8xlarge in us-east-1")
        .hasMessageContaining("on-demand-hour");
    answer(product("1.428"), product("1.5"));
    assertThatThrownBy(() -> prices.onDemandHour("c7i.8xlarge", Region.US_EAST_1))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("has 2 prices of c7i.8xlarge");
  }

  @Test
  void whatCannotBeReadIsAnErrorThatSaysWhatToDo() {
    stub.on("GetProducts", body -> new Answer(400, "{\"__type\": \"AccessDeniedException\"}"));
    assertThatThrownBy(() -> prices.onDemandHour("c7i.8xlarge", Region.US_EAST_1))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("Cannot read the price of c7i.8xlarge in us-east-1")
        .hasMessageContaining("on-demand-hour");
    answer("no JSON");
    assertThatThrownBy(() -> prices.onDemandHour("c7i.8xlarge", Region.US_EAST_1))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("c7i.8xlarge");
  }
}
