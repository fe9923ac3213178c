package io.bqx.aws.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.catalog.Scope;
import io.bqx.core.ledger.LedgerEntry;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CostModelTest {

  private static final Instant NOON = Instant.parse("2024-08-01T12:00:00Z");
  private static final MachineTime FOUR_HOURS = MachineTime.between(NOON, NOON.plusSeconds(14_400));

  private static final CostPlan PLAN =
      CostPlan.on("c7i.8xlarge")
          .stage("2.3", new BigDecimal("2"))
          .stage("2.4", new BigDecimal("1.5"))
          .usage(Rate.AURORA_CAPACITY, new BigDecimal("10"))
          .usage(Rate.GP3_STORAGE, new BigDecimal("1.5"))
          .prices(PriceTable.of(Map.of(), Map.of(Rate.GP3_STORAGE, Usd.of("0.10"))))
          .build();

  private static final CostModel MODEL = CostModel.of(PLAN, Usd.of("0.45"));

  /** A stage of so many columns, written from one minute after noon to another. */
  private static LedgerEntry written(String stage, int columns, int fromMinute, int toMinute) {
    return entry(stage, columns, fromMinute, toMinute).build();
  }

  private static LedgerEntry.Builder entry(String stage, int columns, int from, int to) {
    double[] statistics = new double[columns];
    return LedgerEntry.of(stage, Scope.named("eurusd"), YearMonth.of(2024, 7))
        .nulls(new long[columns])
        .minima(statistics)
        .maxima(statistics)
        .means(statistics)
        .started(NOON.plusSeconds(60L * from))
        .finished(NOON.plusSeconds(60L * to));
  }

  @Test
  void aPlanIsTheMachinesHoursAndWhatIsUsedBesideIt() {
    assertThat(MODEL.planned().items())
        .containsExactly(
            new CostItem("c7i.8xlarge, Spot", new BigDecimal("3.5"), "hour", Usd.of("0.45")),
            new CostItem("gp3-storage", new BigDecimal("1.5"), "GB-month", Usd.of("0.10")),
            new CostItem("aurora-capacity", new BigDecimal("10"), "ACU-hour", Usd.of("0.12")));
    assertThat(MODEL.planned().total()).hasToString("2.93 USD"); // 1.575 + 0.15 + 1.20
  }

  @Test
  void theActualCostIsThatOfTheBilledTime() {
    CostSheet actual = MODEL.actual(FOUR_HOURS, Usd.of("2.10"));
    assertThat(actual.items().get(0).quantity()).isEqualByComparingTo("4");
    assertThat(actual.items().get(0).amount()).hasToString("2.10 USD");
    assertThat(actual.total()).hasToString("3.45 USD");
  }

  @Test
  void onDemandIsBilledByTheSecondAndForAMinuteAtLeast() {
    Usd price = Usd.of("3.60");
    assertThat(CostModel.onDemand(FOUR_HOURS, price)).hasToString("14.40 USD");
    assertThat(CostModel.onDemand(MachineTime.between(NOON, NOON.plusSeconds(90)), price))
        .hasToString("0.09 USD");
    assertThat(CostModel.onDemand(MachineTime.between(NOON, NOON.plusSeconds(1)), price))
        .hasToString("0.06 USD");
    assertThat(CostModel.onDemand(MachineTime.between(NOON, NOON), price)).hasToString("0.06 USD");
  }

  @Test
  void aMomentIsSharedOutAmongTheStagesBeingWrittenByTheirColumns() {
    List<LedgerEntry> entries =
        List.of(
            written("2.3", 300, 0, 60),
            written("2.4", 100, 0, 60),
            written("2.4", 100, 120, 150),
            entry("2.12", 10, 200, 230).state(LedgerEntry.State.FAILED).build());
    assertThat(StageHours.of(entries, FOUR_HOURS))
        .isEqualTo(Map.of("2.3", Duration.ofMinutes(45), "2.4", Duration.ofMinutes(45)));
  }

  @Test
  void partitionsThatAreWrittenAtTheSameTimeShareIt() {
    List<LedgerEntry> entries =
        List.of(
            written("2.3", 100, 0, 60), written("2.3", 100, 0, 60), written("2.4", 100, 30, 90));
    // 30 min alone, 30 min two thirds, and the other stage a third of 30 min and 30 min alone
    assertThat(StageHours.of(entries, FOUR_HOURS))
        .isEqualTo(Map.of("2.3", Duration.ofMinutes(50), "2.4", Duration.ofMinutes(40)));
  }

  @Test
  void timeOutsideTheMachinesIsNotItsOwn() {
    MachineTime machine = MachineTime.between(NOON.plusSeconds(1800), NOON.plusSeconds(3600));
    List<LedgerEntry> entries = List.of(written("2.3", 7, 0, 90), written("2.4", 7, 61, 90));
    assertThat(StageHours.of(entries, machine)).isEqualTo(Map.of("2.3", Duration.ofMinutes(30)));
    assertThat(StageHours.of(List.of(), machine)).isEmpty();
  }

  @Test
  void stagesAreComparedWithTheirPlanAndAddUpToTheMachine() {
    List<StageCost> stages =
        MODEL.stages(
            FOUR_HOURS,
            Usd.of("2.00"),
            Map.of("2.3", Duration.ofMinutes(90), "2.12", Duration.ofMinutes(30)));
    assertThat(stages).extracting(StageCost::stage).containsExactly("2.3", "2.4", "2.12", "other");
    StageCost first = stages.get(0);
    assertThat(first.plannedCost()).hasToString("0.90 USD");
    assertThat(first.actualCost()).hasToString("0.75 USD");
    assertThat(first.hoursVariance()).contains(new BigDecimal("-25.0"));
    assertThat(first.costVariance()).contains(new BigDecimal("-16.7"));
    assertThat(stages.get(1).hoursVariance()).contains(new BigDecimal("-100.0"));
    assertThat(stages.get(2).hoursVariance()).isEqualTo(Optional.empty());
    assertThat(stages.get(2).costVariance()).isEqualTo(Optional.empty());
    assertThat(stages.get(3).actualHours()).isEqualByComparingTo("2");
    assertThat(stages.stream().map(StageCost::actualCost).reduce(Usd.ZERO, Usd::plus))
        .hasToString("2.00 USD");
  }

  @Test
  void quantitiesAndPricesAreNotNegative() {
    CostPlan.Builder plan = CostPlan.on("c7i.8xlarge");
    BigDecimal negative = new BigDecimal("-1");
    assertThatThrownBy(() -> plan.stage("2.3", negative))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("hours of stage 2.3 is -1; it must not be negative");
    assertThatThrownBy(() -> plan.usage(Rate.SNAPSHOTS, negative))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new CostItem("snapshots", BigDecimal.ONE, "GB-month", Usd.of("-1")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ScenarioComparison(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aScenarioThatCostsNothingHasNoPercentage() {
    CostSheet free = new CostSheet("free", List.of());
    CostSheet paid =
        new CostSheet(
            "paid", List.of(new CostItem("machine", BigDecimal.ONE, "hour", Usd.of("1"))));
    ScenarioComparison comparison = new ScenarioComparison(List.of(free, paid));
    assertThat(comparison.saving(paid)).hasToString("-1.00 USD");
    assertThat(comparison.savingPercent(paid)).isEmpty();
  }
}
