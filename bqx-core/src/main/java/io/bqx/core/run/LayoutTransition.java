package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.FeatureView;
import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.MarketTable;
import io.bqx.core.catalog.PairTable;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionInfo;
import io.bqx.core.catalog.PartitionedTable;
import io.bqx.core.catalog.Scope;
import io.bqx.core.catalog.TableColumn;
import io.bqx.core.catalog.TableFamily;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.rewrite.LayoutTables;
import io.bqx.core.stage.Stage;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;

/**
 * What a run does about the layout besides rewriting partitions: it brings the definitions to the
 * layout when the rows allow it, and refuses to begin where they never would.
 */
final class LayoutTransition {

  private final JobSettings settings;
  private final Ledger ledger;
  private final LayoutTables tables;
  private final List<FeatureColumn> columns;
  private final Set<String> movableColumns;
  private final List<String> movableStages;

  LayoutTransition(JobSettings settings, Ledger ledger) {
    this.settings = settings;
    this.ledger = ledger;
    this.tables =
        new LayoutTables(settings.dataSource(), settings.swapPolicy(), settings.onLockWait());
    this.columns = settings.stages().in(Layout.WIDE).schemaOf(TableFamily.REG_BQX).columns();
    this.movableStages = settings.movable().stream().<String>map(Stage::id).toList();
    this.movableColumns =
        settings.movable().stream()
            .flatMap(stage -> stage.columns().stream())
            .map(FeatureColumn::name)
            .collect(Collectors.toSet());
  }

  /** All columns of a pair's view, or of its table in the wide layout, in order. */
  List<FeatureColumn> columns() {
    return columns;
  }

  /**
   * Refuses a run that would change the layout of some months and leave others, or lose values that
   * were made elsewhere.
   */
  void requireWhole() throws SQLException {
    try (Connection connection = settings.dataSource().getConnection()) {
      DSLContext dsl = DSL.using(connection, SQLDialect.POSTGRES);
      PartitionCatalog catalog = new PartitionCatalog(dsl, settings.schema());
      List<PartitionedTable> old = tablesOfTheOtherLayout(catalog);
      for (PartitionedTable table : old) {
        requireAllMonths(catalog, table);
      }
      if (!old.isEmpty()) {
        requireAllStages();
      }
      if (settings.isShared() && !settings.redo()) {
        for (PartitionedTable table : old) {
          requireKnownToTheLedger(dsl, catalog, table);
        }
      }
    }
  }

  private List<PartitionedTable> tablesOfTheOtherLayout(PartitionCatalog catalog) {
    if (settings.isShared()) {
      return settings.universe().pairs().stream()
          .<PartitionedTable>map(pair -> PairTable.of(settings.schema(), TableFamily.REG_BQX, pair))
          .filter(table -> hasMovableColumns(catalog, table))
          .toList();
    }
    MarketTable market = MarketTable.of(settings.schema());
    return catalog.oidOf(market).isPresent() ? List.of(market) : List.of();
  }

  private boolean hasMovableColumns(PartitionCatalog catalog, PartitionedTable table) {
    return catalog.columnsOf(table).orElse(List.of()).stream()
        .map(TableColumn::name)
        .anyMatch(movableColumns::contains);
  }

  private void requireAllMonths(PartitionCatalog catalog, PartitionedTable table) {
    Set<YearMonth> left = new TreeSet<>(monthsOf(catalog, table));
    left.removeAll(settings.months());
    if (!left.isEmpty()) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot change the layout of schema %s to %s for some months only: %s also has %s. Run all months that are stored, %s to %s",
              settings.schema(),
              layout(),
              table.name(),
              left.size() == 1 ? left.iterator().next() : left.size() + " others",
              earlier(left.iterator().next(), settings.months().get(0)),
              later(left, settings.months())));
    }
  }

  private static YearMonth earlier(YearMonth one, YearMonth other) {
    return one.isBefore(other) ? one : other;
  }

  private static YearMonth later(Collection<YearMonth> some, Collection<YearMonth> others) {
    Set<YearMonth> all = new TreeSet<>(some);
    all.addAll(others);
    return List.copyOf(all).get(all.size() - 1);
  }

  private static Set<YearMonth> monthsOf(PartitionCatalog catalog, PartitionedTable table) {
    Set<YearMonth> months = new TreeSet<>();
    for (PartitionInfo partition : catalog.partitionsOf(table)) {
      months.add(
          partition
              .month()
              .orElseThrow(
                  () ->
                      new BqxException(
                          String.format(
                              Locale.ROOT,
                              "Cannot change the layout: the partition %s of %s from %s to %s is not one calendar month; split or merge it into months",
                              partition.name(),
                              table,
                              partition.from(),
                              partition.to()))));
    }
    return months;
  }

  private void requireAllStages() {
    List<String> missing =
        new ArrayList<>(idsOf(settings.stages().in(Layout.WIDE).of(TableFamily.REG_BQX)));
    missing.removeAll(idsOf(settings.requested()));
    if (!missing.isEmpty()) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot change the layout of schema %s to %s without the stages %s: all columns of reg_bqx must change together. Add them to the stages, or leave the stages out",
              settings.schema(),
              layout(),
              String.join(", ", missing)));
    }
  }

  private static List<String> idsOf(List<Stage<?>> stages) {
    return stages.stream().<String>map(Stage::id).toList();
  }

  private void requireKnownToTheLedger(
      DSLContext dsl, PartitionCatalog catalog, PartitionedTable table) {
    Set<String> present =
        catalog.columnsOf(table).orElse(List.of()).stream()
            .map(TableColumn::name)
            .collect(Collectors.toSet());
    Set<String> known = new HashSet<>();
    if (ledger.exists()) {
      for (LedgerEntry entry : ledger.entries(YearMonth.of(1970, 1), YearMonth.of(9999, 12))) {
        if (entry.scope().equals(table.scope())) {
          known.add(entry.stage() + " " + entry.month());
        }
      }
    }
    for (YearMonth month : monthsOf(catalog, table)) {
      for (Stage<?> stage : settings.movable()) {
        if (!known.contains(stage.id() + " " + month)
            && stage.columns().stream().allMatch(c -> present.contains(c.name()))
            && hasValues(dsl, table, stage, month)) {
          throw new BqxException(
              String.format(
                  Locale.ROOT,
                  "Cannot change the layout of schema %s to %s: %s has values of stage %s in %s of which the ledger knows nothing, and they would be computed anew. Run with --redo to have that done",
                  settings.schema(),
                  layout(),
                  table.name(),
                  stage.id(),
                  month));
        }
      }
    }
  }

  private static boolean hasValues(
      DSLContext dsl, PartitionedTable table, Stage<?> stage, YearMonth month) {
    Field<?> first = table.field(stage.columns().get(0));
    return dsl.fetchExists(
        DSL.selectOne()
            .from(table.table())
            .where(table.time().ge(month.atDay(1).atStartOfDay()))
            .and(table.time().lt(month.plusMonths(1).atDay(1).atStartOfDay()))
            .and(first.isNotNull()));
  }

  /**
   * Whether the market's table must have all months before any pair's is rewritten: pairs' tables
   * still have the market's columns.
   */
  boolean marketGoesFirst() throws SQLException {
    if (!settings.isShared()) {
      return false;
    }
    try (Connection connection = settings.dataSource().getConnection()) {
      return !tablesOfTheOtherLayout(
              new PartitionCatalog(DSL.using(connection, SQLDialect.POSTGRES), settings.schema()))
          .isEmpty();
    }
  }

  /**
   * Moves the market's columns out of a pair's table, if it still has them and the market's table
   * has all its months.
   */
  void narrow(CurrencyPair pair) throws SQLException {
    PairTable table = PairTable.of(settings.schema(), TableFamily.REG_BQX, pair);
    try (Connection connection = settings.dataSource().getConnection()) {
      PartitionCatalog catalog =
          new PartitionCatalog(DSL.using(connection, SQLDialect.POSTGRES), settings.schema());
      if (!hasMovableColumns(catalog, table)) {
        return;
      }
    }
    tables.narrow(
        FeatureView.of(settings.schema(), pair),
        columns,
        movableColumns,
        tx -> {
          PartitionCatalog catalog = new PartitionCatalog(tx, settings.schema());
          Set<YearMonth> left = new TreeSet<>(monthsOf(catalog, table));
          Set<YearMonth> there = monthsOf(catalog, MarketTable.of(settings.schema()));
          there.retainAll(ledger.monthsDone(tx, Scope.MARKET, movableStages));
          left.removeAll(there);
          if (!left.isEmpty()) {
            throw new BqxException(
                String.format(
                    Locale.ROOT,
                    "Cannot move the market's columns out of %s: %s does not have %s yet. Run again over all months that are stored",
                    table,
                    TableFamily.MARKET.prefix(),
                    left));
          }
          ledger.removeAll(tx, table.scope(), movableStages);
        });
  }

  /** Makes the views whose tables have all their columns. */
  void ensureViews() {
    for (CurrencyPair pair : settings.universe().pairs()) {
      tables.ensureView(FeatureView.of(settings.schema(), pair), columns, movableColumns);
    }
  }

  /**
   * Brings the definitions to the layout after the partitions are done; returns what is left to do,
   * empty if nothing is.
   */
  Optional<String> finish() throws SQLException {
    if (settings.isShared()) {
      ensureViews();
      return Optional.empty();
    }
    try (Connection connection = settings.dataSource().getConnection()) {
      DSLContext dsl = DSL.using(connection, SQLDialect.POSTGRES);
      if (new PartitionCatalog(dsl, settings.schema())
          .oidOf(MarketTable.of(settings.schema()))
          .isEmpty()) {
        return Optional.empty();
      }
      Optional<String> left = monthsWithoutWideColumns(dsl);
      if (left.isPresent()) {
        return left;
      }
    }
    tables.dropShared(
        MarketTable.of(settings.schema()),
        settings.universe().pairs().stream()
            .map(pair -> FeatureView.of(settings.schema(), pair))
            .toList(),
        tx -> {
          monthsWithoutWideColumns(tx)
              .ifPresent(
                  left -> {
                    throw new BqxException(left);
                  });
          ledger.removeAll(tx, Scope.MARKET, movableStages);
        });
    return Optional.empty();
  }

  /** Which months the pairs' tables do not have all the market's columns of. */
  private Optional<String> monthsWithoutWideColumns(DSLContext tx) {
    PartitionCatalog catalog = new PartitionCatalog(tx, settings.schema());
    Set<YearMonth> ofMarket = monthsOf(catalog, MarketTable.of(settings.schema()));
    Set<YearMonth> left = new TreeSet<>();
    for (CurrencyPair pair : settings.universe().pairs()) {
      PairTable table = PairTable.of(settings.schema(), TableFamily.REG_BQX, pair);
      Set<YearMonth> months = monthsOf(catalog, table);
      months.retainAll(ofMarket);
      months.removeAll(ledger.monthsDone(tx, table.scope(), movableStages));
      left.addAll(months);
    }
    return left.isEmpty()
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "The change of the layout to wide is not complete: %s and the views stay until all pairs have the market's columns of %s. Run again over all months that are stored",
                TableFamily.MARKET.prefix(),
                left));
  }

  private Layout layout() {
    return settings.layout().orElseThrow();
  }
}
