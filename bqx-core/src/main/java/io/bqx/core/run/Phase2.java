package io.bqx.core.run;

import io.bqx.core.catalog.Identifiers;
import io.bqx.core.catalog.Layout;
import io.bqx.core.internal.OnceSettings;
import io.bqx.core.report.CompletionReport;
import io.bqx.core.report.WorkPlan;
import io.bqx.core.retry.Retries;
import io.bqx.core.rewrite.SwapPolicy;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.Stages;
import io.bqx.core.track.StageTracker;
import io.bqx.core.validation.ValidationReport;
import io.bqx.core.watch.StallPolicy;
import io.bqx.features.TriangularArbitrage;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;

/**
 * The job: from bars in {@code m1_{pair}} to all feature columns, month by month.
 *
 * <pre>{@code
 * RunReport report = Phase2.on(dataSource)
 *     .months(YearMonth.of(2024, 7), YearMonth.of(2025, 6))
 *     .workers(8)
 *     .run();
 * }</pre>
 *
 * <p>A partition is rewritten once, however many of its stages are due, and swapped in whole:
 * readers see the old one or the new one. What is done is recorded in the same transaction, so a
 * run that was killed goes on where it stopped. Runs that are started at the same time share the
 * months.
 *
 * <p>Every setter may be called once; what is not set has the default that its description names. A
 * chain that does not end in {@link #run}, {@link #start}, {@link #plan}, {@link #status}, {@link
 * #report} or {@link #validate} does nothing.
 */
public final class Phase2 {

  private final DataSource dataSource;
  private final OnceSettings settings = new OnceSettings();
  private final List<Stage<?>> own = new ArrayList<>();
  private final List<StageTracker> trackers = new ArrayList<>();

  private Phase2(DataSource dataSource) {
    this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
  }

  /** Begins a job on the database that the data source connects to. */
  public static Phase2 on(DataSource dataSource) {
    return new Phase2(dataSource);
  }

  /**
   * The schema that holds all tables; {@code bqx} if it is not set.
   *
   * @throws IllegalArgumentException if it is blank, longer than the 63 bytes that PostgreSQL
   *     keeps, or has a zero character
   */
  public Phase2 schema(String schema) {
    Identifiers.requireValid("schema", Objects.requireNonNull(schema, "schema"));
    return once("schema", schema);
  }

  /**
   * Where the market's columns are stored. If it is not set, where the schema has them: {@link
   * Layout#WIDE} unless a run was asked for something else.
   *
   * <p>A run whose layout is not the one in force changes it: all months that are stored must be
   * among its months, and all stages among its stages. Nothing is lost if it is killed; the next
   * run goes on.
   */
  public Phase2 layout(Layout layout) {
    return once("layout", layout);
  }

  /** The currencies and pairs; {@link Universe#g8()} if it is not set. */
  public Phase2 universe(Universe universe) {
    return once("universe", universe);
  }

  /** The windows of all formulas; {@link Windows#ofDefaults()} if they are not set. */
  public Phase2 windows(Windows windows) {
    return once("windows", windows);
  }

  /**
   * The months to bring up to date, both included; must be set.
   *
   * @throws IllegalArgumentException if the last month is before the first one
   */
  public Phase2 months(YearMonth from, YearMonth to) {
    settings.putMonths(from, to);
    return this;
  }

  /**
   * The ids of the stages to bring up to date, such as {@code "2.3"}; all of them if it is not
   * called.
   */
  public Phase2 stages(String... ids) {
    if (ids.length == 0) {
      throw new IllegalArgumentException(
          "stages needs at least one id; leave it out to run all stages");
    }
    return once("stages", List.of(ids));
  }

  /**
   * Adds a stage of the caller's after the built-in ones; may be called for each of them. That its
   * id and its columns are not there yet is checked when the chain ends.
   */
  public Phase2 with(Stage<?> stage) {
    own.add(Objects.requireNonNull(stage, "stage"));
    return this;
  }

  /**
   * How many partitions are written at the same time; the number of processors if it is not set.
   *
   * <p>Each takes up to two connections. Up to four more hand out months, make and renew claims and
   * look at stalls: a pool needs {@code 2 * workers + 4}.
   *
   * @throws IllegalArgumentException if it is below 1
   */
  public Phase2 workers(int workers) {
    settings.putWorkers(workers);
    return this;
  }

  /** The cost of an arbitrage round trip in percent; 0.02 if it is not set. */
  public Phase2 cost(double percent) {
    return once("cost", percent);
  }

  /** The profit in percent above which an arbitrage is an opportunity; 0 if it is not set. */
  public Phase2 threshold(double percent) {
    return once("threshold", percent);
  }

  /**
   * The baseline instant of the rate index: a pair's index is 100 at its first bar at or after it.
   * If it is not set, the baselines that the database keeps stay, and a pair without one gets its
   * first bar.
   */
  public Phase2 baseline(Instant instant) {
    return once("baseline", instant);
  }

  /**
   * How long another worker waits before it takes over from one that died; 30 seconds if it is not
   * set.
   */
  public Phase2 lease(Duration lease) {
    return once("lease", lease);
  }

  /**
   * How long and how often a swap tries to get its locks; {@link SwapPolicy#ofDefaults()} if it is
   * not set.
   */
  public Phase2 swapPolicy(SwapPolicy policy) {
    return once("swapPolicy", policy);
  }

  /**
   * After how much time without progress a run tells what it waits for, and whether it then ends
   * the wait and tries again; {@link StallPolicy#ofDefaults()} if it is not set.
   */
  public Phase2 stallPolicy(StallPolicy policy) {
    return once("stallPolicy", policy);
  }

  /**
   * Tries months again on which several workers in a row died, and which are otherwise left alone.
   */
  public Phase2 forgiveCrashes() {
    return once("forgiveCrashes", true);
  }

  /**
   * Computes the stages again even where nothing has changed, for example because somebody changed
   * stored values by hand, or to replace columns that were made elsewhere.
   */
  public Phase2 redo() {
    return once("redo", true);
  }

  /** Who hears of the progress; nobody if it is not set. */
  public Phase2 listener(RunListener listener) {
    return once("listener", listener);
  }

  /**
   * Who is told when a run has completed a stage over all months; may be called for each of them. A
   * tracker that fails does not fail the run, but becomes a warning of its report.
   */
  public Phase2 tracker(StageTracker tracker) {
    trackers.add(Objects.requireNonNull(tracker, "tracker"));
    return this;
  }

  /**
   * Has a run that completes everything validate it, as {@link #validate} does, before trackers and
   * listener are told; what it finds is in the report and decides the exit code.
   */
  public Phase2 validating() {
    return once("validating", true);
  }

  /** Which partitions are due and why, as things are now; changes nothing. */
  public RunPlan plan() {
    return new Planner(settings()).plan();
  }

  /** How far the job has come, from what the ledger has recorded. */
  public JobStatus status() {
    return new StatusReader(settings()).read();
  }

  /**
   * What was done to the months and what the features look like, from the ledger and the tables;
   * changes nothing.
   *
   * @param plan what the work was planned to take
   */
  public CompletionReport report(WorkPlan plan) {
    return new ReportReader(settings()).read(Objects.requireNonNull(plan, "plan"));
  }

  /**
   * Reads every row of the months and compares it with its recomputation from the bars: columns,
   * rows, missing values, ranges, values, and the checksums that the ledger recorded. Changes
   * nothing.
   */
  public ValidationReport validate() {
    return new Validator(settings()).validate();
  }

  /**
   * Runs the job in this thread and its own workers until every partition has an outcome. An
   * interrupt of this thread cancels: partitions in hand are finished, no other is begun.
   *
   * @throws io.bqx.core.BqxException if the run cannot begin, for example because the database
   *     cannot be reached; what happens to a partition is in the report instead
   */
  public RunReport run() {
    return Runner.run(settings(), Retries.ofDefaults(), new Cancellation(), workerName());
  }

  /** Begins the job in a thread of its own. */
  public Run start() {
    return Run.start(settings(), workerName());
  }

  private Phase2 once(String setting, Object value) {
    settings.put(setting, value);
    return this;
  }

  JobSettings settings() {
    List<YearMonth> months =
        settings
            .months()
            .orElseThrow(
                () -> new IllegalStateException("The months are not set; call months(from, to)"));
    Universe universe = settings.get("universe", Universe.class, Universe.g8());
    Windows windows = settings.get("windows", Windows.class, Windows.ofDefaults());
    Stages stages =
        Stages.builtIn(
            universe,
            windows,
            settings.get("cost", Double.class, TriangularArbitrage.DEFAULT_COST_PERCENT),
            settings.get("threshold", Double.class, TriangularArbitrage.DEFAULT_THRESHOLD_PERCENT));
    for (Stage<?> stage : own) {
      stages = stages.and(stage);
    }
    return new JobSettings(
        dataSource,
        settings.get("schema", String.class, "bqx"),
        universe,
        windows,
        months,
        settings.find("layout", Layout.class),
        stages,
        stages.select(settings.list("stages", String.class).orElse(stages.ids())),
        settings.workers(),
        settings.find("baseline", Instant.class),
        settings.get("lease", Duration.class, Duration.ofSeconds(30)),
        settings.get("swapPolicy", SwapPolicy.class, SwapPolicy.ofDefaults()),
        settings.get("stallPolicy", StallPolicy.class, StallPolicy.ofDefaults()),
        settings.isOn("forgiveCrashes"),
        settings.isOn("redo"),
        settings.get("listener", RunListener.class, new RunListener() {}),
        settings.isOn("validating"),
        List.copyOf(trackers),
        wait -> {});
  }

  /** Process and host of this virtual machine, for people to read: {@code "4711@worker-1"}. */
  private static String workerName() {
    return ManagementFactory.getRuntimeMXBean().getName();
  }
}
