package io.bqx.aws.cost;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The comparison that the group drew up by hand, of its inputs in {@code group.yaml}. */
class GroupComparisonTest {

  private CostPlan plan;
  private ScenarioComparison comparison;

  @BeforeEach
  void read() throws URISyntaxException {
    plan = CostPlanFile.read(Path.of(getClass().getResource("group.yaml").toURI()));
    comparison = new ScenarioComparison(plan.scenarios());
  }

  private CostSheet scenario(String name) {
    return comparison.scenarios().stream()
        .filter(s -> s.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theWorkerCostsNineteenDollarsAndThirteenCents() {
    assertThat(plan.hours()).isEqualByComparingTo("42.5");
    CostSheet planned = CostModel.of(plan, plan.hourPrice().orElseThrow()).planned();
    assertThat(planned.total()).hasToString("19.13 USD");
    assertThat(planned.items())
        .containsExactly(
            new CostItem("c7i.8xlarge, Spot", new BigDecimal("42.5"), "hour", Usd.of("0.45")));
  }

  @Test
  void theFirstYearsAreTheGroups() {
    assertThat(comparison.scenarios())
        .extracting(s -> s.name() + ": " + s.total())
        .isEqualTo(
            List.of(
                "resident as is: 2,976.86 USD",
                "resident resized: 1,473.53 USD",
                "temporary worker: 200.93 USD"));
  }

  @Test
  void theTemporaryWorkerSavesNinetyThreePercent() {
    CostSheet worker = scenario("temporary worker");
    assertThat(comparison.saving(worker)).hasToString("2,775.93 USD");
    assertThat(comparison.savingPercent(worker)).contains(new BigDecimal("93"));
    assertThat(comparison.saving(scenario("resident as is"))).hasToString("0.00 USD");
  }

  @Test
  void theResidentCostsFifteenDollarsAndFifteenCentsAMonth() {
    assertThat(scenario("temporary worker").items().get(0).price()).hasToString("15.15 USD");
    assertThat(scenario("temporary worker").items().get(0).amount()).hasToString("181.80 USD");
  }
}
