package io.bqx.core.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.bqx.core.BqxException;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkPlanTest {

  @TempDir private Path folder;

  private WorkPlan plan(String... lines) throws IOException {
    return WorkPlan.read(Files.writeString(folder.resolve("plan"), String.join("\n", lines)));
  }

  @Test
  void theDefaultIsTwelveAndFiftyFiveHoursForAYear() {
    assertThat(WorkPlan.ofDefaults().work())
        .extracting(PlannedWork::time)
        .containsExactly(Duration.ofHours(12), Duration.ofHours(55));
  }

  @Test
  void theDocumentedFileIsTheDefaultWithPrices() throws IOException {
    WorkPlan plan =
        plan(
            "foundation.stages = 1.5, 2.11, 2.12, 2.14",
            "foundation.hours = 12",
            "foundation.partitions = 336",
            "tier1.stages = 2.3, 2.4, 2.16B",
            "tier1.hours = 55",
            "planned.usd.per.hour = 0.45",
            "actual.usd.per.hour = 0.50");

    assertThat(plan.work()).isEqualTo(WorkPlan.ofDefaults().work());
    WorkComparison half = plan.compare(plan.work().get(1), 168, Duration.ofHours(33));
    assertThat(half.plannedTime()).isEqualTo(Duration.ofMinutes(27 * 60 + 30));
    assertThat(half.timeVariancePercent().orElseThrow()).isCloseTo(20, within(1e-9));
    assertThat(half.plannedCost()).contains(new BigDecimal("12.38"));
    assertThat(half.actualCost()).contains(new BigDecimal("16.50"));
    assertThat(half.costVariancePercent().orElseThrow()).isCloseTo(33.3, within(0.1));
  }

  @Test
  void withoutPricesThereAreNoCosts() {
    WorkPlan plan = WorkPlan.ofDefaults();
    WorkComparison compared = plan.compare(plan.work().get(0), 336, Duration.ofHours(6));

    assertThat(compared.plannedCost()).isEmpty();
    assertThat(compared.costVariancePercent()).isEqualTo(Optional.empty());
    assertThat(compared.timeVariancePercent()).contains(-50.0);
  }

  @Test
  void aMistakeInTheFileIsNamed() {
    assertThatThrownBy(() -> plan("tier1.stage = 2.3"))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("plan")
        .hasMessageContaining("the key 'tier1.stage' is none of");
    assertThatThrownBy(() -> plan("tier1.stages = 2.3", "tier1.hours = soon"))
        .hasMessageContaining("'soon' of the key 'tier1.hours' is not a number");
    assertThatThrownBy(() -> plan("tier1.stages = 2.3"))
        .hasMessageContaining("the key 'tier1.hours' is missing");
    assertThatThrownBy(() -> plan("tier1.stages = 2.3", "tier1.hours = -1"))
        .hasMessageContaining("needs a stage, a time and a partition");
    assertThatThrownBy(() -> plan("planned.usd.per.hour = -0.1"))
        .hasMessageContaining("must not be negative");
    assertThatThrownBy(() -> WorkPlan.read(folder.resolve("none")))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("none");
  }
}
