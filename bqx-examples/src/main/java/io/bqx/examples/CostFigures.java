package io.bqx.examples;

import io.bqx.aws.cost.CostItem;
import io.bqx.aws.cost.CostSheet;
import io.bqx.aws.cost.ScenarioComparison;
import io.bqx.aws.cost.StageCost;
import io.bqx.aws.cost.Usd;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code bqx worker cost} shows, as tables or as fields of JSON.
 *
 * @param planned the plan
 * @param actual the actual cost, if the machine's time is known
 * @param stages the machine's hours by stage, if the ledger was read
 * @param scenarios the comparison, if the plan has one
 */
record CostFigures(
    CostSheet planned,
    Optional<CostSheet> actual,
    Optional<List<StageCost>> stages,
    Optional<ScenarioComparison> scenarios) {

  private static final int SHOWN_DECIMALS = 4;

  /** Tables, one after the other. */
  List<String> lines() {
    List<String> lines = new ArrayList<>(sheet(planned));
    actual.ifPresent(
        sheet -> {
          lines.add("");
          lines.addAll(sheet(sheet));
        });
    stages.ifPresent(
        rows -> {
          lines.add("");
          lines.addAll(stageTable(rows));
        });
    scenarios.ifPresent(
        comparison -> {
          lines.add("");
          lines.addAll(comparisonTable(comparison));
        });
    return lines;
  }

  private static List<String> sheet(CostSheet sheet) {
    TextTable table =
        new TextTable()
            .left(sheet.name())
            .right("quantity")
            .left("unit")
            .right("price USD")
            .right("USD");
    for (CostItem item : sheet.items()) {
      table.row(
          item.what(),
          decimal(item.quantity()),
          item.unit(),
          decimal(item.price().amount()),
          amount(item.amount()));
    }
    return table.row("total", "", "", "", amount(sheet.total())).lines();
  }

  private static List<String> stageTable(List<StageCost> rows) {
    TextTable table =
        new TextTable()
            .left("stage")
            .right("planned h")
            .right("actual h")
            .right("variance")
            .right("planned USD")
            .right("actual USD")
            .right("variance");
    for (StageCost row : rows) {
      table.row(
          row.stage(),
          hours(row.plannedHours()),
          hours(row.actualHours()),
          percent(row.hoursVariance()),
          amount(row.plannedCost()),
          amount(row.actualCost()),
          percent(row.costVariance()));
    }
    StageCost total = total(rows);
    return table
        .row(
            total.stage(),
            hours(total.plannedHours()),
            hours(total.actualHours()),
            percent(total.hoursVariance()),
            amount(total.plannedCost()),
            amount(total.actualCost()),
            percent(total.costVariance()))
        .lines();
  }

  private static StageCost total(List<StageCost> rows) {
    return new StageCost(
        "total",
        rows.stream().map(StageCost::plannedHours).reduce(BigDecimal.ZERO, BigDecimal::add),
        rows.stream().map(StageCost::actualHours).reduce(BigDecimal.ZERO, BigDecimal::add),
        rows.stream().map(StageCost::plannedCost).reduce(Usd.ZERO, Usd::plus),
        rows.stream().map(StageCost::actualCost).reduce(Usd.ZERO, Usd::plus));
  }

  private static List<String> comparisonTable(ScenarioComparison comparison) {
    TextTable table = new TextTable().left("scenario").right("USD").right("saving USD").right("%");
    for (CostSheet scenario : comparison.scenarios()) {
      table.row(
          scenario.name(),
          amount(scenario.total()),
          amount(comparison.saving(scenario)),
          comparison.savingPercent(scenario).map(BigDecimal::toPlainString).orElse(""));
    }
    return table.lines();
  }

  private static String decimal(BigDecimal number) {
    BigDecimal shown =
        number.scale() > SHOWN_DECIMALS
            ? number.setScale(SHOWN_DECIMALS, RoundingMode.HALF_UP)
            : number;
    return shown.toPlainString();
  }

  private static String hours(BigDecimal hours) {
    return hours.setScale(2, RoundingMode.HALF_UP).toPlainString();
  }

  private static String amount(Usd amount) {
    return amount.toString().replace(" USD", "");
  }

  private static String percent(Optional<BigDecimal> percent) {
    return percent.map(p -> (p.signum() > 0 ? "+" : "") + p.toPlainString() + " %").orElse("n/a");
  }

  /** Fields in the order in which they are to be written; amounts in USD, rounded to cents. */
  Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("currency", "USD");
    fields.put("planned", sheetFields(planned));
    actual.ifPresent(sheet -> fields.put("actual", sheetFields(sheet)));
    stages.ifPresent(
        rows -> fields.put("stages", rows.stream().map(CostFigures::stageFields).toList()));
    scenarios.ifPresent(
        comparison ->
            fields.put(
                "scenarios",
                comparison.scenarios().stream().map(s -> scenarioFields(comparison, s)).toList()));
    return fields;
  }

  private static Map<String, Object> sheetFields(CostSheet sheet) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("items", sheet.items().stream().map(CostFigures::itemFields).toList());
    fields.put("total", sheet.total().amount());
    return fields;
  }

  private static Map<String, Object> itemFields(CostItem item) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("what", item.what());
    fields.put("quantity", item.quantity());
    fields.put("unit", item.unit());
    fields.put("price", item.price().amount());
    fields.put("amount", item.amount().amount());
    return fields;
  }

  private static Map<String, Object> stageFields(StageCost row) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("stage", row.stage());
    fields.put("planned_hours", row.plannedHours());
    fields.put("actual_hours", row.actualHours());
    row.hoursVariance().ifPresent(v -> fields.put("hours_variance_percent", v));
    fields.put("planned_cost", row.plannedCost().amount());
    fields.put("actual_cost", row.actualCost().amount());
    row.costVariance().ifPresent(v -> fields.put("cost_variance_percent", v));
    return fields;
  }

  private static Map<String, Object> scenarioFields(
      ScenarioComparison comparison, CostSheet scenario) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", scenario.name());
    fields.putAll(sheetFields(scenario));
    fields.put("saving", comparison.saving(scenario).amount());
    comparison.savingPercent(scenario).ifPresent(p -> fields.put("saving_percent", p));
    return fields;
  }
}
