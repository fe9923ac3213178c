package io.bqx.core.run;

import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.TableColumn;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.ledger.StageKey;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.StageSource;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import io.bqx.features.MarketPanel;
import io.bqx.features.Series;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.impl.DSL;

/**
 * Decides which stages of a month are due, by comparing the ledger with the inputs as they are now.
 */
final class DueCheck {

  private static final List<TableFamily> COMPUTED =
      List.of(TableFamily.BQX, TableFamily.REG_RATE, TableFamily.REG_BQX);

  private final JobSettings settings;
  private final MonthInputs inputs;
  private final Map<StageKey, LedgerEntry> ledger;
  private final DSLContext dsl;
  private final Map<String, Long> marketCrcs = new HashMap<>();

  DueCheck(
      JobSettings settings, MonthInputs inputs, Map<StageKey, LedgerEntry> ledger, DSLContext dsl) {
    this.settings = settings;
    this.inputs = inputs;
    this.ledger = ledger;
    this.dsl = dsl;
  }

  /** The status of every stage for a pair that has bars in the month, in stage order. */
  Map<String, StageStatus> statusOf(CurrencyPair pair) {
    Map<String, StageStatus> statuses = new LinkedHashMap<>();
    Set<TableFamily> stored = storedFamilies(pair);
    Set<String> elsewhere = madeElsewhere(pair, stored);
    for (Stage<?> stage : settings.stages().all()) {
      LedgerEntry entry =
          stored.contains(stage.table()) ? ledger.get(new StageKey(stage.id(), pair)) : null;
      statuses.put(stage.id(), statusOf(pair, stage, entry, elsewhere.contains(stage.id())));
    }
    return statuses;
  }

  /**
   * The tables of the pair that have a partition of the month; without one, the ledger is wrong.
   */
  private Set<TableFamily> storedFamilies(CurrencyPair pair) {
    PartitionCatalog catalog = new PartitionCatalog(dsl, settings.schema());
    Set<TableFamily> stored = EnumSet.noneOf(TableFamily.class);
    for (TableFamily family : COMPUTED) {
      PairTable table = PairTable.of(settings.schema(), family, pair);
      if (catalog.partition(table.partition(inputs.month())).isPresent()) {
        stored.add(family);
      }
    }
    return stored;
  }

  private StageStatus statusOf(
      CurrencyPair pair, Stage<?> stage, LedgerEntry entry, boolean madeElsewhere) {
    long crc = inputCrc(pair, stage);
    boolean storedFromInput =
        entry != null && entry.computedAt().isPresent() && entry.inputCrc() == crc;
    return new StageStatus(
        stage, dueReason(stage, entry, crc, madeElsewhere), storedFromInput, madeElsewhere, crc);
  }

  private static Optional<DueReason> dueReason(
      Stage<?> stage, LedgerEntry entry, long crc, boolean madeElsewhere) {
    if (entry == null) {
      return madeElsewhere ? Optional.empty() : Optional.of(DueReason.NEVER_DONE);
    }
    if (!entry.isDone()) {
      return Optional.of(DueReason.FAILED_BEFORE);
    }
    if (entry.stageVersion() != stage.version()) {
      return Optional.of(DueReason.VERSION_CHANGED);
    }
    if (!entry.parameters().equals(stage.parameters())) {
      return Optional.of(DueReason.PARAMETERS_CHANGED);
    }
    return entry.inputCrc() == crc ? Optional.empty() : Optional.of(DueReason.INPUT_CHANGED);
  }

  private long inputCrc(CurrencyPair pair, Stage<?> stage) {
    int lookback = settings.lookbackInSource(stage);
    if (stage.source() == StageSource.MARKET_CLOSES) {
      return marketCrcs.computeIfAbsent(stage.id(), id -> crcOf(inputs.closesPanel(), lookback));
    }
    if (stage.source() == StageSource.MARKET_PREDICTIONS) {
      return marketCrcs.computeIfAbsent(
          stage.id(), id -> crcOf(inputs.predictionsPanel(), lookback));
    }
    Series source =
        stage.source() == StageSource.RATE_INDEX ? inputs.rateIndex(pair) : inputs.bqxReturn(pair);
    return InputCrc.of(source, inputs.firstRow(source.axis()) - lookback);
  }

  private long crcOf(MarketPanel panel, int lookback) {
    return InputCrc.of(panel, inputs.firstRow(panel.grid()) - lookback);
  }

  /**
   * Stages whose columns hold values of which the ledger knows nothing, in tables that it did not
   * begin.
   */
  private Set<String> madeElsewhere(CurrencyPair pair, Set<TableFamily> stored) {
    Set<String> found = new HashSet<>();
    for (TableFamily family : stored) {
      List<Stage<?>> unknown = new ArrayList<>(settings.stages().of(family));
      boolean begunByUs = isRecorded(unknown.get(0), pair);
      unknown.removeIf(stage -> isRecorded(stage, pair));
      if (!begunByUs) {
        found.addAll(stagesWithContent(PairTable.of(settings.schema(), family, pair), unknown));
      }
    }
    return found;
  }

  private boolean isRecorded(Stage<?> stage, CurrencyPair pair) {
    return ledger.containsKey(new StageKey(stage.id(), pair));
  }

  private Set<String> stagesWithContent(PairTable table, List<Stage<?>> stages) {
    Optional<List<TableColumn>> existing =
        new PartitionCatalog(dsl, settings.schema()).columnsOf(table);
    List<Stage<?>> candidates = new ArrayList<>();
    List<Field<Boolean>> present = new ArrayList<>();
    for (Stage<?> stage : stages) {
      FeatureColumn first = stage.columns().get(0);
      if (existing.isPresent()
          && existing.get().stream().anyMatch(c -> c.name().equals(first.name()))) {
        candidates.add(stage);
        present.add(DSL.boolOr(table.field(first).isNotNull()));
      }
    }
    return candidates.isEmpty() ? Set.of() : withContent(table, candidates, present);
  }

  private Set<String> withContent(
      PairTable table, List<Stage<?>> candidates, List<Field<Boolean>> present) {
    Record row =
        dsl.select(present)
            .from(table.table())
            .where(table.time().ge(inputs.month().atDay(1).atStartOfDay()))
            .and(table.time().lt(inputs.month().plusMonths(1).atDay(1).atStartOfDay()))
            .fetchSingle();
    Set<String> found = new HashSet<>();
    for (int s = 0; s < candidates.size(); s++) {
      if (Boolean.TRUE.equals(row.get(s))) {
        found.add(candidates.get(s).id());
      }
    }
    return found;
  }
}
