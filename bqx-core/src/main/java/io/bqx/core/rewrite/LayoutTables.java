package io.bqx.core.rewrite;

import static org.jooq.impl.DSL.currentUser;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.table;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.FeatureView;
import io.bqx.core.catalog.MarketTable;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionDdl;
import io.bqx.core.catalog.PartitionedTable;
import io.bqx.core.catalog.TableColumn;
import io.bqx.features.FeatureColumn;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.SQLDataType;

/**
 * The definitions that differ between the layouts: the views of the shared one, and the columns of
 * the pairs' tables.
 *
 * <p>Any number of processes may do the same at the same time; one of them does it, the others find
 * it done. Locks are asked for as {@link SwapPolicy} says. Rows are not rewritten here.
 */
public final class LayoutTables {

  private static final String SELECT = "SELECT";

  private final LockedTransactions locked;

  /**
   * Works on the tables of a database.
   *
   * @param onWait hears of each try to get a lock in vain
   */
  public LayoutTables(DataSource dataSource, SwapPolicy policy, Consumer<LockWait> onWait) {
    Objects.requireNonNull(dataSource, "dataSource");
    this.locked =
        new LockedTransactions(dataSource, Objects.requireNonNull(policy, "policy"), onWait);
  }

  /**
   * Makes the view of a pair, or gives it more columns, if both tables have all that it needs.
   *
   * <p>A new view gets the owner of the pair's table, and everybody who may read that may read the
   * view. It reads both tables with the owner's rights, so that its readers need none on them.
   *
   * @param columns all columns of the view in order, the time first
   * @param market the names of those that are the market's
   * @throws BqxException if the name is taken by something else, a table has row security, which
   *     the view would get around, something depends on a view whose columns must change their
   *     order, the locks are not to be had, or the database fails
   */
  public void ensureView(FeatureView view, List<FeatureColumn> columns, Set<String> market) {
    commit(
        "make the view",
        view.toString(),
        List.of(view.table(), view.market()),
        tx -> {
          Set<String> own = columnNames(tx, view.table());
          boolean complete =
              own.stream().noneMatch(market::contains)
                  && columnNames(tx, view.market()).containsAll(market)
                  && columns.stream()
                      .allMatch(c -> market.contains(c.name()) || own.contains(c.name()));
          if (complete && !isPresent(tx, view, columns)) {
            define(tx, view, columns, own);
          }
        });
  }

  /**
   * Drops the market's columns of a pair's table and makes the view that has them, at once.
   *
   * @param columns all columns of the view in order, the time first
   * @param market the names of those that are the market's
   * @param underLock is called when nobody else uses the table, before anything is changed; if it
   *     throws, nothing is
   * @throws BqxException as {@link #ensureView}, and if something depends on a column that is to be
   *     dropped
   */
  public void narrow(
      FeatureView view,
      List<FeatureColumn> columns,
      Set<String> market,
      Consumer<DSLContext> underLock) {
    commit(
        "move the market's columns out of",
        view.table().toString(),
        List.of(view.table(), view.market()),
        tx -> {
          PartitionDdl ddl = new PartitionDdl(tx);
          ddl.lockExclusively(view.table().table().getQualifiedName());
          Set<String> own = columnNames(tx, view.table());
          List<String> moved = own.stream().filter(market::contains).toList();
          if (!moved.isEmpty()) {
            underLock.accept(tx);
            ddl.dropColumns(view.table(), moved);
          }
          own.removeAll(moved);
          if (!isPresent(tx, view, columns)) {
            define(tx, view, columns, own);
          }
        });
  }

  /**
   * Drops the views and the market's table.
   *
   * @param underLock is called when nobody else uses the market's table, before anything is
   *     dropped; if it throws, nothing is
   * @throws BqxException if something else depends on a view or the table, the locks are not to be
   *     had, or the database fails
   */
  public void dropShared(
      MarketTable market, List<FeatureView> views, Consumer<DSLContext> underLock) {
    commit(
        "drop the views and",
        market.toString(),
        List.of(market),
        tx -> {
          if (new PartitionCatalog(tx, market.schema()).oidOf(market).isPresent()) {
            PartitionDdl ddl = new PartitionDdl(tx);
            ddl.lockExclusively(market.table().getQualifiedName());
            underLock.accept(tx);
            views.forEach(ddl::dropViewIfExists);
            ddl.drop(market.table().getQualifiedName());
          }
        });
  }

  private void commit(
      String action, String onWhat, List<PartitionedTable> locking, Consumer<DSLContext> work) {
    try {
      locked.commit(
          new LockedTransactions.Attempt(action, onWhat, "Nothing has changed"),
          tx -> LockHolder.of(tx, relationsOf(tx, locking)),
          (connection, tx) -> {
            work.accept(tx);
            return onWhat;
          });
    } catch (SQLException | DataAccessException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot %s %s: %s. Nothing has changed",
              action,
              onWhat,
              SqlState.messageOf(e)),
          e);
    }
  }

  /** Whoever reads a view has locks on these too. */
  private static List<Long> relationsOf(DSLContext tx, List<PartitionedTable> tables) {
    List<Long> relations = new ArrayList<>();
    for (PartitionedTable table : tables) {
      PartitionCatalog catalog = new PartitionCatalog(tx, table.schema());
      catalog.oidOf(table).ifPresent(relations::add);
      catalog.partitionsOf(table).forEach(partition -> relations.add(partition.oid()));
    }
    return relations;
  }

  private static Set<String> columnNames(DSLContext tx, PartitionedTable table) {
    return new PartitionCatalog(tx, table.schema())
        .columnsOf(table).stream()
            .flatMap(List::stream)
            .map(TableColumn::name)
            .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** Whether the view begins with the given columns; it may have more of stages not named now. */
  private static boolean isPresent(DSLContext tx, FeatureView view, List<FeatureColumn> columns) {
    List<String> wanted = columns.stream().map(FeatureColumn::name).toList();
    List<String> present = columnNames(tx, view).toList();
    return present.size() >= wanted.size() && present.subList(0, wanted.size()).equals(wanted);
  }

  private static Stream<String> columnNames(DSLContext tx, FeatureView view) {
    return new PartitionCatalog(tx, view.table().schema())
        .columnsOf(view).stream().flatMap(List::stream).map(TableColumn::name);
  }

  private static void define(
      DSLContext tx, FeatureView view, List<FeatureColumn> columns, Set<String> ofTable) {
    PartitionCatalog catalog = new PartitionCatalog(tx, view.table().schema());
    long table = catalog.oidOf(view.table()).orElseThrow();
    long market = catalog.oidOf(view.market()).orElseThrow();
    requireNoRowSecurity(tx, view.table(), table);
    requireNoRowSecurity(tx, view.market(), market);
    PartitionDdl ddl = new PartitionDdl(tx);
    List<String> wanted = columns.stream().map(FeatureColumn::name).toList();
    List<String> present = columnNames(tx, view).toList();
    Optional<Long> before = SystemCatalog.relation(tx, view.table().schema(), view.name());
    long rightsFrom = before.orElse(table);
    String owner = TableTraits.ownerOf(tx, rightsFrom);
    Set<TableTraits.Grant> grants = TableTraits.grants(tx, rightsFrom);
    String self = tx.select(currentUser()).fetchSingle().value1();
    if (!mayRead(tx, owner, market)) {
      ddl.grant(view.market().table().getQualifiedName(), SELECT, "", owner, false);
    }
    boolean extended =
        before.isPresent()
            && present.size() <= wanted.size()
            && wanted.subList(0, present.size()).equals(present);
    if (extended) {
      ddl.createView(view, ofTable, columns);
      return;
    }
    ddl.dropViewIfExists(view);
    ddl.createView(view, ofTable, columns);
    if (!owner.equals(self)) {
      ddl.setOwner(view.qualifiedName(), owner);
    }
    for (TableTraits.Grant grant : grants) {
      boolean shown = grant.column().isEmpty() || wanted.contains(grant.column());
      if (shown && grant.privilege().equals(SELECT) && !grant.role().equals(owner)) {
        ddl.grant(view.qualifiedName(), SELECT, grant.column(), grant.role(), grant.grantable());
      }
    }
  }

  private static void requireNoRowSecurity(DSLContext tx, PartitionedTable table, long oid) {
    boolean secured =
        tx.fetchExists(
            tx.selectOne()
                .from(table(name("pg_catalog", "pg_class")).as("c"))
                .where(
                    field(name("c", "oid"), SQLDataType.BIGINT).eq(oid),
                    field(name("c", "relrowsecurity"), SQLDataType.BOOLEAN).isTrue()));
    if (secured) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot make a view of %s: it has row security, and the readers of the view would see all its rows. Use the wide layout, or disable its row security",
              table));
    }
  }

  private static boolean mayRead(DSLContext tx, String role, long relation) {
    return TableTraits.ownerOf(tx, relation).equals(role)
        || TableTraits.grants(tx, relation).stream()
            .anyMatch(
                grant ->
                    grant.privilege().equals(SELECT)
                        && grant.column().isEmpty()
                        && grant.role().equals(role));
  }
}
