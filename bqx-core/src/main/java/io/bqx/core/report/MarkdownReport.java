package io.bqx.core.report;

import io.bqx.core.validation.Check;
import io.bqx.core.validation.ValidationReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** A completion report as Markdown: tables of text, for people and for version control. */
public final class MarkdownReport {

  private static final int SHOWN = 20;

  private final CompletionReport report;
  private final List<String> lines = new ArrayList<>();

  private MarkdownReport(CompletionReport report) {
    this.report = report;
  }

  /** The text, ending in a line feed. */
  public static String of(CompletionReport report) {
    return new MarkdownReport(report).text();
  }

  private String text() {
    lines.add("# Completion report");
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "Schema %s, %s layout, %s to %s, as of %s. Times are UTC.",
            escaped(report.schema()),
            report.layout(),
            report.from(),
            report.to(),
            Wording.time(report.generated())));
    summary();
    stages();
    runs();
    interruptions();
    machines();
    failures();
    plan();
    validation();
    slowest();
    nulls();
    changes();
    return String.join("\n", lines) + "\n";
  }

  private void heading(String title) {
    lines.add("");
    lines.add("## " + title);
    lines.add("");
  }

  private void row(Object... cells) {
    StringBuilder row = new StringBuilder("|");
    for (Object cell : cells) {
      row.append(' ').append(escaped(String.valueOf(cell))).append(" |");
    }
    lines.add(row.toString());
  }

  /** Headings that begin with {@code #} are those of numbers. */
  private void head(String... headings) {
    StringBuilder titles = new StringBuilder("|");
    StringBuilder rule = new StringBuilder("|");
    for (String heading : headings) {
      boolean number = heading.startsWith("#");
      titles.append(' ').append(number ? heading.substring(1) : heading).append(" |");
      rule.append(number ? "---:|" : "---|");
    }
    lines.add(titles.toString());
    lines.add(rule.toString());
  }

  private void summary() {
    lines.add("");
    head("", "");
    row("state", Wording.state(report));
    row("partitions written", Wording.count(report.partitions()));
    row("rows", Wording.count(report.rows()));
    row("retries", Wording.count(report.retries()));
    row("interruptions", Wording.interruptions(report));
    row("time at work, last job", Wording.duration(report.busy()));
    row("validation", Wording.verdict(report.validation()));
  }

  private void stages() {
    heading("Stages");
    head(
        "stage",
        "computes",
        "#done",
        "#failed",
        "#remaining",
        "#rows",
        "#columns",
        "#at work",
        "#retries",
        "first started",
        "last finished");
    for (StageWork stage : report.stages()) {
      row(
          stage.stage(),
          stage.name(),
          Wording.count(stage.done()),
          Wording.count(stage.failed()),
          Wording.count(stage.remaining()),
          Wording.count(stage.rows()),
          Wording.count(stage.columns()),
          Wording.duration(stage.busy()),
          Wording.count(stage.retries()),
          stage.first().map(Wording::time).orElse(""),
          stage.last().map(Wording::time).orElse(""));
    }
    lines.add("");
    lines.add(
        "Stages of one table are written together: each of them shows all of that table's time.");
  }

  private void runs() {
    heading("Runs");
    if (report.runs().isEmpty()) {
      lines.add("None.");
      return;
    }
    head("started", "ended", "#took", "worker", "months", "stages", "#partitions left of it");
    for (JobRun run : report.runs()) {
      row(
          Wording.time(run.started()),
          run.ending(),
          run.elapsed().map(Wording::duration).orElse(""),
          run.worker(),
          run.from() + " to " + run.to(),
          String.join(" ", run.stages()),
          Wording.count(run.rewrites()));
    }
  }

  private void interruptions() {
    List<Interruption> interruptions = report.interruptions();
    if (interruptions.isEmpty()) {
      return;
    }
    heading("Interruptions");
    head(
        "work stopped",
        "how",
        "process",
        "machine",
        "why",
        "#repeated",
        "went on",
        "#standstill",
        "#USD");
    for (Interruption interruption : interruptions) {
      row(
          Wording.time(interruption.at()),
          interruption.ending(),
          interruption.worker(),
          interruption.machine().orElse(""),
          interruption.reason(),
          Wording.repeated(interruption),
          interruption.resumed().map(Wording::time).orElse(""),
          interruption.standstill().map(Wording::duration).orElse(""),
          Wording.usd(interruption.usd(), ""));
    }
    lines.add("");
    lines.add(Wording.INTERRUPTIONS_NOTE);
  }

  private void machines() {
    if (report.machines().isEmpty()) {
      return;
    }
    heading("Machines");
    head("machine", "is", "started", "ended", "#ran", "#USD", "lost because");
    for (MachineUse machine : report.machines()) {
      row(
          machine.id(),
          machine.description(),
          Wording.time(machine.started()),
          Wording.time(machine.ended()),
          Wording.duration(machine.elapsed()),
          Wording.usd(machine.usd(), ""),
          machine.lost().orElse(""));
    }
  }

  private void failures() {
    if (report.failures().isEmpty()) {
      return;
    }
    heading("Failures");
    head("partition", "month", "#attempts", "when", "why");
    for (Rewrite failure : report.failures()) {
      row(
          failure.tableName(),
          failure.month(),
          failure.attempts(),
          Wording.time(failure.finished()),
          failure.error().orElse(""));
    }
  }

  private void plan() {
    heading("Planned against actual");
    if (report.plan().isEmpty()) {
      lines.add("Nothing of what was planned has been done yet.");
      return;
    }
    head("work", "#planned", "#actual", "#variance", "#planned USD", "#actual USD", "#variance");
    for (WorkComparison work : report.plan()) {
      row(
          work.name(),
          Wording.planned(work, ""),
          Wording.duration(work.actualTime()),
          work.timeVariancePercent().map(Wording::percent).orElse(""),
          Wording.usd(work.plannedCost(), ""),
          Wording.usd(work.actualCost(), ""),
          work.costVariancePercent().map(Wording::percent).orElse(""));
    }
    lines.add("");
    lines.add("The plan is scaled to the pair-months that are done. " + Wording.actualTime(report));
  }

  private void validation() {
    heading("Validation");
    if (report.validation().isEmpty()) {
      lines.add("None was made for this report.");
      return;
    }
    ValidationReport validation = report.validation().get();
    lines.add(
        String.format(
            Locale.ROOT,
            "%s: %s rows read, %s values recomputed, %s.",
            Wording.verdict(report.validation()),
            Wording.count(validation.rows()),
            Wording.count(validation.values()),
            Wording.duration(validation.elapsed())));
    lines.add("");
    head("validator", "result", "#partitions", "#broken", "rule", "for example");
    for (Check check : validation.checks()) {
      row(
          check.validator(),
          check.passed() ? "passed" : "FAILED",
          Wording.count(check.partitions()),
          Wording.count(check.failed()),
          check.rule(),
          check.examples().stream().findFirst().orElse(""));
    }
  }

  private void slowest() {
    List<Rewrite> slowest = report.slowest(SHOWN);
    if (slowest.isEmpty()) {
      return;
    }
    heading("Slowest partitions");
    head("partition", "month", "#took", "#rows", "#rows/s", "stages");
    for (Rewrite rewrite : slowest) {
      row(
          rewrite.tableName(),
          rewrite.month(),
          Wording.duration(rewrite.elapsed()),
          Wording.count(rewrite.rows()),
          Wording.count(Wording.rowsPerSecond(rewrite)),
          rewrite.checksums().keySet().stream().sorted().collect(Collectors.joining(" ")));
    }
  }

  private void nulls() {
    if (report.rewrites().isEmpty()) {
      return;
    }
    heading("Missing values");
    head("stage", "columns", "#columns", "#values", "#missing", "#share");
    for (ColumnFamily family : report.families()) {
      row(
          family.stage(),
          family.name(),
          Wording.count(family.columns()),
          Wording.count(family.values()),
          Wording.count(family.nulls()),
          String.format(Locale.ROOT, "%.3f %%", 100 * family.nullShare()));
    }
  }

  private void changes() {
    heading("Since the last run");
    report.requestChanges().forEach(change -> lines.add("- " + escaped(change)));
    Optional<ContentChanges> changes = report.changes();
    if (changes.isEmpty()) {
      lines.add(
          report.requestChanges().isEmpty()
              ? "Nothing else was asked for, and there is no earlier report to compare the contents with."
              : "- There is no earlier report to compare the contents with.");
      return;
    }
    List<ContentChange> changed =
        changes.get().stages().stream().filter(ContentChange::isChange).toList();
    String earlier = "the report of " + Wording.time(changes.get().earlier());
    if (changed.isEmpty()) {
      lines.add("- The stored contents are those of " + earlier + ".");
      return;
    }
    lines.add("- Partitions that differ from " + earlier + ":");
    lines.add("");
    head("stage", "#new", "#changed", "#gone", "#rows before", "#rows now");
    for (ContentChange change : changed) {
      row(
          change.stage(),
          Wording.count(change.added()),
          Wording.count(change.changed()),
          Wording.count(change.removed()),
          Wording.count(change.rowsBefore()),
          Wording.count(change.rowsNow()));
    }
  }

  /** Text that cannot end a cell or begin markup. */
  private static String escaped(String text) {
    return text.replace("\\", "\\\\")
        .replace("|", "\\|")
        .replace("<", "&lt;")
        .replace("`", "\\`")
        .replace("*", "\\*")
        .replace("[", "\\[")
        .replaceAll("\\R", " ");
  }
}
