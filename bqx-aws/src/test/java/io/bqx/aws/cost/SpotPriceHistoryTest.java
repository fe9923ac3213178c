package io.bqx.aws.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.aws.AwsClients;
import io.bqx.aws.testing.StubServer;
import io.bqx.aws.testing.StubServer.Answer;
import io.bqx.aws.testing.StubService;
import io.bqx.aws.testing.TestAws;
import io.bqx.core.BqxException;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.ec2.Ec2Client;

class SpotPriceHistoryTest {

  private static final Instant NOON = Instant.parse("2024-08-01T12:00:00Z");

  private static final SpotPriceHistory HISTORY =
      SpotPriceHistory.of(
          "c7i.8xlarge in us-east-1a",
          Map.of(
              NOON.minusSeconds(7200), Usd.of("0.40"),
              NOON.plusSeconds(1800), Usd.of("0.60"),
              NOON.plusSeconds(5400), Usd.of("0.50")));

  private static Usd cost(Duration after, Duration length) {
    return HISTORY.cost(MachineTime.between(NOON.plus(after), NOON.plus(after).plus(length)));
  }

  @ParameterizedTest
  @CsvSource({
    // half an hour at the price that was good before noon, an hour at 0.60, half an hour at 0.50
    "PT0S,PT2H,1.05",
    "PT0S,PT30M,0.20",
    "PT30M,PT1H,0.60",
    "PT1H,PT1H,0.55",
    "PT2H,PT10H,5.00",
    // 36 seconds are billed as 60
    "PT0S,PT36S,0.0066666667",
    // the 60 seconds reach into the next price: 30 at 0.40 and 30 at 0.60
    "PT29M30S,PT40S,0.0083333333",
    // half a second is billed as a whole one
    "PT0S,PT1M0.5S,0.0067777778"
  })
  void everyBilledSecondCostsWhatWasGoodThen(Duration after, Duration length, String expected) {
    assertThat(cost(after, length).amount().setScale(10, RoundingMode.HALF_UP))
        .isEqualByComparingTo(expected);
  }

  @Test
  void aTimeInPartsCostsWhatItCostsInOne() {
    Usd parts =
        cost(Duration.ZERO, Duration.ofMinutes(47))
            .plus(cost(Duration.ofMinutes(47), Duration.ofMinutes(73)));
    assertThat(parts.amount())
        .isEqualByComparingTo(cost(Duration.ZERO, Duration.ofHours(2)).amount());
  }

  @Test
  void aMachineThatEc2TakesBackInItsFirstHourIsFree() {
    Instant early = NOON.plusSeconds(3599);
    assertThat(HISTORY.cost(new MachineTime(NOON, early, true))).isEqualTo(Usd.ZERO);
    assertThat(HISTORY.cost(new MachineTime(NOON, early, false)).amount()).isPositive();
    assertThat(HISTORY.cost(new MachineTime(NOON, NOON.plusSeconds(3600), true)).amount())
        .isPositive();
  }

  @Test
  void aStartBeforeAllKnownPricesIsAnErrorThatSaysWhatToDo() {
    assertThatThrownBy(() -> cost(Duration.ofDays(-1), Duration.ofHours(1)))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("No Spot price of c7i.8xlarge in us-east-1a is known for 2024-07-31")
        .hasMessageContaining("hour-price");
    assertThatThrownBy(() -> MachineTime.between(NOON, NOON.minusSeconds(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static String page(Map<Instant, String> prices) {
    return "<DescribeSpotPriceHistoryResponse><spotPriceHistorySet>"
        + prices.entrySet().stream()
            .map(
                p ->
                    "<item><instanceType>c7i.8xlarge</instanceType><spotPrice>"
                        + p.getValue()
                        + "</spotPrice><timestamp>"
                        + p.getKey()
                        + "</timestamp><availabilityZone>us-east-1a</availabilityZone></item>")
            .collect(Collectors.joining())
        + "</spotPriceHistorySet><nextToken/></DescribeSpotPriceHistoryResponse>";
  }

  @Test
  void thePricesOfTheZoneAreReadWithTheLastOneBeforeTheStart() {
    Instant end = NOON.plusSeconds(7200);
    try (StubService stub = StubService.start();
        Ec2Client ec2 = stub.client(Ec2Client.builder())) {
      stub.on(
          "DescribeSpotPriceHistory",
          body ->
              new Answer(
                  200,
                  page(
                      StubServer.form(body).get("StartTime").equals(NOON.toString())
                          ? Map.of(NOON.plusSeconds(3600), "0.600000")
                          : Map.of(
                              NOON.minusSeconds(90_000), "0.900000",
                              NOON.minusSeconds(9_000), "0.400000"))));
      SpotPriceHistory history = SpotPriceHistory.read(ec2, "c7i.8xlarge", "us-east-1a", NOON, end);
      assertThat(history.cost(MachineTime.between(NOON, end))).hasToString("1.00 USD");
      assertThat(history.priceAt(NOON)).hasToString("0.40 USD");
      assertThat(stub.calls())
          .hasSize(2)
          .allSatisfy(
              call ->
                  assertThat(StubServer.form(call))
                      .containsEntry("Filter.1.Name", "availability-zone")
                      .containsEntry("Filter.1.Value.1", "us-east-1a")
                      .containsEntry("InstanceType.1", "c7i.8xlarge")
                      .containsEntry("ProductDescription.1", "Linux/UNIX"));
    }
  }

  @Test
  void onePageIsEnoughWhereAwsGivesThePriceOfTheStart() {
    try (StubService stub = StubService.start();
        Ec2Client ec2 = stub.client(Ec2Client.builder())) {
      stub.on(
          "DescribeSpotPriceHistory",
          body -> new Answer(200, page(Map.of(NOON.minusSeconds(60), "0.450000"))));
      assertThat(
              SpotPriceHistory.read(ec2, "c7i.8xlarge", "us-east-1a", NOON, NOON.plusSeconds(60))
                  .priceAt(NOON))
          .hasToString("0.45 USD");
      assertThat(stub.calls()).hasSize(1);
    }
  }

  /** Its prices are all of the year 2006, and all the same. */
  @Test
  void anEmulatorHasThePricesOfTheZonesThatOfferTheType() {
    try (AwsClients clients = TestAws.clients()) {
      SpotPriceHistory history =
          SpotPriceHistory.read(
              clients.ec2(), "c7i.8xlarge", "us-east-1a", NOON, NOON.plusSeconds(7200));
      assertThat(history.priceAt(NOON).amount()).isEqualByComparingTo("0.00001");
      assertThat(history.cost(MachineTime.between(NOON, NOON.plusSeconds(7200))).amount())
          .isEqualByComparingTo("0.00002");

      SpotPriceHistory elsewhere =
          SpotPriceHistory.read(clients.ec2(), "c7i.8xlarge", "us-east-1z", NOON, NOON);
      assertThatThrownBy(() -> elsewhere.priceAt(NOON))
          .hasMessageContaining("No Spot price of c7i.8xlarge in us-east-1z is known");
    }
  }

  @Test
  void anErrorNamesTypeAndZone() {
    try (StubService stub = StubService.start();
        Ec2Client ec2 = stub.client(Ec2Client.builder())) {
      stub.on("DescribeSpotPriceHistory", body -> new Answer(403, "<Response/>"));
      assertThatThrownBy(() -> SpotPriceHistory.read(ec2, "c7i.8xlarge", "us-east-1a", NOON, NOON))
          .isInstanceOf(BqxException.class)
          .hasMessageContaining("Cannot read the Spot prices of c7i.8xlarge in us-east-1a");
    }
  }
}
