package io.bqx.core.report;

import io.bqx.core.catalog.Layout;
import io.bqx.core.validation.ValidationReport;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What a job did to a range of months, and what its features look like, as the ledger and the
 * tables have it at one moment.
 *
 * @param generated when it was read, by the database's clock
 * @param schema the schema of the tables
 * @param layout where the market's columns are stored
 * @param from the first month
 * @param to the last month
 * @param pairMonths pairs times months
 * @param stages how each stage stands, in order
 * @param rewrites the last rewrites of the partitions and the last tries that failed, ordered by
 *     start; a partition has several if its stages were computed by different runs
 * @param runs the runs that were asked for any of the months, ordered by start
 * @param machines the machines that were rented for the job, ordered by start; empty if there were
 *     none or they are not known
 * @param families missing values of columns with the same meaning, in the order of the columns
 * @param plan what was planned against what it took
 * @param market baskets and blocs over time; empty if there are none yet
 * @param mispricings the largest mispricings per pair and day; empty if there are none yet
 * @param validation what a validation found; empty if none was made for the report
 * @param changes what has happened since an earlier report; empty if there is none
 */
public record CompletionReport(
    Instant generated,
    String schema,
    Layout layout,
    YearMonth from,
    YearMonth to,
    int pairMonths,
    List<StageWork> stages,
    List<Rewrite> rewrites,
    List<JobRun> runs,
    List<MachineUse> machines,
    List<ColumnFamily> families,
    List<WorkComparison> plan,
    Optional<MarketHistory> market,
    Optional<Mispricings> mispricings,
    Optional<ValidationReport> validation,
    Optional<ContentChanges> changes) {

  /** Longer without work, and what came before was another job. */
  private static final Duration LONGEST_PAUSE = Duration.ofHours(6);

  /** Takes copies of the lists. */
  public CompletionReport {
    stages = List.copyOf(stages);
    rewrites = List.copyOf(rewrites);
    runs = List.copyOf(runs);
    machines = List.copyOf(machines);
    families = List.copyOf(families);
    plan = List.copyOf(plan);
  }

  /** This report with what a validation found. */
  public CompletionReport with(ValidationReport found) {
    return copy(machines, plan, Optional.of(found), changes);
  }

  /** This report with what has happened since an earlier one. */
  public CompletionReport since(ReportContents earlier) {
    return copy(
        machines,
        plan,
        validation,
        Optional.of(
            new ContentChanges(
                earlier.generated(),
                contents().changesSince(earlier, stages.stream().map(StageWork::stage).toList()))));
  }

  /**
   * This report with the machines that were rented for the job: its interruptions name them and
   * what they cost, and what was planned is compared with the machines' time and money. That is
   * divided among the parts of the plan, in proportion to the columns that were being written at
   * each moment; {@code interruptions} and {@code rest} follow, and {@code total}, to which they
   * add up.
   */
  public CompletionReport onMachines(List<MachineUse> rented) {
    if (rented.isEmpty()) {
      return this;
    }
    CompletionReport known =
        copy(
            rented.stream().sorted(Comparator.comparing(MachineUse::started)).toList(),
            plan,
            validation,
            changes);
    InterruptionReader reader = new InterruptionReader(known);
    return known.copy(
        known.machines,
        new MachineAccount(known, reader.spans(reader.read())).comparisons(plan),
        validation,
        changes);
  }

  private CompletionReport copy(
      List<MachineUse> rented,
      List<WorkComparison> compared,
      Optional<ValidationReport> found,
      Optional<ContentChanges> changed) {
    return new CompletionReport(
        generated,
        schema,
        layout,
        from,
        to,
        pairMonths,
        stages,
        rewrites,
        runs,
        rented,
        families,
        compared,
        market,
        mispricings,
        found,
        changed);
  }

  /** Rows and checksums of everything that is stored. */
  public ReportContents contents() {
    return ReportContents.of(generated, rewrites);
  }

  /** Whether every partition of every stage is done. */
  public boolean isComplete() {
    return stages.stream().allMatch(StageWork::isComplete);
  }

  /** The tries that failed and were not made good. */
  public List<Rewrite> failures() {
    return rewrites.stream().filter(r -> !r.done()).toList();
  }

  /** Partitions of all tables that are stored, at least in part. */
  public int partitions() {
    return rowsByPartition().size();
  }

  /** Rows of the partitions of all tables that are stored. */
  public long rows() {
    return rowsByPartition().values().stream().mapToLong(Long::longValue).sum();
  }

  private Map<String, Long> rowsByPartition() {
    Map<String, Long> rows = new HashMap<>();
    rewrites.stream()
        .filter(Rewrite::done)
        .forEach(r -> rows.merge(r.tableName() + " " + r.month(), r.rows(), Math::max));
    return rows;
  }

  /** Attempts beyond the first one, over all partitions. */
  public int retries() {
    return rewrites.stream().mapToInt(r -> r.attempts() - (r.done() ? 1 : 0)).sum();
  }

  /** The ends of runs before their work was done, ordered by time, and what they cost. */
  public List<Interruption> interruptions() {
    InterruptionReader reader = new InterruptionReader(this);
    List<Interruption> found = reader.read();
    List<InterruptionReader.Span> spans = reader.spans(found);
    List<Interruption> priced = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      Interruption interruption = found.get(i);
      priced.add(
          MachineAccount.cost(machines, spans.get(i))
              .map(interruption::costing)
              .orElse(interruption));
    }
    return priced;
  }

  /** The last run that was started; empty if there was none. */
  public Optional<JobRun> lastRun() {
    return runs.isEmpty() ? Optional.empty() : Optional.of(runs.get(runs.size() - 1));
  }

  /** The rewrites of the last job: those before a pause of more than six hours are left out. */
  public List<Rewrite> lastJob() {
    List<Rewrite> newestFirst =
        rewrites.stream().sorted(Comparator.comparing(Rewrite::finished).reversed()).toList();
    List<Rewrite> job = new ArrayList<>();
    Instant earliest = null;
    for (Rewrite rewrite : newestFirst) {
      if (earliest != null && rewrite.finished().isBefore(earliest.minus(LONGEST_PAUSE))) {
        break;
      }
      job.add(rewrite);
      earliest =
          earliest == null || rewrite.started().isBefore(earliest) ? rewrite.started() : earliest;
    }
    job.sort(Comparator.comparing(Rewrite::started));
    return job;
  }

  /** How long any worker was writing in the last job, pauses left out. */
  public Duration busy() {
    return Intervals.busy(lastJob());
  }

  /** From the first start to the last end of the last job; zero if nothing was written. */
  public Duration elapsed() {
    List<Rewrite> job = lastJob();
    return job.isEmpty()
        ? Duration.ZERO
        : Duration.between(job.get(0).started(), Intervals.end(job));
  }

  /**
   * How fast the last job wrote, in intervals of equal width; empty if it wrote nothing.
   *
   * @param intervals how many
   */
  public List<PacePoint> pace(int intervals) {
    return Intervals.pace(lastJob().stream().filter(Rewrite::done).toList(), intervals);
  }

  /** The partitions of the last job that took longest, the longest first. */
  public List<Rewrite> slowest(int most) {
    return lastJob().stream()
        .filter(Rewrite::done)
        .sorted(Comparator.comparing(Rewrite::elapsed).reversed())
        .limit(most)
        .toList();
  }

  /**
   * How the last run was asked for something else than the one before, in words; empty if there are
   * no two runs or they were asked for the same.
   */
  public List<String> requestChanges() {
    if (runs.size() < 2) {
      return List.of();
    }
    JobRun before = runs.get(runs.size() - 2);
    JobRun last = runs.get(runs.size() - 1);
    List<String> changes = new ArrayList<>();
    compare(
        changes, "months", before.from() + " to " + before.to(), last.from() + " to " + last.to());
    compare(changes, "stages", String.join(" ", before.stages()), String.join(" ", last.stages()));
    compare(changes, "layout", before.layout().toString(), last.layout().toString());
    compare(changes, "worker", before.worker(), last.worker());
    if (before.stages().equals(last.stages())) {
      compareParameters(changes, before.parameters(), last.parameters());
    }
    return changes;
  }

  private static void compareParameters(List<String> changes, String before, String last) {
    String[] old = before.split("; ");
    String[] now = last.split("; ");
    if (old.length != now.length) {
      compare(changes, "parameters", before, last);
      return;
    }
    for (int part = 0; part < now.length; part++) {
      compare(changes, "parameters", old[part], now[part]);
    }
  }

  private static void compare(List<String> changes, String what, String before, String last) {
    if (!Objects.equals(before, last)) {
      changes.add(String.format(Locale.ROOT, "%s: %s, before: %s", what, last, before));
    }
  }
}
