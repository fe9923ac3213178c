package io.bqx.aws.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.aws.AwsClients;
import io.bqx.aws.testing.StubAws;
import io.bqx.aws.testing.StubAws.StubMachine;
import io.bqx.aws.testing.TestTime;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the status says that the machines have cost, at half a dollar an hour on the Spot market.
 */
class RunningCostTest {

  private static final String REQUEST = "sir-0123456a";

  @TempDir private Path folder;

  private final StubAws aws = new StubAws();
  private final AwsClients clients = aws.clients();
  private final TestTime time = new TestTime();

  @BeforeEach
  void onePrice() {
    aws.time(time);
    aws.answer(
        "DescribeSpotPriceHistory",
        content ->
            "<spotPriceHistorySet><item><spotPrice>0.50</spotPrice><timestamp>%s</timestamp></item></spotPriceHistorySet>"
                .formatted(TestTime.BEGIN.minus(Duration.ofDays(1))));
  }

  @AfterEach
  void stop() {
    clients.close();
    aws.close();
  }

  @Test
  void aMachineThatRunsCostsItsTimeSoFar() {
    launch();

    assertThat(costAfter(Duration.ofMinutes(90))).isEqualTo("0.75 USD");
  }

  @ParameterizedTest
  @CsvSource({"PT59M59S, 0.00 USD", "PT1H, 0.50 USD", "PT3H, 1.50 USD"})
  void aMachineThatAwsTakesBackInItsFirstHourCostsNothing(Duration ran, String cost) {
    StubMachine machine = launch();
    ends(ran, "instance-terminated-no-capacity");
    machine.become("terminated", "Server.SpotInstanceTermination");

    assertThat(costAfter(Duration.ofHours(10))).isEqualTo(cost);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "instance-terminated-by-price",
        "instance-terminated-capacity-oversubscribed",
        "instance-terminated-launch-group-constraint"
      })
  void whatAwsTellsOfTheSpotRequestIsEnough(String code) {
    launch();
    ends(Duration.ofMinutes(30), code);
    aws.answer("DescribeInstances", content -> "<reservationSet/>");

    assertThat(costAfter(Duration.ofHours(10))).isEqualTo("0.00 USD");
  }

  @Test
  void aMachineThatSomebodyTerminatesInItsFirstHourCostsItsTime() {
    StubMachine machine = launch();
    ends(Duration.ofMinutes(30), "instance-terminated-by-user");
    machine.become("terminated", "Client.UserInitiatedShutdown");

    assertThat(costAfter(Duration.ofHours(10))).isEqualTo("0.25 USD");
  }

  @Test
  void allMachinesOfAWorkerAddUp() {
    StubMachine first = launch();
    ends(Duration.ofMinutes(30), "instance-terminated-by-price");
    first.become("terminated", "Server.SpotInstanceTermination");
    time.set(TestTime.BEGIN.plus(Duration.ofHours(2)));
    aws.giveAs("on-demand");
    launch();
    aws.answer("GetProducts", body -> PRICE);

    assertThat(costAfter(Duration.ofHours(5))).isEqualTo("4.50 USD");
  }

  @Test
  void aMachineOfWhichNobodyKnowsTheEndHasEndedWhenItHadToShutItselfDown() {
    launch();
    aws.answer("DescribeInstances", content -> "<reservationSet/>");

    assertThat(costAfter(Duration.ofHours(100))).isEqualTo("24.00 USD");
  }

  @Test
  void aClockBehindThatOfAwsMakesNoAgeAndNoCostNegative() {
    launch();
    time.set(TestTime.BEGIN.minusSeconds(20));

    WorkerStatus status = worker().status();

    assertThat(status.age()).isZero();
    assertThat(status.cost().orElseThrow().amount()).isNotNegative();
  }

  private static final String PRICE =
      """
      {"PriceList": ["{\\"terms\\":{\\"OnDemand\\":{\\"a\\":{\\"priceDimensions\\":{\\"b\\":{\\"unit\\":\\"Hrs\\",\\"pricePerUnit\\":{\\"USD\\":\\"1.50\\"}}}}}}}"]}""";

  private StubMachine launch() {
    String id = worker().launch().machine().id();
    return aws.machines().stream()
        .filter(machine -> machine.id.equals(id))
        .findFirst()
        .orElseThrow();
  }

  /** What AWS says of the Spot request from now on. */
  private void ends(Duration afterItsLaunch, String code) {
    Instant end = TestTime.BEGIN.plus(afterItsLaunch);
    aws.answer(
        "DescribeSpotInstanceRequests",
        content ->
            "<spotInstanceRequestSet><item><spotInstanceRequestId>%s</spotInstanceRequestId><state>closed</state><status><code>%s</code><updateTime>%s</updateTime></status></item></spotInstanceRequestSet>"
                .formatted(REQUEST, code, end));
  }

  private String costAfter(Duration afterBegin) {
    time.set(TestTime.BEGIN.plus(afterBegin));
    return worker().status().cost().orElseThrow().toString();
  }

  private Worker worker() {
    return Worker.with(clients)
        .spec(TestSpecs.builder("phase2").image(StubAws.IMAGE).build())
        .stateFile(folder.resolve("state.json"))
        .waiting(time)
        .cost(RunningCost.atPricesOf(clients));
  }
}
