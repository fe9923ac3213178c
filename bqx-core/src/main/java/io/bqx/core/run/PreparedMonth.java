package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.Scope;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.ledger.StageKey;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.StageSource;
import io.bqx.features.FeatureFrame;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A month that is ready to be written: its inputs, what is due of each scope, and the encoded
 * market stages.
 */
final class PreparedMonth {

  private final JobSettings settings;
  private final MonthInputs inputs;
  private final Map<Scope, Map<String, StageStatus>> statuses;
  private final Map<String, MarketBlock> blocks = new HashMap<>();

  private PreparedMonth(
      JobSettings settings, MonthInputs inputs, Map<Scope, Map<String, StageStatus>> statuses) {
    this.settings = settings;
    this.inputs = inputs;
    this.statuses = statuses;
  }

  /** A month with the given inputs, of which the ledger has the given entries. */
  static PreparedMonth of(
      JobSettings settings,
      MonthInputs inputs,
      Map<StageKey, LedgerEntry> entries,
      Workers workers) {
    inputs.align(workers);
    List<Scope> scopes = settings.scopes().stream().filter(inputs::hasRows).toList();
    return new PreparedMonth(
        settings, inputs, new DueCheck(settings, inputs, entries).statusOf(scopes, workers));
  }

  MonthInputs inputs() {
    return inputs;
  }

  boolean hasRows(Scope scope) {
    return statuses.containsKey(scope);
  }

  /** How a stage stands whose table the scope has. */
  StageStatus status(Scope scope, Stage<?> stage) {
    return statuses.get(scope).get(stage.id());
  }

  /** The requested stages that are due for a scope, in order, and why. */
  Map<String, DueReason> due(Scope scope) {
    Map<String, DueReason> due = new LinkedHashMap<>();
    for (Stage<?> stage : settings.requested()) {
      if (stage.table().has(scope)) {
        status(scope, stage).due().ifPresent(reason -> due.put(stage.id(), reason));
      }
    }
    return due;
  }

  /** Whether a stage of the scope is to be computed. */
  boolean isComputed(Scope scope, Stage<?> stage) {
    return settings.isRequested(stage)
        && stage.table().has(scope)
        && status(scope, stage).isComputed();
  }

  /**
   * Why the due stages of a scope cannot be done: a stage that they need is due itself but was not
   * asked for. Besides its sources, a stage of a pair's table needs the first stage of that table,
   * which decides what rows there are.
   */
  Optional<String> refusal(Scope scope) {
    for (Stage<?> stage : settings.requested()) {
      if (isComputed(scope, stage)) {
        for (Stage<?> needed : settings.stages().neededBy(stage)) {
          Optional<DueReason> due = dueFor(scope, needed);
          if (due.isPresent() && !settings.isRequested(needed)) {
            return Optional.of(
                String.format(
                    Locale.ROOT,
                    "Stage %s needs stage %s (%s), which is due (%s) but was not asked for; add %s to the stages",
                    stage.id(),
                    needed.id(),
                    needed.name(),
                    due.get(),
                    needed.id()));
          }
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Why a stage that a scope needs is to be computed: of its own, or for the market of any pair.
   */
  private Optional<DueReason> dueFor(Scope scope, Stage<?> needed) {
    return statuses.keySet().stream()
        .filter(s -> s.equals(scope) || scope.isMarket())
        .filter(s -> needed.table().has(s) && status(s, needed).isComputed())
        .findFirst()
        .flatMap(s -> status(s, needed).due());
  }

  /** Computes and encodes the market stages that the tables of several pairs need. */
  void computeMarket(Workers workers) {
    List<Stage<?>> stages =
        settings.requested().stream().filter(s -> s.source().isMarket() && isNeeded(s)).toList();
    Deque<FeatureFrame> computed =
        new ArrayDeque<>(workers.prepareAll(stages, stage -> compute(stage, Scope.MARKET)));
    for (Stage<?> stage : stages) {
      // Removed, so that no more values than necessary are in memory beside their encoded bytes.
      FeatureFrame frame = computed.remove();
      int first = inputs.firstRow(frame.axis());
      blocks.put(stage.id(), MarketBlock.encode(frame, first, stage.id(), workers));
    }
  }

  private boolean isNeeded(Stage<?> stage) {
    return statuses.keySet().stream().anyMatch(s -> !s.isMarket() && isComputed(s, stage));
  }

  /** The encoded rows of a market stage. */
  MarketBlock block(Stage<?> stage) {
    MarketBlock block = blocks.get(stage.id());
    if (block == null) {
      throw new BqxException("Stage " + stage.id() + " of " + inputs.month() + " was not computed");
    }
    return block;
  }

  /** Computes a stage of one scope on the rows of the month and the lookback that they need. */
  <I> FeatureFrame compute(Stage<I> stage, Scope scope) {
    StageSource<I> source = stage.source();
    return stage.formula().compute(inputs.source(source, scope, stage.formula().lookback()));
  }

  /** The scopes with something to do, the market first. */
  List<Scope> scopesDue() {
    return statuses.keySet().stream().filter(scope -> !due(scope).isEmpty()).toList();
  }
}
