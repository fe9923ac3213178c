package io.bqx.core.run;

import io.bqx.core.catalog.Scope;
import io.bqx.core.ledger.ClaimInfo;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.run.JobStatus.Failure;
import io.bqx.core.run.JobStatus.StageMonth;
import io.bqx.core.stage.Stage;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Sums up the ledger and the claims. */
final class StatusReader {

  private static final Duration RECENT = Duration.ofMinutes(10);

  private final JobSettings settings;
  private final Ledger ledger;

  StatusReader(JobSettings asked) {
    this.settings = asked.inLayout();
    this.ledger = settings.ledger();
  }

  JobStatus read() {
    boolean begun = ledger.exists();
    List<ClaimInfo> claims = begun ? ledger.claims() : List.of();
    List<LedgerEntry> entries = begun ? ledger.entries(first(), last()) : List.of();
    Set<YearMonth> held =
        claims.stream().filter(c -> !c.expired()).map(ClaimInfo::month).collect(Collectors.toSet());
    List<StageMonth> stages = new ArrayList<>();
    for (YearMonth month : settings.months()) {
      for (Stage<?> stage : settings.requested()) {
        stages.add(count(stage, month, entries, held.contains(month)));
      }
    }
    double pace = rowsPerSecond(entries);
    return new JobStatus(
        stages,
        claims,
        pace,
        remaining(entries, stages, pace),
        begun ? failures(entries) : List.of());
  }

  private record MonthAndReason(YearMonth month, String reason) {}

  private List<Failure> failures(List<LedgerEntry> entries) {
    Map<MonthAndReason, SortedSet<Scope>> scopes = new LinkedHashMap<>();
    ledger
        .monthFailures(first(), last())
        .forEach(of -> scopes.put(new MonthAndReason(of.month(), of.reason()), new TreeSet<>()));
    entries.stream()
        .filter(e -> !e.isDone() && isRequested(e))
        .forEach(
            e ->
                scopes
                    .computeIfAbsent(
                        new MonthAndReason(e.month(), e.error().orElse("no reason is recorded")),
                        key -> new TreeSet<>())
                    .add(e.scope()));
    return scopes.entrySet().stream()
        .map(
            of ->
                new Failure(of.getKey().month(), List.copyOf(of.getValue()), of.getKey().reason()))
        .sorted(Comparator.comparing(Failure::month))
        .toList();
  }

  private boolean isRequested(LedgerEntry entry) {
    return settings.requested().stream()
        .anyMatch(stage -> stage.id().equals(entry.stage()) && stage.table().has(entry.scope()));
  }

  private YearMonth first() {
    return settings.months().get(0);
  }

  private YearMonth last() {
    return settings.months().get(settings.months().size() - 1);
  }

  private StageMonth count(
      Stage<?> stage, YearMonth month, List<LedgerEntry> entries, boolean held) {
    List<LedgerEntry> of =
        entries.stream()
            .filter(e -> e.stage().equals(stage.id()) && e.month().equals(month))
            .filter(e -> stage.table().has(e.scope()))
            .toList();
    int done = (int) of.stream().filter(LedgerEntry::isDone).count();
    int failed = of.size() - done;
    int all = (int) settings.scopes().stream().filter(stage.table()::has).count();
    int open = all - done - failed;
    return new StageMonth(stage.id(), month, done, failed, held ? open : 0, held ? 0 : open);
  }

  private static double rowsPerSecond(List<LedgerEntry> entries) {
    Optional<Instant> last =
        entries.stream().flatMap(e -> e.finished().stream()).max(Comparator.naturalOrder());
    if (last.isEmpty()) {
      return 0;
    }
    List<LedgerEntry> recent =
        entries.stream()
            .filter(e -> e.isDone() && e.started().isPresent() && e.finished().isPresent())
            .filter(e -> e.finished().get().isAfter(last.get().minus(RECENT)))
            .toList();
    Optional<Instant> first =
        recent.stream().flatMap(e -> e.started().stream()).min(Comparator.naturalOrder());
    long rows = recent.stream().mapToLong(LedgerEntry::rows).sum();
    return first.isEmpty()
        ? 0
        : rows / Math.max(1e-3, Duration.between(first.get(), last.get()).toMillis() / 1e3);
  }

  /** The open partitions are taken to have as many rows as those that are done have on average. */
  private static Optional<Duration> remaining(
      List<LedgerEntry> entries, List<StageMonth> stages, double pace) {
    long open = stages.stream().mapToLong(s -> s.failed() + s.running() + s.remaining()).sum();
    double rows =
        entries.stream()
            .filter(LedgerEntry::isDone)
            .mapToLong(LedgerEntry::rows)
            .average()
            .orElse(0);
    return pace == 0 || open == 0
        ? Optional.empty()
        : Optional.of(Duration.ofMillis(Math.round(1000 * open * rows / pace)));
  }
}
