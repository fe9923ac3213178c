package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.aws.testing.StubServer.Answer;
import io.bqx.aws.testing.StubService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerCostTest {

  private static final String SPOT =
      """
      worker: {instance-type: c7i.8xlarge, market: spot, zone: us-east-1a, hour-price: 0.45}
      stages: {2.3: 18, 2.4: 14.5, 2.16B: 10}
      usage: {aurora-capacity: 85}
      scenarios:
        stay: [{what: resident, quantity: 12, unit: month, price: 121.20}]
        move: [{what: resident, quantity: 12, unit: month, price: 15.15}]
      """;
  private static final String ON_DEMAND =
      """
      worker: {instance-type: c7i.8xlarge, market: on-demand, zone: us-east-1a}
      stages: {2.3: 0.5}
      """;
  private static final String[] TWO_HOURS = {
    "--started=2024-08-01T12:00:00Z", "--ended=2024-08-01T14:00:00Z"
  };

  private final StubService aws = StubService.start();

  @TempDir private Path folder;

  @AfterEach
  void stop() {
    aws.close();
  }

  private CommandRun cost(String plan, String... arguments) throws IOException {
    Path file = Files.writeString(folder.resolve("plan.yaml"), plan);
    return CommandRun.of(
        Map.of(
            "AWS_ENDPOINT_URL", aws.endpoint().toString(),
            "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY", "example-key"),
        Stream.concat(Stream.of("worker", "cost", "--plan=" + file), Arrays.stream(arguments))
            .toArray(String[]::new));
  }

  private void answerWithPrices() {
    aws.on(
        "DescribeSpotPriceHistory",
        body ->
            new Answer(
                200,
                """
                <DescribeSpotPriceHistoryResponse><spotPriceHistorySet>
                <item><spotPrice>0.60</spotPrice><timestamp>2024-08-01T13:00:00Z</timestamp></item>
                <item><spotPrice>0.40</spotPrice><timestamp>2024-08-01T11:00:00Z</timestamp></item>
                </spotPriceHistorySet></DescribeSpotPriceHistoryResponse>"""));
    aws.on(
        "GetProducts",
        body ->
            new Answer(
                200,
                """
                {"PriceList": ["{\\"terms\\": {\\"OnDemand\\": {\\"a\\": {\\"priceDimensions\\": {\\"b\\": {\\"unit\\": \\"Hrs\\", \\"pricePerUnit\\": {\\"USD\\": \\"1.4280000000\\"}}}}}}}"]}"""));
  }

  @Test
  void aPlanWithPricesOfItsOwnNeedsNoCallOfAws() throws IOException {
    CommandRun planned = cost(SPOT);
    assertThat(planned.exitCode()).as(planned.err()).isZero();
    assertThat(planned.out())
        .contains("c7i.8xlarge, Spot      42.5  hour           0.45  19.13")
        .contains("aurora-capacity          85  ACU-hour       0.12  10.20")
        .containsPattern("total +29.33")
        .containsPattern("stay +1,454.40 +0.00 +0")
        .containsPattern("move +181.80 +1,272.60 +88");
    assertThat(aws.calls()).isEmpty();
  }

  @Test
  void theActualCostOfASpotMachineIsThatOfItsZonesPrices() throws IOException {
    answerWithPrices();
    CommandRun actual = cost(SPOT, TWO_HOURS);
    assertThat(actual.exitCode()).as(actual.err()).isZero();
    assertThat(actual.out()).containsPattern("actual[^$]+c7i.8xlarge, Spot +2 +hour +0.50? +1.00");
    CommandRun free =
        cost(
            SPOT, "--started=2024-08-01T13:00:00Z", "--ended=2024-08-01T13:59:59Z", "--taken-back");
    assertThat(free.out()).containsPattern("actual[^$]+c7i.8xlarge, Spot +0.9997 +hour +0 +0.00");
  }

  @Test
  void theCostOnDemandIsThatOfTheListPrice() throws IOException {
    answerWithPrices();
    CommandRun actual = cost(ON_DEMAND, TWO_HOURS);
    assertThat(actual.exitCode()).as(actual.err()).isZero();
    assertThat(actual.out())
        .containsPattern("planned[^$]+c7i.8xlarge, On-Demand +0.5 +hour +1.428 +0.71")
        .containsPattern("actual[^$]+c7i.8xlarge, On-Demand +2 +hour +1.428 +2.86");
  }

  @Test
  void jsonHasTheSameFigures() throws IOException {
    CommandRun planned = cost(SPOT, "--json");
    Map<String, Object> figures = JSON.std.mapFrom(planned.out());
    assertThat(figures)
        .containsEntry("currency", "USD")
        .containsOnlyKeys("currency", "planned", "scenarios");
    assertThat((Map<?, ?>) figures.get("planned")).extracting("total").hasToString("29.33");
    assertThat((List<?>) figures.get("scenarios"))
        .last()
        .extracting("name", "total", "saving", "saving_percent")
        .map(Object::toString)
        .containsExactly("move", "181.8", "1272.6", "88");
  }

  @Test
  void aDryRunNamesTheCallsAndMakesNone() throws IOException {
    assertThat(cost(SPOT, "--dry-run").out()).isEqualTo("No call of AWS\n");
    assertThat(cost(SPOT, "--dry-run", TWO_HOURS[0], TWO_HOURS[1]).out())
        .isEqualTo(
            "ec2:DescribeSpotPriceHistory c7i.8xlarge, us-east-1a, 2024-08-01T12:00:00Z to 2024-08-01T14:00:00Z\n");
    assertThat(cost(ON_DEMAND, "--dry-run").out())
        .isEqualTo("pricing:GetProducts c7i.8xlarge, On-Demand, Linux, us-east-1\n");
    assertThat(aws.calls()).isEmpty();
  }

  @Test
  void withADatabaseTheStagesAreComparedWithTheirPlan() throws IOException {
    String database = GuardedServer.get().newDatabase("cost");
    GuardedServer.get().execute(database, "CREATE SCHEMA bqx");
    CommandRun compared =
        cost(
            ON_DEMAND.replace("zone: us-east-1a", "hour-price: 1.50"),
            TWO_HOURS[0],
            TWO_HOURS[1],
            "--from=2024-07",
            "--to=2024-07",
            "--user=postgres",
            "--jdbc-url=" + GuardedServer.get().jdbcUrl(database));
    assertThat(compared.exitCode()).as(compared.err()).isZero();
    assertThat(compared.out())
        .containsPattern("2.3 +0.50 +0.00 +-100.0 % +0.75 +0.00 +-100.0 %")
        .containsPattern("other +0.00 +2.00 +n/a +0.00 +3.00 +n/a")
        .containsPattern("total +0.50 +2.00 +\\+300.0 % +0.75 +3.00 +\\+300.0 %");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--ended=2024-08-01T14:00:00Z|go with --started INSTANT",
        "--started=2024-08-01T14:00:00Z --ended=2024-08-01T13:00:00Z|is before --started",
        "--started=2024-08-01T14:00:00Z --taken-back|--taken-back goes with --ended",
        "--started=2999-01-01T00:00:00Z|is in the future",
        "--started=noon|'--started'"
      })
  void badUsageNamesTheOptionAndEndsWithTwo(String words) throws IOException {
    String[] parts = words.split("\\|");
    CommandRun refused = cost(SPOT, parts[0].split(" "));
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains(parts[1]);
  }

  @Test
  void aPlanThatCannotBeUsedIsAFailureInOneLine() throws IOException {
    CommandRun refused = cost("worker: {}");
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("worker has no instance-type");
    CommandRun missing = CommandRun.of(Map.of(), "worker", "cost", "--plan=absent.yaml");
    assertThat(missing.exitCode()).isEqualTo(2);
    CommandRun nothing = CommandRun.of(Map.of(), "worker");
    assertThat(nothing.exitCode()).isEqualTo(2);
    assertThat(nothing.err()).contains("A command is missing: run, preflight, launch");
  }
}
