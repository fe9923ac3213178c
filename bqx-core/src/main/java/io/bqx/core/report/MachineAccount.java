package io.bqx.core.report;

import io.bqx.core.report.InterruptionReader.Span;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What the time and the money of rented machines went into. Each moment of a machine is either
 * divided among the stages that were being written, in proportion to their columns, or part of an
 * interruption, or neither; so everything adds up to the machines.
 */
final class MachineAccount {

  static final String INTERRUPTIONS = "interruptions";
  static final String REST = "rest";
  static final String TOTAL = "total";

  private static final int CENTS = 2;

  private final CompletionReport report;
  private final List<Span> standstills;
  private final Map<String, Integer> columns = new LinkedHashMap<>();
  private final Map<String, BigDecimal> nanos = new LinkedHashMap<>();
  private final Map<String, BigDecimal> usd = new LinkedHashMap<>();

  MachineAccount(CompletionReport report, List<Span> standstills) {
    this.report = report;
    this.standstills = standstills;
    report.stages().forEach(stage -> columns.put(stage.stage(), stage.columns()));
  }

  /** The parts of the plan, what interruptions took, the rest and the total. */
  List<WorkComparison> comparisons(List<WorkComparison> plan) {
    report.machines().forEach(machine -> divide(machine, plan));
    boolean priced = report.machines().stream().allMatch(machine -> machine.usd().isPresent());
    boolean planned = plan.stream().anyMatch(work -> work.plannedCost().isPresent());
    Optional<BigDecimal> nothing = planned ? Optional.of(cents(BigDecimal.ZERO)) : Optional.empty();
    List<WorkComparison> rows = new ArrayList<>();
    plan.forEach(
        work ->
            rows.add(
                row(work.name(), work.stages(), work.plannedTime(), work.plannedCost(), priced)));
    rows.add(row(INTERRUPTIONS, List.of(), Duration.ZERO, nothing, priced));
    Duration time =
        report.machines().stream().map(MachineUse::elapsed).reduce(Duration.ZERO, Duration::plus);
    Optional<BigDecimal> cost =
        priced
            ? Optional.of(
                cents(
                    report.machines().stream()
                        .flatMap(machine -> machine.usd().stream())
                        .reduce(BigDecimal.ZERO, BigDecimal::add)))
            : Optional.empty();
    rows.add(
        new WorkComparison(
            REST,
            List.of(),
            Duration.ZERO,
            rows.stream().map(WorkComparison::actualTime).reduce(time, Duration::minus),
            nothing,
            cost.map(
                all ->
                    rows.stream()
                        .flatMap(row -> row.actualCost().stream())
                        .reduce(all, BigDecimal::subtract))));
    rows.add(
        new WorkComparison(
            TOTAL,
            List.of(),
            plan.stream().map(WorkComparison::plannedTime).reduce(Duration.ZERO, Duration::plus),
            time,
            nothing.map(
                zero ->
                    plan.stream()
                        .flatMap(work -> work.plannedCost().stream())
                        .reduce(zero, BigDecimal::add)),
            cost));
    return rows;
  }

  private WorkComparison row(
      String name,
      List<String> stages,
      Duration plannedTime,
      Optional<BigDecimal> plannedCost,
      boolean priced) {
    return new WorkComparison(
        name,
        stages,
        plannedTime,
        Duration.ofMillis(
            nanos
                .getOrDefault(name, BigDecimal.ZERO)
                .divide(BigDecimal.valueOf(1_000_000), 0, RoundingMode.HALF_UP)
                .longValue()),
        plannedCost,
        priced ? Optional.of(cents(usd.getOrDefault(name, BigDecimal.ZERO))) : Optional.empty());
  }

  private static BigDecimal cents(BigDecimal amount) {
    return amount.setScale(CENTS, RoundingMode.HALF_UP);
  }

  private void divide(MachineUse machine, List<WorkComparison> plan) {
    List<Rewrite> written =
        report.rewrites().stream()
            .filter(Rewrite::done)
            .filter(rewrite -> rewrite.started().isBefore(machine.ended()))
            .filter(rewrite -> rewrite.finished().isAfter(machine.started()))
            .toList();
    TreeSet<Instant> moments = new TreeSet<>(List.of(machine.started(), machine.ended()));
    written.forEach(rewrite -> moments.addAll(List.of(rewrite.started(), rewrite.finished())));
    standstills.forEach(span -> moments.addAll(List.of(span.from(), span.to())));
    Instant from = null;
    for (Instant to : moments.subSet(machine.started(), true, machine.ended(), true)) {
      if (from != null) {
        divide(machine, new Span(from, to), written, plan);
      }
      from = to;
    }
  }

  private void divide(
      MachineUse machine, Span span, List<Rewrite> written, List<WorkComparison> plan) {
    Map<String, Integer> weights = new LinkedHashMap<>();
    int all = 0;
    for (Rewrite rewrite : written) {
      if (!rewrite.started().isAfter(span.from()) && rewrite.finished().isAfter(span.from())) {
        for (String stage : rewrite.checksums().keySet()) {
          int weight = Math.max(1, columns.getOrDefault(stage, 1));
          all += weight;
          plan.stream()
              .filter(work -> work.stages().contains(stage))
              .findFirst()
              .ifPresent(work -> weights.merge(work.name(), weight, Integer::sum));
        }
      }
    }
    if (all == 0 && standstills.stream().anyMatch(still -> still.contains(span.from()))) {
      weights.put(INTERRUPTIONS, 1);
      all = 1;
    }
    BigDecimal length = BigDecimal.valueOf(Duration.between(span.from(), span.to()).toNanos());
    for (Map.Entry<String, Integer> part : weights.entrySet()) {
      BigDecimal share =
          length
              .multiply(BigDecimal.valueOf(part.getValue()))
              .divide(BigDecimal.valueOf(all), MathContext.DECIMAL64);
      nanos.merge(part.getKey(), share, BigDecimal::add);
      machine
          .usd()
          .ifPresent(
              cost -> usd.merge(part.getKey(), portion(cost, share, machine), BigDecimal::add));
    }
  }

  private static BigDecimal portion(BigDecimal cost, BigDecimal nanos, MachineUse machine) {
    return machine.elapsed().isZero()
        ? BigDecimal.ZERO
        : cost.multiply(nanos)
            .divide(BigDecimal.valueOf(machine.elapsed().toNanos()), MathContext.DECIMAL64);
  }

  /** What the machines cost in each of the spans; empty if a price is not known. */
  static Optional<BigDecimal> cost(List<MachineUse> machines, Span span) {
    if (machines.isEmpty() || machines.stream().anyMatch(machine -> machine.usd().isEmpty())) {
      return Optional.empty();
    }
    return Optional.of(
        cents(
            machines.stream()
                .map(
                    machine ->
                        portion(
                            machine.usd().orElseThrow(),
                            BigDecimal.valueOf(span.within(machine).toNanos()),
                            machine))
                .reduce(BigDecimal.ZERO, BigDecimal::add)));
  }
}
