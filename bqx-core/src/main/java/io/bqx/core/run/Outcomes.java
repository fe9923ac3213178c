package io.bqx.core.run;

import io.bqx.core.catalog.Scope;
import io.bqx.core.ledger.MonthState;
import io.bqx.core.ledger.RunId;
import io.bqx.core.rewrite.LockWait;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.watch.Stall;
import io.bqx.features.CurrencyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Collects the outcomes of a run and tells its listener, one call at a time. */
final class Outcomes {

  private static final Logger LOG = LoggerFactory.getLogger(Outcomes.class);

  private final JobSettings settings;
  private final Instant started = Instant.now();
  private final long startedNanos = System.nanoTime();
  private final List<PartitionOutcome> outcomes = new ArrayList<>();
  private int worked;
  private String lastWait = "";

  Outcomes(JobSettings settings) {
    this.settings = settings;
  }

  synchronized void started() {
    tell(listener -> listener.runStarted(progress()));
  }

  synchronized void partitionStarted(Scope scope, YearMonth month, List<String> stages) {
    tell(listener -> listener.partitionStarted(scope, month, stages));
  }

  synchronized void retrying(Scope scope, YearMonth month, int attempt, String fault) {
    tell(listener -> listener.retrying(scope, month, attempt, fault));
  }

  synchronized void waiting(String reason) {
    if (!reason.equals(lastWait)) {
      lastWait = reason;
      LOG.info("Waiting: {}", reason);
      tell(listener -> listener.waiting(reason));
    }
  }

  synchronized void waitingForLock(Optional<CurrencyPair> pair, YearMonth month, LockWait wait) {
    tell(listener -> listener.waitingForLock(pair, month, wait));
    waiting(pair.map(p -> p + " ").orElse("") + month + " waits for " + wait);
  }

  synchronized void stalled(Stall stall) {
    tell(listener -> listener.stalled(stall));
  }

  synchronized void add(PartitionOutcome outcome) {
    outcomes.add(outcome);
    if (outcome.state() == State.DONE || outcome.state() == State.FAILED) {
      worked++;
    }
    tell(listener -> listener.partitionFinished(outcome, progress()));
  }

  void doneElsewhere(YearMonth month) {
    all(month, State.DONE_ELSEWHERE, "Another worker did it");
  }

  /** Gives every scope that has no outcome of the month the same one. */
  synchronized void all(YearMonth month, State state, String message) {
    for (Scope scope : open(month)) {
      add(PartitionOutcome.withoutWork(scope, month, state, message));
    }
  }

  /** The scopes that have no outcome of the month yet. */
  synchronized List<Scope> open(YearMonth month) {
    List<Scope> open = new ArrayList<>(settings.scopes());
    outcomes.stream()
        .filter(o -> o.month().equals(month))
        .forEach(outcome -> open.remove(outcome.scope()));
    return open;
  }

  /** Whether a scope's outcomes are all complete, as far as it has any. */
  synchronized boolean areComplete(Scope scope) {
    return outcomes.stream()
        .filter(o -> o.scope().equals(scope))
        .allMatch(o -> o.state().isComplete());
  }

  /** Drops the outcomes of a month that will be tried again. */
  synchronized void forget(YearMonth month) {
    outcomes.removeIf(o -> o.month().equals(month));
  }

  synchronized MonthState stateOf(YearMonth month) {
    List<PartitionOutcome> of = outcomes.stream().filter(o -> o.month().equals(month)).toList();
    if (of.stream().anyMatch(o -> o.state() == State.FAILED)) {
      return MonthState.FAILED;
    }
    return of.size() == settings.scopes().size()
            && of.stream().allMatch(o -> o.state().isComplete())
        ? MonthState.DONE
        : MonthState.FREE;
  }

  synchronized RunReport report(RunId run, Optional<String> unfinished) {
    List<PartitionOutcome> ordered = new ArrayList<>(outcomes);
    ordered.sort(
        Comparator.comparing(PartitionOutcome::month).thenComparing(PartitionOutcome::scope));
    return new RunReport(
        run.toString(), ordered, started, elapsed(), unfinished, Optional.empty(), List.of());
  }

  synchronized void finished(RunReport report) {
    tell(listener -> listener.runFinished(report));
  }

  private RunProgress progress() {
    int total = settings.months().size() * settings.scopes().size();
    int failed = (int) outcomes.stream().filter(o -> o.state() == State.FAILED).count();
    return new RunProgress(
        total,
        outcomes.size(),
        failed,
        outcomes.stream().mapToLong(PartitionOutcome::rows).sum(),
        outcomes.stream().mapToLong(PartitionOutcome::bytes).sum(),
        elapsed(),
        remaining(total));
  }

  private Optional<Duration> remaining(int total) {
    return worked == 0
        ? Optional.empty()
        : Optional.of(elapsed().multipliedBy(total - outcomes.size()).dividedBy(worked));
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startedNanos);
  }

  private void tell(Consumer<RunListener> event) {
    try {
      event.accept(settings.listener());
    } catch (RuntimeException e) {
      LOG.warn("The run listener failed", e);
    }
  }
}
