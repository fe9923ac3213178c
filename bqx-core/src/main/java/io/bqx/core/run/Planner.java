package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.copy.RowEncoder;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.retry.Retries;
import io.bqx.core.run.RunPlan.PlannedPartition;
import java.sql.SQLException;
import java.time.Duration;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jooq.exception.DataAccessException;

/** Finds out what a run would do, without changing anything. */
final class Planner {

  private final JobSettings settings;
  private final Runner runner;
  private final Ledger ledger;

  Planner(JobSettings asked) {
    this.settings = asked.inLayout();
    this.runner = new Runner(settings, Retries.ofDefaults(), new Cancellation());
    this.ledger = settings.ledger();
  }

  RunPlan plan() {
    List<PlannedPartition> partitions = new ArrayList<>();
    try (Workers workers = new Workers(settings.workers())) {
      for (YearMonth month : settings.months()) {
        partitions.addAll(plan(month, workers));
      }
    }
    long rows = partitions.stream().mapToLong(PlannedPartition::rows).sum();
    return new RunPlan(partitions, estimate(rows));
  }

  private List<PlannedPartition> plan(YearMonth month, Workers workers) {
    List<PlannedPartition> planned = new ArrayList<>();
    try {
      PreparedMonth prepared = runner.load(month, workers);
      for (Scope scope : settings.scopes()) {
        planned.add(
            prepared.hasRows(scope)
                ? plan(prepared, scope)
                : nothing(scope, month, "there are no bars"));
      }
    } catch (BqxException e) {
      if (e.getCause() instanceof SQLException || e.getCause() instanceof DataAccessException) {
        throw new BqxException(
            String.format(Locale.ROOT, "Cannot plan %s: %s", month, e.getMessage()), e);
      }
      settings.scopes().forEach(scope -> planned.add(nothing(scope, month, e.getMessage())));
    }
    return planned;
  }

  private static PlannedPartition nothing(Scope scope, YearMonth month, String refusal) {
    return new PlannedPartition(scope, month, Map.of(), 0, 0, Optional.of(refusal));
  }

  private PlannedPartition plan(PreparedMonth prepared, Scope scope) {
    Map<String, DueReason> due = prepared.due(scope);
    long rows = 0;
    long bytes = 0;
    for (TableFamily family : settings.families(scope)) {
      boolean rewritten =
          settings.stages().of(family).stream().anyMatch(stage -> due.containsKey(stage.id()));
      if (rewritten) {
        int bars = prepared.inputs().bars(scope);
        rows += bars;
        bytes += (long) bars * settings.stages().schemaOf(family).size() * RowEncoder.WIDE_FIELD;
      }
    }
    return new PlannedPartition(
        scope, prepared.inputs().month(), due, rows, bytes, prepared.refusal(scope));
  }

  /** The time for so many rows at the pace of the partitions that the ledger has. */
  private Optional<Duration> estimate(long rows) {
    if (!ledger.exists()) {
      return Optional.empty();
    }
    long done = 0;
    Duration spent = Duration.ZERO;
    for (LedgerEntry entry : ledger.entries(YearMonth.of(1970, 1), YearMonth.of(9999, 12))) {
      if (entry.isDone() && entry.started().isPresent() && entry.finished().isPresent()) {
        done += entry.rows();
        spent = spent.plus(Duration.between(entry.started().get(), entry.finished().get()));
      }
    }
    return done == 0
        ? Optional.empty()
        : Optional.of(spent.multipliedBy(rows).dividedBy(done).dividedBy(settings.workers()));
  }
}
