package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.copy.RowEncoder;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.retry.Retries;
import io.bqx.core.run.RunPlan.PlannedPartition;
import io.bqx.features.CurrencyPair;
import java.sql.SQLException;
import java.time.Duration;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Finds out what a run would do, without changing anything. */
final class Planner {

  private final JobSettings settings;
  private final Runner runner;
  private final Ledger ledger;

  Planner(JobSettings settings) {
    this.settings = settings;
    this.runner = new Runner(settings, Retries.ofDefaults(), new Cancellation());
    this.ledger = new Ledger(settings.dataSource(), settings.schema(), settings.lease());
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
      for (CurrencyPair pair : settings.universe().pairs()) {
        planned.add(
            prepared.hasBars(pair)
                ? plan(prepared, pair)
                : nothing(pair, month, "there are no bars"));
      }
    } catch (BqxException e) {
      if (e.getCause() instanceof SQLException) {
        throw new BqxException(
            String.format(Locale.ROOT, "Cannot plan %s: %s", month, e.getMessage()), e);
      }
      settings
          .universe()
          .pairs()
          .forEach(pair -> planned.add(nothing(pair, month, e.getMessage())));
    }
    return planned;
  }

  private static PlannedPartition nothing(CurrencyPair pair, YearMonth month, String refusal) {
    return new PlannedPartition(pair, month, Map.of(), 0, 0, Optional.of(refusal));
  }

  private PlannedPartition plan(PreparedMonth prepared, CurrencyPair pair) {
    Map<String, DueReason> due = prepared.due(pair);
    long rows = 0;
    long bytes = 0;
    for (TableFamily family : settings.families()) {
      boolean rewritten =
          settings.stages().of(family).stream().anyMatch(stage -> due.containsKey(stage.id()));
      if (rewritten) {
        int bars = prepared.inputs().bars(pair);
        rows += bars;
        bytes += (long) bars * settings.stages().schemaOf(family).size() * RowEncoder.WIDE_FIELD;
      }
    }
    return new PlannedPartition(
        pair, prepared.inputs().month(), due, rows, bytes, prepared.refusal(pair));
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
