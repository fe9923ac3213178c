package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.TableColumn;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.ledger.StageKey;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.StageSource;
import io.bqx.features.CurrencyPair;
import io.bqx.features.MarketPanel;
import io.bqx.features.Series;
import java.sql.Connection;
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
import org.jooq.SQLDialect;
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
  private final Map<String, Long> marketCrcs = new HashMap<>();

  DueCheck(JobSettings settings, MonthInputs inputs, Map<StageKey, LedgerEntry> ledger) {
    this.settings = settings;
    this.inputs = inputs;
    this.ledger = ledger;
  }

  /** The status of every stage for each of the pairs, which have bars in the month. */
  Map<CurrencyPair, Map<String, StageStatus>> statusOf(List<CurrencyPair> pairs, Workers workers) {
    List<Stage<?>> market =
        settings.stages().all().stream().filter(s -> s.source().isMarket()).toList();
    List<Long> crcs = workers.prepareAll(market, this::marketCrc);
    for (int s = 0; s < market.size(); s++) {
      marketCrcs.put(market.get(s).id(), crcs.get(s));
    }
    List<Map<String, StageStatus>> found = workers.prepareAll(pairs, this::statusOf);
    Map<CurrencyPair, Map<String, StageStatus>> statuses = new TreeMap<>();
    for (int p = 0; p < pairs.size(); p++) {
      statuses.put(pairs.get(p), found.get(p));
    }
    return statuses;
  }

  /** The status of every stage, in stage order. */
  private Map<String, StageStatus> statusOf(CurrencyPair pair) {
    Set<String> stored;
    Set<String> elsewhere;
    try (Connection connection = settings.dataSource().getConnection()) {
      DSLContext dsl = DSL.using(connection, SQLDialect.POSTGRES);
      stored = storedStages(dsl, pair);
      elsewhere = madeElsewhere(dsl, pair, stored);
    } catch (SQLException e) {
      throw new BqxException(
          String.format(Locale.ROOT, "Cannot look at the tables of %s: %s", pair, e.getMessage()),
          e);
    }
    Map<String, StageStatus> statuses = new LinkedHashMap<>();
    for (Stage<?> stage : settings.stages().all()) {
      LedgerEntry entry =
          stored.contains(stage.id()) ? ledger.get(new StageKey(stage.id(), pair)) : null;
      statuses.put(stage.id(), statusOf(pair, stage, entry, elsewhere.contains(stage.id())));
    }
    return statuses;
  }

  /**
   * The stages whose table has their columns and a partition of the month; without both, what the
   * ledger says of them is out of date.
   */
  private Set<String> storedStages(DSLContext dsl, CurrencyPair pair) {
    PartitionCatalog catalog = new PartitionCatalog(dsl, settings.schema());
    Set<String> stored = new HashSet<>();
    for (TableFamily family : COMPUTED) {
      PairTable table = PairTable.of(settings.schema(), family, pair);
      if (catalog.partition(table.partition(inputs.month())).isPresent()) {
        Set<String> columns =
            catalog.columnsOf(table).orElse(List.of()).stream()
                .map(TableColumn::name)
                .collect(Collectors.toSet());
        settings.stages().of(family).stream()
            .filter(s -> s.columns().stream().allMatch(c -> columns.contains(c.name())))
            .forEach(s -> stored.add(s.id()));
      }
    }
    return stored;
  }

  private StageStatus statusOf(
      CurrencyPair pair, Stage<?> stage, LedgerEntry entry, boolean madeElsewhere) {
    long crc = inputCrc(pair, stage);
    boolean computed = entry != null && entry.computedAt().isPresent();
    boolean storedFromInput = computed && entry.inputCrc() == crc;
    return new StageStatus(
        stage,
        dueReason(stage, entry, crc, madeElsewhere),
        storedFromInput,
        madeElsewhere,
        crc,
        computed ? OptionalLong.of(entry.contentCrc()) : OptionalLong.empty(),
        storedFromInput
            && entry.stageVersion() == stage.version()
            && entry.parameters().equals(stage.parameters()));
  }

  private Optional<DueReason> dueReason(
      Stage<?> stage, LedgerEntry entry, long crc, boolean madeElsewhere) {
    if (settings.isAskedAgain(stage)) {
      return Optional.of(DueReason.ASKED);
    }
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
    if (stage.source().isMarket()) {
      return marketCrcs.get(stage.id());
    }
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
  private Set<String> madeElsewhere(DSLContext dsl, CurrencyPair pair, Set<String> stored) {
    Set<String> found = new HashSet<>();
    for (TableFamily family : COMPUTED) {
      List<Stage<?>> stages = settings.stages().of(family);
      List<Stage<?>> unknown =
          stages.stream().filter(s -> stored.contains(s.id()) && !isRecorded(s, pair)).toList();
      if (!unknown.isEmpty() && !isRecorded(stages.get(0), pair)) {
        found.addAll(
            stagesWithContent(dsl, PairTable.of(settings.schema(), family, pair), unknown));
      }
    }
    return found;
  }

  private boolean isRecorded(Stage<?> stage, CurrencyPair pair) {
    return ledger.containsKey(new StageKey(stage.id(), pair));
  }

  private Set<String> stagesWithContent(DSLContext dsl, PairTable table, List<Stage<?>> stages) {
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
