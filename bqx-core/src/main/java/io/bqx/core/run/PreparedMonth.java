package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.ledger.StageKey;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.StageSource;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureFrame;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A month that is ready to be written: its inputs, what is due of each pair, and the encoded market
 * stages.
 */
final class PreparedMonth {

  private final JobSettings settings;
  private final MonthInputs inputs;
  private final Map<CurrencyPair, Map<String, StageStatus>> statuses;
  private final Map<String, MarketBlock> blocks = new HashMap<>();

  private PreparedMonth(
      JobSettings settings,
      MonthInputs inputs,
      Map<CurrencyPair, Map<String, StageStatus>> statuses) {
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
    List<CurrencyPair> pairs =
        settings.universe().pairs().stream().filter(inputs::hasBars).toList();
    return new PreparedMonth(
        settings, inputs, new DueCheck(settings, inputs, entries).statusOf(pairs, workers));
  }

  MonthInputs inputs() {
    return inputs;
  }

  boolean hasBars(CurrencyPair pair) {
    return statuses.containsKey(pair);
  }

  StageStatus status(CurrencyPair pair, Stage<?> stage) {
    return statuses.get(pair).get(stage.id());
  }

  /** The requested stages that are due for a pair, in order, and why. */
  Map<String, DueReason> due(CurrencyPair pair) {
    Map<String, DueReason> due = new LinkedHashMap<>();
    for (Stage<?> stage : settings.requested()) {
      status(pair, stage).due().ifPresent(reason -> due.put(stage.id(), reason));
    }
    return due;
  }

  /**
   * Why the due stages of a pair cannot be done: a stage that they need is due itself but was not
   * asked for. Besides its sources, a stage needs the first stage of its table, which decides what
   * rows there are.
   */
  Optional<String> refusal(CurrencyPair pair) {
    for (Stage<?> stage : settings.requested()) {
      if (status(pair, stage).isDue()) {
        for (Stage<?> needed : settings.stages().neededBy(stage)) {
          StageStatus status = status(pair, needed);
          if (status.isDue() && !settings.isRequested(needed)) {
            return Optional.of(
                String.format(
                    Locale.ROOT,
                    "Stage %s needs stage %s (%s), which is due (%s) but was not asked for; add %s to the stages",
                    stage.id(),
                    needed.id(),
                    needed.name(),
                    status.due().orElseThrow(),
                    needed.id()));
          }
        }
      }
    }
    return Optional.empty();
  }

  /** Computes and encodes the market stages that any pair needs. */
  void computeMarket(Workers workers) {
    List<Stage<?>> stages =
        settings.requested().stream().filter(s -> s.source().isMarket() && isNeeded(s)).toList();
    List<MarketBlock> encoded = workers.prepareAll(stages, this::encode);
    for (int s = 0; s < stages.size(); s++) {
      blocks.put(stages.get(s).id(), encoded.get(s));
    }
  }

  private boolean isNeeded(Stage<?> stage) {
    return statuses.keySet().stream().anyMatch(pair -> status(pair, stage).isDue());
  }

  private MarketBlock encode(Stage<?> stage) {
    FeatureFrame frame = compute(stage, null);
    return MarketBlock.encode(frame, inputs.firstRow(frame.axis()), stage.id());
  }

  /** The encoded rows of a market stage. */
  MarketBlock block(Stage<?> stage) {
    MarketBlock block = blocks.get(stage.id());
    if (block == null) {
      throw new BqxException("Stage " + stage.id() + " of " + inputs.month() + " was not computed");
    }
    return block;
  }

  /** Computes a stage of one pair on the rows of the month and the lookback that they need. */
  <I> FeatureFrame compute(Stage<I> stage, CurrencyPair pair) {
    StageSource<I> source = stage.source();
    return stage.formula().compute(inputs.source(source, pair, stage.formula().lookback()));
  }

  /** The pairs with something to do, in universe order. */
  List<CurrencyPair> pairsDue() {
    List<CurrencyPair> pairs = new ArrayList<>();
    for (CurrencyPair pair : settings.universe().pairs()) {
      if (hasBars(pair) && !due(pair).isEmpty()) {
        pairs.add(pair);
      }
    }
    return List.copyOf(pairs);
  }
}
