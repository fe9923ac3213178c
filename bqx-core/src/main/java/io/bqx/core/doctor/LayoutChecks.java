package io.bqx.core.doctor;

import static io.bqx.core.doctor.SystemViews.flag;
import static io.bqx.core.doctor.SystemViews.number;
import static io.bqx.core.doctor.SystemViews.text;
import static io.bqx.core.doctor.SystemViews.view;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.FeatureView;
import io.bqx.core.catalog.Layout;
import io.bqx.core.catalog.MarketTable;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionInfo;
import io.bqx.core.catalog.PartitionedTable;
import io.bqx.core.catalog.TableColumn;
import io.bqx.core.rewrite.RewriteObstacles;
import io.bqx.features.CurrencyPair;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jooq.impl.DSL;

/**
 * Whether the tables of the pairs, the market's and the views are what the layout that the ledger
 * has makes of them.
 */
final class LayoutChecks {

  private static final String TOPIC = "layout";
  private static final String OF_VIEWS = "views";

  private final Examination at;
  private final Layout layout;
  private final PartitionCatalog catalog;
  private final MarketTable market;
  private final Set<String> marketColumns;
  private final boolean marketExists;

  /** The columns of the pairs' tables that exist. */
  private final Map<FeatureView, Set<String>> pairs = new LinkedHashMap<>();

  private final List<Finding> findings = new ArrayList<>();

  private LayoutChecks(Examination at, Layout layout) {
    this.at = at;
    this.layout = layout;
    this.catalog = new PartitionCatalog(at.dsl(), at.schema());
    this.market = MarketTable.of(at.schema());
    Optional<Set<String>> ofMarket = columnsOf(market);
    this.marketExists = ofMarket.isPresent();
    this.marketColumns = new HashSet<>(ofMarket.orElse(Set.of()));
    marketColumns.remove(market.family().timeColumn());
    for (CurrencyPair pair : at.universe().pairs()) {
      FeatureView view = FeatureView.of(at.schema(), pair);
      columnsOf(view.table()).ifPresent(columns -> pairs.put(view, columns));
    }
  }

  static List<Finding> ofSchema(Examination at) {
    Optional<Layout> layout;
    try {
      layout = at.ledger().layout(at.dsl());
    } catch (BqxException e) {
      return List.of(
          Finding.problem(
              TOPIC,
              "not known",
              e.getMessage(),
              "Use the release of bqx that wrote the ledger, or a newer one"));
    }
    return layout.isEmpty() ? List.of() : new LayoutChecks(at, layout.get()).look();
  }

  private List<Finding> look() {
    if (layout == Layout.WIDE) {
      unfinishedWide();
    } else if (!pairs.isEmpty()) {
      if (marketExists) {
        unfinishedShared();
        monthsOfTheMarket();
        views();
      } else {
        findings.add(
            Finding.advice(
                TOPIC,
                "shared, but " + market.name() + " does not exist",
                "The change to the shared layout has not got far, or somebody dropped the table",
                run()));
      }
      rowSecurity();
    }
    if (findings.isEmpty() && !pairs.isEmpty()) {
      findings.add(
          Finding.ok(
              TOPIC,
              layout == Layout.WIDE
                  ? "wide"
                  : "shared: "
                      + Amounts.count(catalog.partitionsOf(market).size(), "month")
                      + " of "
                      + market.name()
                      + ", "
                      + Amounts.count(pairs.size(), "view"),
              "A run writes the tables of the layout that the last one was asked for"));
    }
    return findings;
  }

  /** The names of a table's columns; none if it is something else, which is told elsewhere. */
  private Optional<Set<String>> columnsOf(PartitionedTable table) {
    try {
      return catalog.columnsOf(table).map(LayoutChecks::names);
    } catch (BqxException e) {
      return Optional.empty();
    }
  }

  private static Set<String> names(List<TableColumn> columns) {
    return columns.stream()
        .map(TableColumn::name)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private void unfinishedWide() {
    if (!marketExists) {
      return;
    }
    findings.add(
        Finding.advice(
            TOPIC,
            "wide, but " + market.name() + " is still there",
            "The change to the wide layout is not complete: views and table are dropped when all pairs have all its months",
            run()));
    Set<Long> dropped = new TreeSet<>(Set.of(catalog.oidOf(market).orElseThrow()));
    dropped.addAll(oidsOfViews());
    Set<String> ours = pairs.keySet().stream().map(FeatureView::name).collect(Collectors.toSet());
    RewriteObstacles.dependentViews(at.dsl(), dropped).stream()
        .filter(dependent -> !ours.contains(dependent))
        .forEach(
            dependent ->
                findings.add(
                    Finding.problem(
                        TOPIC,
                        "the view " + dependent + " depends on " + market.name() + " or its views",
                        "The change to the wide layout drops these, and cannot be finished while something depends on them",
                        "Make "
                            + dependent
                            + " read the tables reg_bqx_* when they have all columns, or drop it")));
  }

  private List<Long> oidsOfViews() {
    return at.dsl()
        .select(number("c", "oid"))
        .from(view("pg_class", "c"))
        .join(view("pg_namespace", "n"))
        .on(number("n", "oid").eq(number("c", "relnamespace")))
        .where(
            text("n", "nspname").eq(at.schema()),
            text("c", "relkind").eq(DSL.inline("v")),
            text("c", "relname").in(pairs.keySet().stream().map(FeatureView::name).toList()))
        .fetch(0, Long.class);
  }

  private void unfinishedShared() {
    List<String> wide =
        pairs.entrySet().stream()
            .filter(pair -> isWide(pair.getValue()))
            .map(pair -> pair.getKey().table().name())
            .toList();
    if (!wide.isEmpty()) {
      findings.add(
          Finding.advice(
              TOPIC,
              "shared, but columns of the market are still in " + PrivilegeChecks.some(wide),
              "The change to the shared layout is not complete: those pairs are read from their tables, the others from"
                  + " their views",
              run()));
    }
  }

  private boolean isWide(Set<String> columnsOfPair) {
    return columnsOfPair.stream().anyMatch(marketColumns::contains);
  }

  /** Rows of a pair without rows of the market show no values of it in the view. */
  private void monthsOfTheMarket() {
    Set<YearMonth> missing = new TreeSet<>();
    pairs.forEach(
        (view, columns) -> {
          if (!isWide(columns)) {
            missing.addAll(months(catalog.partitionsOf(view.table())));
          }
        });
    Set<YearMonth> read = Set.copyOf(missing);
    List<PartitionInfo> partitions = catalog.partitionsOf(market);
    missing.removeAll(months(partitions));
    if (!missing.isEmpty()) {
      findings.add(
          Finding.advice(
              TOPIC,
              market.name() + " has no partition of " + some(missing),
              "The views show the rows of those months without values of the market",
              run()));
    }
    List<PartitionInfo> empty =
        partitions.stream()
            .filter(partition -> partition.month().filter(read::contains).isPresent())
            .filter(this::isEmpty)
            .toList();
    if (!empty.isEmpty()) {
      findings.add(
          Finding.advice(
              TOPIC,
              market.name() + " has no rows of " + some(months(empty)),
              "The views show the rows of those months without values of the market, and the ledger may have them as"
                  + " done",
              run() + " --redo --stages 2.3,2.4,2.16B"));
    }
  }

  /** The table is read only where its statistics do not tell. */
  private boolean isEmpty(PartitionInfo partition) {
    return partition.estimatedRows() <= 0
        && !at.dsl().fetchExists(DSL.selectOne().from(partition.table()));
  }

  private static Set<YearMonth> months(List<PartitionInfo> partitions) {
    return partitions.stream()
        .flatMap(partition -> partition.month().stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void views() {
    List<String> missing = new ArrayList<>();
    List<String> behind = new ArrayList<>();
    pairs.forEach(
        (view, columns) -> {
          Optional<Set<String>> shown;
          try {
            shown = catalog.columnsOf(view).map(LayoutChecks::names);
          } catch (BqxException e) {
            findings.add(
                Finding.problem(
                    OF_VIEWS, view.name(), e.getMessage(), "Rename it, or choose another schema"));
            return;
          }
          if (isWide(columns)) {
            return;
          }
          if (shown.isEmpty()) {
            missing.add(view.name());
          } else if (!shown.get().containsAll(columns) || !shown.get().containsAll(marketColumns)) {
            behind.add(view.name());
          }
        });
    if (!missing.isEmpty()) {
      findings.add(
          Finding.advice(
              OF_VIEWS,
              Amounts.count(missing.size(), "view") + " missing: " + PrivilegeChecks.some(missing),
              "Nothing else presents all columns of those pairs",
              run() + ". It makes them even if nothing is due"));
    }
    if (!behind.isEmpty()) {
      findings.add(
          Finding.advice(
              OF_VIEWS,
              "columns of their tables are missing from " + PrivilegeChecks.some(behind),
              "A run with a stage of one's own adds its columns to the views at its end; it may still be working, or have"
                  + " been stopped",
              run() + " with the same stages"));
    }
  }

  private void rowSecurity() {
    List<String> names = new ArrayList<>(List.of(market.name()));
    pairs.keySet().forEach(pair -> names.add(pair.table().name()));
    List<String> secured =
        at.dsl()
            .select(text("c", "relname"))
            .from(view("pg_class", "c"))
            .join(view("pg_namespace", "n"))
            .on(number("n", "oid").eq(number("c", "relnamespace")))
            .where(
                text("n", "nspname").eq(at.schema()),
                text("c", "relname").in(names),
                flag("c", "relrowsecurity").isTrue())
            .orderBy(text("c", "relname"))
            .fetch(0, String.class);
    if (!secured.isEmpty()) {
      findings.add(
          Finding.problem(
              OF_VIEWS,
              "row security on " + PrivilegeChecks.some(secured),
              "The readers of a view would see all rows, so that a run refuses to make the views",
              "ALTER TABLE "
                  + at.quoted(at.schema(), secured.get(0))
                  + " DISABLE ROW LEVEL SECURITY; and so on, or run with --layout wide"));
    }
  }

  /** The run over all months that are stored. */
  private String run() {
    TreeSet<YearMonth> months = new TreeSet<>(months(catalog.partitionsOf(market)));
    pairs.keySet().forEach(pair -> months.addAll(months(catalog.partitionsOf(pair.table()))));
    return months.isEmpty()
        ? "Run again"
        : "bqx run --from " + months.first() + " --to " + months.last();
  }

  private static String some(Collection<YearMonth> months) {
    return PrivilegeChecks.some(months.stream().map(YearMonth::toString).toList());
  }
}
