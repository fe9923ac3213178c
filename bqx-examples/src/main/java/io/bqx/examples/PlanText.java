package io.bqx.examples;

import io.bqx.core.catalog.Scope;
import io.bqx.core.run.DueReason;
import io.bqx.core.run.RunPlan;
import io.bqx.core.run.RunPlan.PlannedPartition;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A plan as a table: one line for all pairs of a month that are due for the same reasons. */
final class PlanText {

  private static final int NAMED_PAIRS = 4;

  private PlanText() {}

  static List<String> lines(RunPlan plan) {
    Map<Group, List<PlannedPartition>> groups = new LinkedHashMap<>();
    for (PlannedPartition partition : plan.partitions()) {
      if (!partition.due().isEmpty() || partition.refusal().isPresent()) {
        groups.computeIfAbsent(Group.of(partition), group -> new ArrayList<>()).add(partition);
      }
    }
    TextTable table =
        new TextTable()
            .left("month")
            .left("pairs")
            .right("rows")
            .right("bytes")
            .left("why: stages");
    groups.forEach((group, partitions) -> add(table, plan, group, partitions));
    List<String> lines = new ArrayList<>();
    if (!table.isEmpty()) {
      lines.addAll(table.lines());
      lines.add("");
    }
    lines.addAll(summary(plan));
    return lines;
  }

  /** What pairs must have in common to share a line. */
  private record Group(YearMonth month, Map<String, DueReason> due, Optional<String> refusal) {

    static Group of(PlannedPartition partition) {
      return new Group(partition.month(), partition.due(), partition.refusal());
    }

    String why() {
      Map<DueReason, List<String>> stages = new LinkedHashMap<>();
      due.forEach(
          (stage, reason) -> stages.computeIfAbsent(reason, r -> new ArrayList<>()).add(stage));
      String reasons =
          stages.entrySet().stream()
              .map(entry -> entry.getKey() + ": " + String.join(" ", entry.getValue()))
              .collect(Collectors.joining("; "));
      return refusal.map(text -> "cannot be done: " + text).orElse(reasons);
    }
  }

  private static void add(
      TextTable table, RunPlan plan, Group group, List<PlannedPartition> partitions) {
    long inMonth =
        plan.partitions().stream()
            .filter(p -> p.month().equals(group.month()) && !p.scope().isMarket())
            .count();
    table.row(
        group.month(),
        partitions.size() == inMonth && !partitions.get(0).scope().isMarket()
            ? "all " + inMonth
            : named(partitions),
        Quantities.count(partitions.stream().mapToLong(PlannedPartition::rows).sum()),
        Quantities.bytes(partitions.stream().mapToLong(PlannedPartition::bytes).sum()),
        group.why());
  }

  private static String named(List<PlannedPartition> partitions) {
    String names =
        partitions.stream()
            .map(PlannedPartition::scope)
            .map(Scope::name)
            .limit(NAMED_PAIRS)
            .collect(Collectors.joining(" "));
    int more = partitions.size() - NAMED_PAIRS;
    return more > 0 ? names + " and " + more + " more" : names;
  }

  private static List<String> summary(RunPlan plan) {
    long refused = plan.partitions().stream().filter(p -> p.refusal().isPresent()).count();
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%s of %s due: %s, %s to write",
            Quantities.count(plan.due().size()),
            Quantities.count(plan.partitions().size(), "partition"),
            Quantities.count(plan.rows(), "row"),
            Quantities.bytes(plan.bytes())));
    if (refused > 0) {
      lines.add(Quantities.count(refused, "partition") + " cannot be done as things are");
    }
    if (!plan.due().isEmpty()) {
      lines.add(
          plan.estimate()
              .map(time -> "Estimated time: " + Quantities.duration(time))
              .orElse("No estimate of the time yet: this database has not recorded a run"));
    }
    return lines;
  }
}
