package io.bqx.examples;

import io.bqx.aws.cost.Usd;
import io.bqx.aws.worker.GateResult;
import io.bqx.aws.worker.LaunchReport;
import io.bqx.aws.worker.LedgerProgress;
import io.bqx.aws.worker.Machine;
import io.bqx.aws.worker.PreflightCheck;
import io.bqx.aws.worker.PreflightCheck.Verdict;
import io.bqx.aws.worker.PreflightReport;
import io.bqx.aws.worker.ResizeReport;
import io.bqx.aws.worker.StepRecord;
import io.bqx.aws.worker.TerminationReport;
import io.bqx.aws.worker.WorkerRunReport;
import io.bqx.aws.worker.WorkerStatus;
import io.bqx.core.report.MachineUse;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What the commands about a worker print. */
final class WorkerText {

  private WorkerText() {}

  /** All checks in a table, then what to do about those that did not pass. */
  static List<String> lines(PreflightReport report) {
    TextTable table = new TextTable().left("check").left("verdict").left("found");
    report.checks().forEach(check -> table.row(check.name(), check.verdict(), check.found()));
    List<String> lines = new ArrayList<>(table.lines());
    lines.add("");
    for (Verdict verdict : List.of(Verdict.FAIL, Verdict.WARN)) {
      for (PreflightCheck check : report.with(verdict)) {
        lines.add(verdict + " " + check.name() + ": " + check.remedy());
      }
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "%d passed, %s, %d failed",
            report.with(Verdict.PASS).size(),
            Quantities.count(report.with(Verdict.WARN).size(), "warning"),
            report.with(Verdict.FAIL).size()));
    return lines;
  }

  static List<String> lines(LaunchReport report, Machine machine, boolean ready) {
    return List.of(
        String.format(
            Locale.ROOT,
            "%s %s: %s",
            machine.id(),
            ready ? "is ready" : report.alreadyThere() ? "was there already" : "runs",
            description(machine)));
  }

  private static String description(Machine machine) {
    return String.format(
        Locale.ROOT,
        "%s %s in %s%s%s",
        machine.market(),
        machine.instanceType(),
        machine.zone(),
        machine.publicAddress().map(address -> ", " + address).orElse(""),
        machine.attempt() > 1 ? ", machine " + machine.attempt() + " of this run" : "");
  }

  static List<String> lines(WorkerStatus status) {
    TextTable table = new TextTable().left("worker").left(status.state().name());
    table.row(
        "machine",
        status.machine().map(machine -> machine.id() + ", " + description(machine)).orElse("none"));
    status
        .machine()
        .ifPresent(
            machine ->
                table.row(
                    "state",
                    machine.state()
                        + machine.stateReason().map(reason -> " (" + reason + ")").orElse("")));
    table.row("age", Quantities.duration(status.age()));
    table.row("machines so far", status.state().attempts().size());
    status.cost().ifPresent(usd -> table.row("cost so far", usd.rounded()));
    status.progress().ifPresent(progress -> addProgress(table, progress));
    List<String> lines = new ArrayList<>(table.lines());
    lines.add("");
    if (status.lastLines().isEmpty()) {
      lines.add("No log of the run is in S3 yet");
    } else {
      lines.add("The end of its log:");
      status.lastLines().forEach(line -> lines.add("  " + line));
    }
    return lines;
  }

  private static void addProgress(TextTable table, LedgerProgress progress) {
    table.row("ledger", progress);
    table.row(
        "pace",
        progress.rowsPerSecond() == 0 ? "none lately" : Quantities.rate(progress.rowsPerSecond()));
    table.row("to go", progress.timeToGo().map(Quantities::duration).orElse("not known"));
    table.row(
        "last heartbeat",
        progress
            .heartbeatAge()
            .map(age -> Quantities.duration(age) + " ago")
            .orElse("no worker has a month"));
  }

  static List<String> lines(List<GateResult> gates) {
    TextTable table = new TextTable().left("gate").left("state").left("why");
    gates.forEach(
        gate ->
            table.row(
                gate.name(),
                gate.skipped().isPresent() ? "skipped" : gate.open() ? "open" : "closed",
                gate.skipped().orElse(gate.reason())));
    return table.lines();
  }

  static List<String> lines(TerminationReport report) {
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(
        report
            .machine()
            .map(machine -> machine.id() + " is terminated")
            .orElse("There was no machine any more"));
    if (!report.snapshots().isEmpty()) {
      lines.add("Snapshots of its volumes: " + String.join(", ", report.snapshots()));
    }
    if (!report.spotRequests().isEmpty()) {
      lines.add("Cancelled Spot requests: " + String.join(", ", report.spotRequests()));
    }
    lines.addAll(leftovers(report));
    return lines;
  }

  /** The steps, the machines with their interruptions, and where the report is. */
  static List<String> lines(WorkerRunReport report, List<MachineUse> machines) {
    TextTable steps = new TextTable().left("step").right("took").left("result");
    for (StepRecord step : report.state().steps()) {
      steps.row(
          step.step(),
          step.finished()
              .map(end -> Quantities.duration(Duration.between(step.started(), end)))
              .orElse("-"),
          step.result());
    }
    List<String> lines = new ArrayList<>(steps.lines());
    lines.add("");
    TextTable rented =
        new TextTable().left("machine").left("is").right("ran").right("USD").left("lost because");
    for (MachineUse machine : machines) {
      rented.row(
          machine.id(),
          machine.description(),
          Quantities.duration(machine.elapsed()),
          usd(machine.usd()),
          machine.lost().orElse(""));
    }
    rented.row(
        "total",
        "",
        Quantities.duration(
            machines.stream().map(MachineUse::elapsed).reduce(Duration.ZERO, Duration::plus)),
        usd(
            machines.stream()
                .map(MachineUse::usd)
                .reduce(
                    Optional.of(BigDecimal.ZERO),
                    (sum, next) -> sum.flatMap(all -> next.map(all::add)))),
        "");
    lines.addAll(rented.lines());
    lines.add("");
    lines.addAll(
        report.termination().map(WorkerText::leftovers).orElse(List.of("Nothing is rented")));
    report.files().forEach(file -> lines.add(file.toString()));
    return lines;
  }

  private static String usd(Optional<BigDecimal> amount) {
    return amount.map(found -> new Usd(found).rounded().amount().toPlainString()).orElse("");
  }

  private static List<String> leftovers(TerminationReport report) {
    return List.of(
        report.leftovers().isEmpty()
            ? "Nothing is left over"
            : "Left over, and still paid for: " + String.join(", ", report.leftovers()));
  }

  static List<String> lines(ResizeReport report) {
    return List.of(
        String.format(
            Locale.ROOT,
            "%s is a %s now (%d vCPUs, %s MiB), before a %s",
            report.instance(),
            report.to(),
            report.vcpus(),
            Quantities.count(report.memoryMebibytes()),
            report.from()),
        "Snapshots of its volumes: " + String.join(", ", report.snapshots()));
  }
}
