package io.bqx.aws.cost;

import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a job on a rented machine costs: as planned, and as it was.
 *
 * <pre>{@code
 * CostModel model = CostModel.of(plan, Usd.of("0.45"));
 * Usd planned = model.planned().total();
 * SpotPriceHistory spot = SpotPriceHistory.read(ec2, "c7i.8xlarge", zone, time.started(), time.ended());
 * List<StageCost> stages = model.stages(time, spot.cost(time), StageHours.of(ledger.entries(from, to), time));
 * }</pre>
 */
public final class CostModel {

  /** The name of the machine's time that belongs to no stage, in the table of stages. */
  public static final String OTHER = "other";

  private final CostPlan plan;
  private final Usd plannedHour;

  private CostModel(CostPlan plan, Usd plannedHour) {
    this.plan = Objects.requireNonNull(plan, "plan");
    this.plannedHour = Objects.requireNonNull(plannedHour, "plannedHour");
  }

  /**
   * A model of a plan.
   *
   * @param plannedHour the planned price of an hour of the machine: the plan's own, or what the
   *     table, the price list or the Spot price history has for it
   */
  public static CostModel of(CostPlan plan, Usd plannedHour) {
    return new CostModel(plan, plannedHour);
  }

  /** The planned cost: the machine's hours, and what is used beside it. */
  public CostSheet planned() {
    return sheet("planned", plan.hours(), plannedHour);
  }

  /**
   * What a machine On-Demand cost for a time.
   *
   * @param hourPrice the price of an hour
   */
  public static Usd onDemand(MachineTime time, Usd hourPrice) {
    return hourPrice.times(Hours.of(time.billed()));
  }

  /**
   * The actual cost: the machine's billed time, and what the plan has beside it.
   *
   * @param machine what the machine cost, of {@link SpotPriceHistory#cost} or {@link #onDemand}
   */
  public CostSheet actual(MachineTime time, Usd machine) {
    BigDecimal hours = Hours.of(time.billed());
    return sheet("actual", hours, perHour(machine, hours));
  }

  private static Usd perHour(Usd machine, BigDecimal hours) {
    return new Usd(machine.amount().divide(hours, MathContext.DECIMAL128));
  }

  private CostSheet sheet(String name, BigDecimal hours, Usd hourPrice) {
    List<CostItem> items = new ArrayList<>();
    items.add(
        new CostItem(
            String.format(
                Locale.ROOT,
                "%s, %s",
                plan.instanceType(),
                plan.market() == Market.SPOT ? "Spot" : "On-Demand"),
            hours,
            "hour",
            hourPrice));
    plan.usage()
        .forEach(
            (rate, quantity) ->
                items.add(
                    new CostItem(rate.key(), quantity, rate.unit(), plan.prices().price(rate))));
    return new CostSheet(name, items);
  }

  /**
   * The machine's time and cost by stage, planned against actual; time in which no stage was being
   * written is the last row, {@link #OTHER}, so that the rows add up to the machine.
   *
   * @param machine what the machine cost
   * @param actual the hours of each stage, of {@link StageHours}
   */
  public List<StageCost> stages(MachineTime time, Usd machine, Map<String, Duration> actual) {
    BigDecimal billed = Hours.of(time.billed());
    Usd actualHour = perHour(machine, billed);
    Map<String, BigDecimal> hours = new LinkedHashMap<>();
    Set<String> ids = new TreeSet<>(actual.keySet());
    ids.removeAll(plan.stageHours().keySet());
    plan.stageHours()
        .keySet()
        .forEach(id -> hours.put(id, Hours.of(actual.getOrDefault(id, Duration.ZERO))));
    ids.forEach(id -> hours.put(id, Hours.of(actual.get(id))));
    BigDecimal other =
        billed.subtract(hours.values().stream().reduce(BigDecimal.ZERO, BigDecimal::add));
    hours.put(OTHER, other.max(BigDecimal.ZERO));
    List<StageCost> rows = new ArrayList<>();
    hours.forEach(
        (id, own) -> {
          BigDecimal planned = plan.stageHours().getOrDefault(id, BigDecimal.ZERO);
          rows.add(
              new StageCost(
                  id,
                  planned,
                  own,
                  plannedHour.times(planned).rounded(),
                  actualHour.times(own).rounded()));
        });
    return rows;
  }
}
