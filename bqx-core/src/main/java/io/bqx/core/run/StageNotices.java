package io.bqx.core.run;

import io.bqx.core.Passwords;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.report.StageWork;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.stage.Stage;
import io.bqx.core.track.StageCompletion;
import io.bqx.core.track.StageCompletion.Validation;
import io.bqx.core.track.StageTracker;
import io.bqx.core.validation.Check;
import io.bqx.core.validation.ValidationReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the trackers of the stages that a run has completed. */
final class StageNotices {

  private static final Logger LOG = LoggerFactory.getLogger(StageNotices.class);

  private final JobSettings settings;
  private final RunReport report;
  private final Optional<ValidationReport> validation;

  StageNotices(JobSettings settings, RunReport report, Optional<ValidationReport> validation) {
    this.settings = settings;
    this.report = report;
    this.validation = validation;
  }

  /** Tells every tracker; returns what went wrong. */
  List<String> send() {
    List<String> warnings = new ArrayList<>();
    try {
      for (StageCompletion completion : completions()) {
        for (StageTracker tracker : settings.trackers()) {
          tell(tracker, completion).ifPresent(warnings::add);
        }
      }
    } catch (RuntimeException e) {
      warnings.add("Cannot find out which stages are complete: " + messageOf(e));
      LOG.warn(warnings.get(0), e);
    }
    return warnings;
  }

  private static Optional<String> tell(StageTracker tracker, StageCompletion completion) {
    try {
      tracker.stageCompleted(completion);
      return Optional.empty();
    } catch (RuntimeException e) {
      LOG.warn("A tracker failed [stage={}]: {}", completion.stage(), messageOf(e), e);
      return Optional.of(messageOf(e));
    }
  }

  private static String messageOf(RuntimeException e) {
    return Passwords.masked(String.valueOf(e.getMessage()));
  }

  private List<StageCompletion> completions() {
    List<LedgerEntry> entries =
        settings
            .ledger()
            .entries(settings.months().get(0), settings.months().get(settings.months().size() - 1));
    List<StageCompletion> completions = new ArrayList<>();
    for (StageWork work : new ReportReader(settings).stages()) {
      Stage<?> stage = settings.stages().get(work.stage());
      if (isComplete(stage, work) && isLast(stage, entries)) {
        completions.add(
            new StageCompletion(
                work.stage(),
                work.name(),
                work.last().orElseThrow(),
                work.done(),
                work.rows(),
                work.columns(),
                work.busy(),
                verdict(stage)));
      }
    }
    return completions;
  }

  /** Of the pairs that have bars: those without never have the stage. */
  private boolean isComplete(Stage<?> stage, StageWork work) {
    long without =
        report.outcomes().stream()
            .filter(o -> o.state() == State.NO_BARS && stage.table().has(o.scope()))
            .count();
    return work.done() > 0 && work.done() == work.partitions() - without;
  }

  /** Whether this run did the stage's last partition; of several runs, one did. */
  private boolean isLast(Stage<?> stage, List<LedgerEntry> entries) {
    return entries.stream()
        .filter(e -> e.stage().equals(stage.id()) && e.isDone())
        .max(Comparator.comparing(e -> e.finished().orElseThrow()))
        .flatMap(LedgerEntry::run)
        .filter(run -> run.toString().equals(report.run()))
        .isPresent();
  }

  private Validation verdict(Stage<?> stage) {
    if (validation.isEmpty()) {
      return Validation.NOT_MADE;
    }
    List<String> validators = List.of(Validator.validatorOf(stage.id()), Validator.ofTheWhole());
    return validation.get().checks().stream()
            .filter(check -> validators.contains(check.validator()))
            .allMatch(Check::passed)
        ? Validation.PASSED
        : Validation.FAILED;
  }
}
