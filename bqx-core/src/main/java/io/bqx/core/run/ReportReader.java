package io.bqx.core.run;

import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.ClaimInfo;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.ledger.RecordedRun;
import io.bqx.core.ledger.RunId;
import io.bqx.core.ledger.RunState;
import io.bqx.core.report.ColumnFamily;
import io.bqx.core.report.CompletionReport;
import io.bqx.core.report.Intervals;
import io.bqx.core.report.JobRun;
import io.bqx.core.report.PlannedWork;
import io.bqx.core.report.Rewrite;
import io.bqx.core.report.StageWork;
import io.bqx.core.report.WorkComparison;
import io.bqx.core.report.WorkPlan;
import io.bqx.core.stage.Stage;
import io.bqx.features.FeatureColumn;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** Gathers a completion report from the ledger and the tables. */
final class ReportReader {

  private final JobSettings settings;
  private final Ledger ledger;

  ReportReader(JobSettings asked) {
    this.settings = asked.inLayout();
    this.ledger = settings.ledger();
  }

  /** How each stage stands; nothing but the ledger is read. */
  List<StageWork> stages() {
    List<LedgerEntry> entries = entries(first(), last());
    List<Rewrite> rewrites = rewrites(entries);
    return settings.requested().stream().map(stage -> work(stage, entries, rewrites)).toList();
  }

  private YearMonth first() {
    return settings.months().get(0);
  }

  private YearMonth last() {
    return settings.months().get(settings.months().size() - 1);
  }

  CompletionReport read(WorkPlan plan) {
    YearMonth from = first();
    YearMonth to = last();
    boolean begun = ledger.exists();
    List<LedgerEntry> entries = begun ? entries(from, to) : List.of();
    List<Rewrite> rewrites = Intervals.inLanes(rewrites(entries));
    List<StageWork> stages =
        settings.requested().stream().map(stage -> work(stage, entries, rewrites)).toList();
    MarketReader.Findings market = new MarketReader(settings).read(entries);
    return new CompletionReport(
        ledger.databaseTime(),
        settings.schema(),
        settings.layout().orElseThrow(),
        from,
        to,
        settings.universe().pairs().size() * settings.months().size(),
        stages,
        rewrites,
        begun ? runs(from, to, rewrites) : List.of(),
        List.of(),
        families(entries),
        comparisons(plan, rewrites),
        market.history(),
        market.mispricings(),
        Optional.empty(),
        Optional.empty());
  }

  /** Of the stages that were asked for, in the tables of the layout. */
  private List<LedgerEntry> entries(YearMonth from, YearMonth to) {
    Map<String, Stage<?>> byId = new TreeMap<>();
    settings.requested().forEach(stage -> byId.put(stage.id(), stage));
    return ledger.entries(from, to).stream()
        .filter(e -> byId.containsKey(e.stage()) && byId.get(e.stage()).table().has(e.scope()))
        .toList();
  }

  private record TableMonth(
      TableFamily table, Scope scope, YearMonth month, boolean done, RunId run) {}

  /** A run writes a table once; what it recorded of several stages is one rewrite. */
  private List<Rewrite> rewrites(List<LedgerEntry> entries) {
    Map<TableMonth, List<LedgerEntry>> together = new LinkedHashMap<>();
    for (LedgerEntry entry : entries) {
      together
          .computeIfAbsent(
              new TableMonth(
                  settings.stages().get(entry.stage()).table(),
                  entry.scope(),
                  entry.month(),
                  entry.isDone(),
                  entry.run().orElseThrow()),
              key -> new ArrayList<>())
          .add(entry);
    }
    List<Rewrite> rewrites = new ArrayList<>();
    together.forEach((of, stages) -> rewrites.add(rewrite(of, stages)));
    return rewrites;
  }

  private static Rewrite rewrite(TableMonth of, List<LedgerEntry> stages) {
    LedgerEntry any = stages.get(0);
    Map<String, Long> checksums = new TreeMap<>();
    stages.stream()
        .filter(e -> e.computedAt().isPresent())
        .forEach(e -> checksums.put(e.stage(), e.contentCrc()));
    return new Rewrite(
        of.table(),
        of.scope(),
        of.month(),
        checksums,
        of.done(),
        stages.stream().mapToLong(LedgerEntry::rows).max().orElse(0),
        stages.stream().mapToInt(e -> e.nulls().length).sum(),
        stages.stream().mapToLong(e -> Arrays.stream(e.nulls()).sum()).sum(),
        earliest(stages).orElseThrow(),
        latest(stages).orElseThrow(),
        stages.stream().mapToInt(LedgerEntry::attempts).max().orElse(1),
        of.run().toString(),
        any.worker().orElse(""),
        0,
        any.error());
  }

  private static Optional<Instant> earliest(List<LedgerEntry> entries) {
    return entries.stream().flatMap(e -> e.started().stream()).min(Comparator.naturalOrder());
  }

  private static Optional<Instant> latest(List<LedgerEntry> entries) {
    return entries.stream().flatMap(e -> e.finished().stream()).max(Comparator.naturalOrder());
  }

  private StageWork work(Stage<?> stage, List<LedgerEntry> entries, List<Rewrite> rewrites) {
    List<LedgerEntry> of = entries.stream().filter(e -> e.stage().equals(stage.id())).toList();
    List<LedgerEntry> done = of.stream().filter(LedgerEntry::isDone).toList();
    List<LedgerEntry> stored = of.stream().filter(e -> e.computedAt().isPresent()).toList();
    int scopes = (int) settings.scopes().stream().filter(stage.table()::has).count();
    return new StageWork(
        stage.id(),
        stage.name(),
        scopes * settings.months().size(),
        done.size(),
        of.size() - done.size(),
        done.stream().mapToLong(LedgerEntry::rows).sum(),
        stage.columns().size(),
        Intervals.busy(having(stage.id(), rewrites)),
        earliest(done),
        latest(done),
        of.stream().mapToInt(e -> e.attempts() - (e.isDone() ? 1 : 0)).sum(),
        fingerprint(stored));
  }

  private static List<Rewrite> having(String stage, List<Rewrite> rewrites) {
    return rewrites.stream().filter(r -> r.done() && r.checksums().containsKey(stage)).toList();
  }

  private static long fingerprint(List<LedgerEntry> stored) {
    CRC32C crc = new CRC32C();
    stored.stream()
        .map(e -> e.scope() + " " + e.month() + " " + e.rows() + " " + e.contentCrc() + "\n")
        .sorted()
        .forEach(line -> crc.update(line.getBytes(StandardCharsets.UTF_8)));
    return crc.getValue();
  }

  private List<JobRun> runs(YearMonth from, YearMonth to, List<Rewrite> rewrites) {
    Set<RunId> live =
        ledger.claims().stream()
            .filter(claim -> !claim.expired())
            .map(ClaimInfo::run)
            .collect(Collectors.toSet());
    return ledger.runs().stream()
        .filter(run -> !run.description().to().isBefore(from))
        .filter(run -> !run.description().from().isAfter(to))
        .map(run -> run(run, live.contains(run.run()), rewrites))
        .toList();
  }

  private static JobRun run(RecordedRun run, boolean live, List<Rewrite> rewrites) {
    List<Rewrite> own =
        rewrites.stream().filter(r -> r.done() && r.run().equals(run.run().toString())).toList();
    return new JobRun(
        run.run().toString(),
        run.description().worker(),
        run.description().from(),
        run.description().to(),
        run.description().stages(),
        run.description().parameters(),
        run.description().layout(),
        ending(run, live),
        run.started(),
        run.finished(),
        run.state() == RunState.CANCELLED ? run.message() : Optional.empty(),
        own.size(),
        own.stream().mapToLong(Rewrite::rows).sum());
  }

  private static JobRun.Ending ending(RecordedRun run, boolean live) {
    return switch (run.state()) {
      case RUNNING -> live ? JobRun.Ending.RUNNING : JobRun.Ending.KILLED;
      case DONE -> JobRun.Ending.DONE;
      case FAILED -> JobRun.Ending.FAILED;
      case CANCELLED -> JobRun.Ending.CANCELLED;
    };
  }

  private List<ColumnFamily> families(List<LedgerEntry> entries) {
    List<ColumnFamily> families = new ArrayList<>();
    for (Stage<?> stage : settings.requested()) {
      List<LedgerEntry> stored =
          entries.stream()
              .filter(e -> e.stage().equals(stage.id()))
              .filter(e -> e.nulls().length == stage.columns().size())
              .toList();
      Map<String, List<Integer>> columns = new LinkedHashMap<>();
      for (int column = 0; column < stage.columns().size(); column++) {
        columns
            .computeIfAbsent(familyOf(stage.columns().get(column)), key -> new ArrayList<>())
            .add(column);
      }
      columns.forEach(
          (name, members) -> {
            long nulls = 0;
            long values = 0;
            for (LedgerEntry entry : stored) {
              long[] perColumn = entry.nulls();
              nulls += members.stream().mapToLong(column -> perColumn[column]).sum();
              values += entry.rows() * members.size();
            }
            families.add(new ColumnFamily(stage.id(), name, members.size(), values, nulls));
          });
    }
    return families;
  }

  /** The first two words of a column's name without window, currency, pair and bloc. */
  private String familyOf(FeatureColumn column) {
    String name = column.name().replaceFirst("^(w\\d+|agg)_", "").replaceFirst("_\\d+min$", "");
    String bare =
        Stream.of(
                settings.universe().blocs().stream().map(bloc -> bloc.name()),
                settings.universe().pairs().stream().map(pair -> pair.name()),
                settings.universe().currencies().stream().map(currency -> currency.lowerCode()))
            .flatMap(names -> names)
            .filter(prefix -> name.startsWith(prefix + "_"))
            .findFirst()
            .map(prefix -> name.substring(prefix.length() + 1))
            .orElse(name);
    return Arrays.stream(bare.split("_")).limit(2).collect(Collectors.joining(" "));
  }

  private List<WorkComparison> comparisons(WorkPlan plan, List<Rewrite> rewrites) {
    List<WorkComparison> comparisons = new ArrayList<>();
    for (PlannedWork planned : plan.work()) {
      List<Rewrite> done =
          rewrites.stream()
              .filter(Rewrite::done)
              .filter(r -> r.checksums().keySet().stream().anyMatch(planned.stages()::contains))
              .toList();
      if (!done.isEmpty()) {
        comparisons.add(plan.compare(planned, pairMonths(done), Intervals.busy(done)));
      }
    }
    return comparisons;
  }

  /** Pairs and months that were written; a month of the market is one of every pair. */
  private int pairMonths(List<Rewrite> done) {
    long pairs =
        done.stream()
            .filter(r -> !r.scope().isMarket())
            .map(r -> r.scope() + " " + r.month())
            .distinct()
            .count();
    long market = done.stream().filter(r -> r.scope().isMarket()).count();
    return (int) Math.max(pairs, market * settings.universe().pairs().size());
  }
}
