package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionedTable;
import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableColumn;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.ledger.StageKey;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.StageSource;
import io.bqx.features.CurrencyPair;
import io.bqx.features.MarketPanel;
import io.bqx.features.Series;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.impl.DSL;

/**
 * Decides which stages of a month are due, by comparing the ledger with the inputs as they are now.
 */
final class DueCheck {

  private static final List<TableFamily> COMPUTED =
      List.of(TableFamily.BQX, TableFamily.REG_RATE, TableFamily.REG_BQX, TableFamily.MARKET);

  private final JobSettings settings;
  private final MonthInputs inputs;
  private final Map<StageKey, LedgerEntry> ledger;
  private final Map<String, Long> marketCrcs = new HashMap<>();

  DueCheck(JobSettings settings, MonthInputs inputs, Map<StageKey, LedgerEntry> ledger) {
    this.settings = settings;
    this.inputs = inputs;
    this.ledger = ledger;
  }

  /** The status of every stage for each of the scopes, which have rows in the month. */
  Map<Scope, Map<String, StageStatus>> statusOf(List<Scope> scopes, Workers workers) {
    List<Stage<?>> market =
        settings.stages().all().stream().filter(s -> s.source().isMarket()).toList();
    List<Long> crcs = workers.prepareAll(market, this::marketCrc);
    for (int s = 0; s < market.size(); s++) {
      marketCrcs.put(market.get(s).id(), crcs.get(s));
    }
    List<Map<String, StageStatus>> found = workers.prepareAll(scopes, this::statusOf);
    Map<Scope, Map<String, StageStatus>> statuses = new TreeMap<>();
    for (int s = 0; s < scopes.size(); s++) {
      statuses.put(scopes.get(s), found.get(s));
    }
    return statuses;
  }

  /** The status of every stage, in stage order. */
  private Map<String, StageStatus> statusOf(Scope scope) {
    Tables found;
    try {
      found = settings.reads().once((connection, tx) -> lookAt(tx, scope));
    } catch (SQLException e) {
      throw new BqxException(
          String.format(Locale.ROOT, "Cannot look at the tables of %s: %s", scope, e.getMessage()),
          e);
    }
    Map<String, StageStatus> statuses = new LinkedHashMap<>();
    for (Stage<?> stage : settings.stages().all()) {
      if (stage.table().has(scope)) {
        LedgerEntry entry =
            found.stored().contains(stage.id())
                ? ledger.get(new StageKey(stage.id(), scope))
                : null;
        boolean moves = found.hasMovedColumns() && stage.table() == TableFamily.REG_BQX;
        statuses.put(
            stage.id(),
            statusOf(scope, stage, entry, found.madeElsewhere().contains(stage.id()), moves));
      }
    }
    return statuses;
  }

  /** What the tables of a scope have of the month. */
  private record Tables(Set<String> stored, Set<String> madeElsewhere, boolean hasMovedColumns) {}

  private Tables lookAt(DSLContext dsl, Scope scope) {
    Set<String> stored = storedStages(dsl, scope);
    return new Tables(stored, madeElsewhere(dsl, scope, stored), hasMovedColumns(dsl, scope));
  }

  private List<PartitionedTable> tables(Scope scope) {
    return COMPUTED.stream()
        .filter(family -> family.has(scope))
        .map(family -> PartitionedTable.of(settings.schema(), family, scope))
        .toList();
  }

  /**
   * The stages whose table has their columns and a partition of the month; without both, what the
   * ledger says of them is out of date.
   */
  private Set<String> storedStages(DSLContext dsl, Scope scope) {
    PartitionCatalog catalog = new PartitionCatalog(dsl, settings.schema());
    Set<String> stored = new HashSet<>();
    for (PartitionedTable table : tables(scope)) {
      if (catalog.partition(table.partition(inputs.month())).isPresent()) {
        Set<String> columns = columnsOf(catalog, table);
        settings.stages().of(table.family()).stream()
            .filter(s -> s.columns().stream().allMatch(c -> columns.contains(c.name())))
            .forEach(s -> stored.add(s.id()));
      }
    }
    return stored;
  }

  private static Set<String> columnsOf(PartitionCatalog catalog, PartitionedTable table) {
    return catalog.columnsOf(table).orElse(List.of()).stream()
        .map(TableColumn::name)
        .collect(Collectors.toSet());
  }

  /**
   * Whether the partition still has the market's columns, or the room that they took, although they
   * are in a table of their own.
   */
  private boolean hasMovedColumns(DSLContext dsl, Scope scope) {
    if (!settings.isShared() || scope.isMarket()) {
      return false;
    }
    PartitionCatalog catalog = new PartitionCatalog(dsl, settings.schema());
    PartitionedTable table = PartitionedTable.of(settings.schema(), TableFamily.REG_BQX, scope);
    Set<String> columns = columnsOf(catalog, table);
    return catalog
        .partition(table.partition(inputs.month()))
        .filter(
            partition ->
                catalog.hasDroppedColumns(partition)
                    || settings.movable().stream()
                        .flatMap(stage -> stage.columns().stream())
                        .anyMatch(column -> columns.contains(column.name())))
        .isPresent();
  }

  private StageStatus statusOf(
      Scope scope, Stage<?> stage, LedgerEntry entry, boolean madeElsewhere, boolean moves) {
    long crc = inputCrc(scope, stage);
    boolean computed = entry != null && entry.computedAt().isPresent();
    boolean storedFromInput =
        computed && entry.inputCrc() == crc && !hasOtherRowsNow(scope, stage, entry);
    Optional<DueReason> due = dueReason(scope, stage, entry, storedFromInput, madeElsewhere);
    return new StageStatus(
        stage,
        due.isEmpty() && moves ? Optional.of(DueReason.LAYOUT_CHANGED) : due,
        storedFromInput,
        madeElsewhere,
        crc,
        computed ? OptionalLong.of(entry.contentCrc()) : OptionalLong.empty(),
        storedFromInput
            && entry.stageVersion() == stage.version()
            && entry.parameters().equals(stage.parameters()));
  }

  /**
   * Whether the table has not as many rows now as the stage was recorded with. The first stage's
   * input decides the rows, and they may change where the stage's own input does not: older bars
   * give values to the first rows of a pair that had none before them.
   */
  private boolean hasOtherRowsNow(Scope scope, Stage<?> stage, LedgerEntry entry) {
    Stage<?> first = settings.stages().of(stage.table()).get(0);
    LedgerEntry ofFirst = ledger.get(new StageKey(first.id(), scope));
    return ofFirst != null
        && ofFirst.computedAt().isPresent()
        && entry.rows()
            != inputs.rowTimes(PartitionedTable.of(settings.schema(), stage.table(), scope)).length;
  }

  private Optional<DueReason> dueReason(
      Scope scope,
      Stage<?> stage,
      LedgerEntry entry,
      boolean storedFromInput,
      boolean madeElsewhere) {
    if (settings.isAskedAgain(stage)) {
      return Optional.of(DueReason.ASKED);
    }
    if (entry == null && madeElsewhere) {
      return Optional.empty();
    }
    if (entry == null) {
      return Optional.of(
          isDoneInTheOtherLayout(scope, stage) ? DueReason.LAYOUT_CHANGED : DueReason.NEVER_DONE);
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
    return storedFromInput ? Optional.empty() : Optional.of(DueReason.INPUT_CHANGED);
  }

  private boolean isDoneInTheOtherLayout(Scope scope, Stage<?> stage) {
    return ledger.keySet().stream()
        .anyMatch(
            key -> key.stage().equals(stage.id()) && key.scope().isMarket() != scope.isMarket());
  }

  private long inputCrc(Scope scope, Stage<?> stage) {
    if (stage.source().isMarket()) {
      return marketCrcs.get(stage.id());
    }
    CurrencyPair pair = scope.pair().orElseThrow();
    Series source =
        stage.source() == StageSource.RATE_INDEX ? inputs.rateIndex(pair) : inputs.bqxReturn(pair);
    return InputCrc.of(source, inputs.firstRow(source.axis()) - settings.lookbackInSource(stage));
  }

  private long marketCrc(Stage<?> stage) {
    return crcOf(
        stage.source() == StageSource.MARKET_CLOSES
            ? inputs.closesPanel()
            : inputs.predictionsPanel(),
        settings.lookbackInSource(stage));
  }

  private long crcOf(MarketPanel panel, int lookback) {
    return InputCrc.of(panel, inputs.firstRow(panel.grid()) - lookback);
  }

  /**
   * Stages whose columns hold values of which the ledger knows nothing, in tables that it did not
   * begin.
   */
  private Set<String> madeElsewhere(DSLContext dsl, Scope scope, Set<String> stored) {
    Set<String> found = new HashSet<>();
    for (PartitionedTable table : tables(scope)) {
      List<Stage<?>> stages = settings.stages().of(table.family());
      List<Stage<?>> unknown =
          stages.stream().filter(s -> stored.contains(s.id()) && !isRecorded(s, scope)).toList();
      if (!unknown.isEmpty() && !isRecorded(stages.get(0), scope)) {
        found.addAll(stagesWithContent(dsl, table, unknown));
      }
    }
    return found;
  }

  private boolean isRecorded(Stage<?> stage, Scope scope) {
    return ledger.containsKey(new StageKey(stage.id(), scope));
  }

  private Set<String> stagesWithContent(
      DSLContext dsl, PartitionedTable table, List<Stage<?>> stages) {
    List<Field<Boolean>> present = new ArrayList<>();
    stages.forEach(s -> present.add(DSL.boolOr(table.field(s.columns().get(0)).isNotNull())));
    Record row =
        dsl.select(present)
            .from(table.table())
            .where(table.time().ge(inputs.month().atDay(1).atStartOfDay()))
            .and(table.time().lt(inputs.month().plusMonths(1).atDay(1).atStartOfDay()))
            .fetchSingle();
    Set<String> found = new HashSet<>();
    for (int s = 0; s < stages.size(); s++) {
      if (Boolean.TRUE.equals(row.get(s))) {
        found.add(stages.get(s).id());
      }
    }
    return found;
  }
}
