package io.bqx.core.rewrite;

import static org.jooq.impl.DSL.exists;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.function;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.table;
import static org.jooq.impl.DSL.val;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.CatalogProblem;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionDdl;
import io.bqx.core.catalog.PartitionedTable;
import io.bqx.core.catalog.TableColumn;
import io.bqx.features.FeatureColumn;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.SQLDataType;

/**
 * Brings parent tables to the columns that stages need: creates the table, or adds the missing
 * columns behind those that it has.
 *
 * <p>Any number of processes may do so at the same time; one of them does it, the others find it
 * done. Columns are never renamed, moved, retyped or dropped. Adding takes no time but an exclusive
 * lock, which is asked for as {@link SwapPolicy} says.
 */
public final class ParentSchema {

  private final LockedTransactions locked;

  /** Works on the tables of a database. */
  public ParentSchema(DataSource dataSource, SwapPolicy policy) {
    this(dataSource, policy, wait -> {});
  }

  /**
   * Works on the tables of a database.
   *
   * @param onWait hears of each try in vain to get a lock, on the thread that tries
   */
  public ParentSchema(DataSource dataSource, SwapPolicy policy, Consumer<LockWait> onWait) {
    Objects.requireNonNull(dataSource, "dataSource");
    this.locked =
        new LockedTransactions(dataSource, Objects.requireNonNull(policy, "policy"), onWait);
  }

  /**
   * Brings a table to exactly the given columns.
   *
   * @param columns all columns in order, the time first
   * @return the given columns
   * @throws BqxException as {@link #ensure(PartitionedTable, List, List)}, and if the table has
   *     more columns
   */
  public List<FeatureColumn> ensure(PartitionedTable table, List<FeatureColumn> columns) {
    return ensure(table, columns, List.of());
  }

  /**
   * Brings a table to at least the given columns; creates it, and its schema, if there is none.
   *
   * @param columns the wanted columns in order, the time first
   * @param mayFollow columns of later stages that the table may already have behind them, in order
   * @return the columns that the table has now: the wanted ones and those of the later stages that
   *     it already had
   * @throws BqxException if the table's columns differ from these in name, type or order, with the
   *     table, the column, both types and a remedy; if it has columns that are not among them; if
   *     it is not partitioned by its time column or has a default partition; if it would get too
   *     wide for PostgreSQL; if the locks are not to be had; or if the database fails. The table is
   *     then unchanged
   */
  public List<FeatureColumn> ensure(
      PartitionedTable table, List<FeatureColumn> columns, List<FeatureColumn> mayFollow) {
    Objects.requireNonNull(table, "table");
    List<FeatureColumn> all = new ArrayList<>(columns);
    all.addAll(mayFollow);
    try {
      int present =
          locked
              .commit(
                  attemptTo("look at the columns of", table),
                  tx -> LockHolder.of(tx, relationsOf(tx, table)),
                  (connection, tx) -> check(tx, table, all))
              .result();
      if (present < columns.size()) {
        if (present == 0) {
          createSchema(table.schema());
        }
        present = define(table, columns, all);
      }
      return List.copyOf(all.subList(0, present));
    } catch (SQLException | DataAccessException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot bring %s to its %d columns: %s",
              table,
              columns.size(),
              SqlState.messageOf(e)),
          e);
    }
  }

  /** How many of the columns the table has, 0 if there is no table. */
  private static int check(DSLContext tx, PartitionedTable table, List<FeatureColumn> all) {
    PartitionCatalog catalog = new PartitionCatalog(tx, table.schema());
    Optional<List<TableColumn>> existing = catalog.columnsOf(table);
    if (existing.isEmpty()) {
      return 0;
    }
    SchemaComparison comparison = new SchemaComparison(table, existing.get());
    comparison.requireSameStart(all);
    comparison.requireNoMoreThan(all);
    for (CatalogProblem problem : catalog.partitioningProblems(table)) {
      switch (problem.kind()) {
        case PARTITION_KEY, DEFAULT_PARTITION, PENDING_DETACH ->
            throw new BqxException("Cannot use " + problem.message());
        default -> {}
      }
    }
    return existing.get().size();
  }

  private void createSchema(String schema) throws SQLException {
    String key = "bqx schema " + schema;
    locked.commit(
        new LockedTransactions.Attempt(
            "create the schema", "'" + schema + "'", "Nothing has changed"),
        tx -> LockHolder.ofAdvisory(tx, advisoryKey(tx, key)),
        (connection, tx) -> {
          if (!hasSchema(tx, schema)) {
            lock(tx, key);
            if (!hasSchema(tx, schema)) {
              new PartitionDdl(tx).createSchema(schema);
            }
          }
          return schema;
        });
  }

  private int define(PartitionedTable table, List<FeatureColumn> columns, List<FeatureColumn> all)
      throws SQLException {
    String key = "bqx table " + table;
    return locked
        .commit(
            attemptTo("define the columns of", table),
            tx -> holders(tx, table, key),
            (connection, tx) -> {
              lock(tx, key);
              int present = check(tx, table, all);
              if (present >= columns.size()) {
                return present;
              }
              if (present == 0) {
                new PartitionDdl(tx).createParent(table, columns);
              } else {
                new PartitionDdl(tx).addColumns(table, columns.subList(present, columns.size()));
              }
              return columns.size();
            })
        .result();
  }

  private static LockedTransactions.Attempt attemptTo(String action, PartitionedTable table) {
    return new LockedTransactions.Attempt(action, table.toString(), "The table is unchanged");
  }

  private static List<LockHolder> holders(DSLContext tx, PartitionedTable table, String key) {
    List<LockHolder> holders = new ArrayList<>(LockHolder.of(tx, relationsOf(tx, table)));
    LockHolder.ofAdvisory(tx, advisoryKey(tx, key)).stream()
        .filter(holder -> !holders.contains(holder))
        .forEach(holders::add);
    return holders;
  }

  /** The parent and its partitions, without the least lock on any of them. */
  static List<Long> relationsOf(DSLContext tx, PartitionedTable table) {
    Optional<Long> parent = new PartitionCatalog(tx, table.schema()).oidOf(table);
    if (parent.isEmpty()) {
      return List.of();
    }
    List<Long> relations = new ArrayList<>(parent.stream().toList());
    relations.addAll(
        tx.select(field(name("h", "inhrelid"), SQLDataType.BIGINT))
            .from(table(name("pg_catalog", "pg_inherits")).as("h"))
            .where(field(name("h", "inhparent"), SQLDataType.BIGINT).eq(parent.get()))
            .fetch()
            .getValues(0, Long.class));
    return relations;
  }

  private static void lock(DSLContext tx, String key) throws SQLException {
    boolean mine =
        tx.select(
                function(
                    name("pg_catalog", "pg_try_advisory_xact_lock"),
                    SQLDataType.BOOLEAN,
                    val(advisoryKey(tx, key))))
            .fetchSingle()
            .value1();
    if (!mine) {
      throw new SQLException("Another session holds the lock", SqlState.LOCK_NOT_AVAILABLE);
    }
  }

  private static long advisoryKey(DSLContext tx, String key) {
    return tx.select(
            function(
                name("pg_catalog", "hashtextextended"), SQLDataType.BIGINT, val(key), inline(0L)))
        .fetchSingle()
        .value1();
  }

  private static boolean hasSchema(DSLContext tx, String schema) {
    return tx.select(
            field(
                exists(
                    select(inline(1))
                        .from(table(name("pg_catalog", "pg_namespace")).as("n"))
                        .where(field(name("n", "nspname"), SQLDataType.VARCHAR).eq(schema)))))
        .fetchSingle()
        .value1();
  }
}
