package io.bqx.aws.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CostPlanFileTest {

  @TempDir private Path folder;

  private CostPlan read(String yaml) throws IOException {
    return CostPlanFile.read(Files.writeString(folder.resolve("plan.yaml"), yaml));
  }

  @Test
  void everyPartOfAPlanIsRead() throws IOException {
    CostPlan plan =
        read(
            """
            worker: {instance-type: c7i.8xlarge, market: on-demand, zone: us-east-1b}
            stages: {2.3: 18, 2.10: 0.1}
            usage: {gp3-storage: 6, s3-requests: 1.5}
            prices:
              aurora-capacity: 0.14
              on-demand-hour: {c7i.8xlarge: 1.428}
            scenarios:
              first: [{what: machine, quantity: 1, unit: year, price: 100}]
              second: []
            """);
    assertThat(plan.instanceType()).isEqualTo("c7i.8xlarge");
    assertThat(plan.market()).isEqualTo(Market.ON_DEMAND);
    assertThat(plan.zone()).contains("us-east-1b");
    assertThat(plan.hourPrice()).isEmpty();
    assertThat(plan.stageHours())
        .containsExactly(
            Map.entry("2.3", new BigDecimal("18")), Map.entry("2.10", new BigDecimal("0.1")));
    assertThat(plan.usage())
        .containsOnly(
            Map.entry(Rate.GP3_STORAGE, new BigDecimal("6")),
            Map.entry(Rate.S3_REQUESTS, new BigDecimal("1.5")));
    assertThat(plan.prices().onDemandHour("c7i.8xlarge")).contains(Usd.of("1.428"));
    assertThat(plan.prices().onDemandHour("t3.small")).isEmpty();
    assertThat(plan.prices().price(Rate.AURORA_CAPACITY)).isEqualTo(Usd.of("0.14"));
    assertThat(plan.prices().price(Rate.SNAPSHOTS)).isEqualTo(Rate.SNAPSHOTS.usual());
    assertThat(plan.scenarios()).extracting(CostSheet::name).containsExactly("first", "second");
  }

  @Test
  void aPlanWithoutMoreThanATypeIsOnSpot() throws IOException {
    CostPlan plan = read("worker: {instance-type: t3.small}");
    assertThat(plan.market()).isEqualTo(Market.SPOT);
    assertThat(plan.hours()).isEqualByComparingTo("0");
    assertThat(plan.scenarios()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "just text|the file must be a mapping",
        "worker: {zone: a}|worker has no instance-type",
        "worker: {instance-type: t3.small, spot: yes}|worker has the key spot; known are hour-price, instance-type, market, zone",
        "worker: {instance-type: t3.small, market: cheap}|market is cheap; it must be spot or on-demand",
        "worker: {instance-type: t3.small, hour-price: 0,45}|worker has the key 45",
        "worker: {instance-type: t3.small, hour-price: -1}|hour-price is -1; expected a decimal number",
        "{worker: {instance-type: t3.small}, stages: {2.3: long}}|stage 2.3 is long; expected a decimal number",
        "{worker: {instance-type: t3.small}, usage: {disk: 1}}|usage has the key disk; known are gp3-storage, snapshots",
        "{worker: {instance-type: t3.small}, costs: {}}|the file has the key costs",
        "{worker: {instance-type: t3.small}, scenarios: {a: b}}|scenario 'a' must be a list",
        "{worker: {instance-type: t3.small}, scenarios: {a: [{what: b}]}}|an item of scenario 'a' has no quantity",
        "worker: [|is no YAML"
      })
  void whatIsNoPlanIsRefusedByName(String yaml, String reason) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("plan.yaml")
        .hasMessageContaining(reason);
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> CostPlanFile.read(folder.resolve("absent.yaml")))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("Cannot read the plan")
        .hasMessageContaining("absent.yaml");
  }
}
