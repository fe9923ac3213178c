package io.bqx.core.export;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.FeatureView;
import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.MarketTable;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.Partition;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableColumn;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.ledger.StageKey;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.Stages;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureType;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Query;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.impl.DSL;

/**
 * Where the features of one pair's month are read: its own table, or in the shared layout the view
 * that joins it to the market's.
 */
final class PartitionSource {

  private static final String UNKNOWN = "unknown";

  private final ExportSettings settings;
  private final Layout layout;
  private final ExportTargets.Target target;
  private final Partition partition;

  PartitionSource(ExportSettings settings, Layout layout, ExportTargets.Target target) {
    this.settings = settings;
    this.layout = layout;
    this.target = target;
    this.partition =
        PairTable.of(settings.schema(), TableFamily.REG_BQX, target.pair())
            .partition(target.month());
  }

  /** The pair's own table. */
  PairTable table() {
    return (PairTable) partition.parent();
  }

  /**
   * What is stored, and keeps it as it is until the transaction ends: a swap needs a lock that
   * excludes readers.
   *
   * @param tx a transaction
   * @param connections where the ledger is read
   * @throws BqxException if columns are missing, or a stage is not done
   */
  PartitionState state(DSLContext tx, DataSource connections) {
    keepFromSwaps(tx, partition.parent().table());
    List<FeatureColumn> columns = columns(tx);
    if (layout == Layout.SHARED) {
      keepFromSwaps(tx, MarketTable.of(settings.schema()).table());
      // Lets the server leave out the other months of the market's table.
      tx.setLocal(DSL.name("enable_partitionwise_join"), DSL.inline("on")).execute();
    }
    Ledger ledger = settings.ledger(connections);
    Map<StageKey, LedgerEntry> entries =
        ledger.exists() ? ledger.entries(target.month()) : Map.of();
    List<PartitionState.Part> parts = new ArrayList<>();
    int first = 1;
    for (Stage<?> stage : settings.stages().of(TableFamily.REG_BQX)) {
      parts.add(part(stage, first, entries));
      first += stage.columns().size();
    }
    if (first < columns.size()) {
      parts.add(
          new PartitionState.Part(UNKNOWN, first, columns.size() - first, Optional.empty(), false));
    }
    return new PartitionState(target, columns, parts);
  }

  private static void keepFromSwaps(DSLContext tx, Table<?> parent) {
    tx.selectOne().from(parent).where(DSL.falseCondition()).fetch();
  }

  private PartitionState.Part part(Stage<?> stage, int first, Map<StageKey, LedgerEntry> entries) {
    boolean ofMarket = settings.stages().in(layout).get(stage.id()).table() == TableFamily.MARKET;
    Scope scope = ofMarket ? Scope.MARKET : Scope.of(target.pair());
    Optional<LedgerEntry> entry = Optional.ofNullable(entries.get(new StageKey(stage.id(), scope)));
    entry
        .filter(found -> !found.isDone())
        .ifPresent(
            failed -> {
              throw new BqxException(
                  String.format(
                      Locale.ROOT,
                      "the last attempt to compute stage %s failed (%s); run it again first",
                      stage.id(),
                      failed.error().orElse("no reason is recorded")));
            });
    return new PartitionState.Part(stage.id(), first, stage.columns().size(), entry, !ofMarket);
  }

  private List<FeatureColumn> columns(DSLContext tx) {
    PartitionCatalog catalog = new PartitionCatalog(tx, settings.schema());
    List<TableColumn> stored =
        layout == Layout.SHARED
            ? catalog.columnsOf(view()).orElseThrow(this::noView)
            : catalog.columnsOf(table()).orElseThrow();
    List<FeatureColumn> columns =
        new ArrayList<>(stagesInOneTable().schemaOf(TableFamily.REG_BQX).columns());
    for (int c = 0; c < columns.size(); c++) {
      requireStored(columns.get(c), c < stored.size() ? stored.get(c) : null, c + 1);
    }
    stored.stream().skip(columns.size()).forEach(more -> columns.add(ofNoStage(more)));
    return List.copyOf(columns);
  }

  private Stages stagesInOneTable() {
    return settings.stages().in(Layout.WIDE);
  }

  private BqxException noView() {
    return new BqxException(
        String.format(
            Locale.ROOT,
            "the view %s does not exist, by which the shared layout is read; a run makes it, unless the table has row security",
            view()));
  }

  private void requireStored(FeatureColumn expected, TableColumn stored, int position) {
    if (stored == null) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "%s has no column %s of stage %s; run that stage first",
              relationName(),
              expected.name(),
              expected.stage()));
    }
    String type = TableColumn.sqlTypeOf(expected.type());
    if (!stored.name().equals(expected.name()) || !stored.sqlType().equals(type)) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "column %d of %s is %s of type %s, but should be %s of type %s",
              position,
              relationName(),
              stored.name(),
              stored.sqlType(),
              expected.name(),
              type));
    }
  }

  private FeatureColumn ofNoStage(TableColumn stored) {
    FeatureType type = stored.featureType().filter(t -> t != FeatureType.TIMESTAMP).orElse(null);
    if (type == null) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "column %s of %s is of no stage and of type %s, which cannot be exported",
              stored.name(),
              relationName(),
              stored.sqlType()));
    }
    return new FeatureColumn(stored.name(), type, UNKNOWN, UNKNOWN, 0);
  }

  private FeatureView view() {
    return FeatureView.of(settings.schema(), target.pair());
  }

  private String relationName() {
    return layout == Layout.SHARED ? view().toString() : table().toString();
  }

  /** All rows in order of time. */
  Query rows(List<FeatureColumn> columns) {
    return select(columns, DSL.noCondition());
  }

  /** The rows of the given times in order. */
  Query rowsAt(List<FeatureColumn> columns, List<LocalDateTime> times) {
    return select(columns, time().in(times.stream().map(DSL::inline).toList()));
  }

  private Query select(List<FeatureColumn> columns, Condition condition) {
    List<Field<?>> fields = new ArrayList<>(List.of(time()));
    columns.stream().skip(1).forEach(column -> fields.add(field(column)));
    return DSL.using(SQLDialect.POSTGRES)
        .select(fields)
        .from(layout == Layout.SHARED ? view().view() : table().table())
        .where(time().ge(partition.from()), time().lt(partition.to()))
        .and(condition)
        .orderBy(time());
  }

  private Field<LocalDateTime> time() {
    return layout == Layout.SHARED ? view().time() : table().time();
  }

  private Field<?> field(FeatureColumn column) {
    return layout == Layout.SHARED
        ? DSL.field(view().qualifiedName().append(column.name()))
        : table().field(column);
  }
}
