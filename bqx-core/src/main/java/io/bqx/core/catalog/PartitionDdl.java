package io.bqx.core.catalog;

import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.keyword;
import static org.jooq.impl.DSL.list;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.raw;

import io.bqx.core.BqxException;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Name;
import org.jooq.Query;
import org.jooq.QueryPart;
import org.jooq.conf.StatementType;
import org.jooq.impl.DSL;

/**
 * The statements that define partitioned tables and their partitions, which jOOQ has no DSL for.
 * Nothing else in bqx writes the text of a definition.
 *
 * <p>Each method is one statement in the transaction of the given context, unless it says
 * otherwise. Names are quoted by jOOQ. None of them waits for a lock longer than the transaction's
 * {@code lock_timeout}; errors of the database are jOOQ's {@link
 * org.jooq.exception.DataAccessException}.
 */
public final class PartitionDdl {

  private final DSLContext tx;

  /**
   * Statements in the transaction of a context.
   *
   * @param tx executes them; its owner commits
   */
  public PartitionDdl(DSLContext tx) {
    // Definitions take no bind values, and a '?' in a copied index definition is an operator.
    this.tx =
        Objects.requireNonNull(tx, "tx")
            .configuration()
            .deriveSettings(s -> s.withStatementType(StatementType.STATIC_STATEMENT))
            .dsl();
  }

  /** Creates a schema. */
  public void createSchema(String schema) {
    execute("create schema {0}", name(schema));
  }

  /**
   * Creates a partitioned parent without partitions, and a unique index on its time column: two
   * statements.
   *
   * @param columns all columns in order; the first is the family's time column, which is never null
   * @throws IllegalArgumentException if the first column is not the family's time column
   * @throws BqxException if the table would have too many columns or too wide rows for PostgreSQL
   */
  public void createParent(PartitionedTable table, List<FeatureColumn> columns) {
    String time = table.family().timeColumn();
    if (columns.isEmpty()
        || !columns.get(0).name().equals(time)
        || columns.get(0).type() != FeatureType.TIMESTAMP) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "%s must begin with its column %s of type TIMESTAMP", table, time));
    }
    requireRoom(table, typesOf(columns), columns.size());
    List<QueryPart> definitions = new ArrayList<>();
    for (FeatureColumn column : columns) {
      definitions.add(definition(column, definitions.isEmpty()));
    }
    execute(
        "create table {0} ({1}) partition by range ({2})",
        table.table().getQualifiedName(), list(definitions), name(time));
    execute("create unique index on {0} ({1})", table.table().getQualifiedName(), name(time));
  }

  /**
   * Adds columns after the last one, to the parent and all its partitions. Takes an exclusive lock
   * on all of them, and no time: the new columns are null.
   *
   * @throws BqxException if there is no such parent, or it would have too many columns or too wide
   *     rows
   */
  public void addColumns(PartitionedTable table, List<FeatureColumn> columns) {
    PartitionCatalog catalog = new PartitionCatalog(tx, table.schema());
    long oid =
        catalog
            .oidOf(table)
            .orElseThrow(
                () ->
                    new BqxException(
                        String.format(
                            Locale.ROOT, "Cannot add columns to %s: it does not exist", table)));
    List<FeatureType> all = new ArrayList<>();
    for (TableColumn column : catalog.columnsOf(table).orElseThrow()) {
      column.featureType().ifPresent(all::add);
    }
    all.addAll(typesOf(columns));
    requireRoom(table, all, catalog.columnsWithDropped(oid) + columns.size());
    List<QueryPart> additions =
        columns.stream()
            .<QueryPart>map(c -> DSL.sql("add column {0}", definition(c, false)))
            .toList();
    execute("alter table {0} {1}", table.table().getQualifiedName(), list(additions));
  }

  /**
   * Drops columns of the parent and all its partitions. Takes an exclusive lock on all of them; the
   * room that the values take is free when a partition is rewritten.
   */
  public void dropColumns(PartitionedTable table, List<String> columns) {
    List<QueryPart> removals =
        columns.stream().<QueryPart>map(c -> DSL.sql("drop column {0}", name(c))).toList();
    execute("alter table {0} {1}", table.table().getQualifiedName(), list(removals));
  }

  /**
   * Creates a view, or gives one more columns behind those that it has.
   *
   * @param ofTable the columns that the pair's table has, the time first
   * @param columns all columns in order; those that are not the table's are the market's
   */
  public void createView(FeatureView view, Set<String> ofTable, List<FeatureColumn> columns) {
    List<Field<?>> fields =
        columns.stream()
            .<Field<?>>map(
                c -> ofTable.contains(c.name()) ? view.table().field(c) : view.market().field(c))
            .toList();
    tx.createOrReplaceView(view.qualifiedName())
        .as(
            DSL.select(fields)
                .from(view.table().table())
                .leftJoin(view.market().table())
                .on(view.market().time().eq(view.table().time())))
        .execute();
  }

  /** Drops a view if there is one, unless something depends on it. */
  public void dropViewIfExists(FeatureView view) {
    execute("drop view if exists {0}", view.qualifiedName());
  }

  private static QueryPart definition(FeatureColumn column, boolean notNull) {
    return definition(column.name(), SqlTypes.nameOf(column.type()), notNull);
  }

  private static QueryPart definition(String column, String sqlType, boolean notNull) {
    return DSL.sql(notNull ? "{0} {1} not null" : "{0} {1}", name(column), raw(sqlType));
  }

  private static List<FeatureType> typesOf(List<FeatureColumn> columns) {
    return columns.stream().map(FeatureColumn::type).toList();
  }

  private static void requireRoom(
      PartitionedTable table, List<FeatureType> columns, int withDropped) {
    if (withDropped > SqlTypes.MAX_COLUMNS) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot give %s %d columns (dropped ones count): PostgreSQL allows %d. Use fewer windows, or a new schema",
              table,
              withDropped,
              SqlTypes.MAX_COLUMNS));
    }
    int width = SqlTypes.rowWidth(columns);
    if (width > SqlTypes.MAX_ROW_WIDTH) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot give %s %d columns: a row would take %d bytes and a page holds %d. Use fewer windows",
              table,
              columns.size(),
              width,
              SqlTypes.MAX_ROW_WIDTH));
    }
  }

  /**
   * Creates a plain table with a check that holds exactly for the rows of the partition, from which
   * PostgreSQL knows without a scan that the table can be attached.
   *
   * <p>Unlike {@code LIKE} this takes no lock on the parent, which would last as long as the table
   * is being filled.
   *
   * @param table the new table
   * @param columns the parent's columns in order
   * @param check the name of the check
   * @param unlogged whether the table is empty after a crash of the server
   * @param storageOptions storage parameters such as {@code fillfactor}
   */
  public void createStaging(
      Name table,
      Partition partition,
      List<TableColumn> columns,
      Name check,
      boolean unlogged,
      Map<String, String> storageOptions) {
    List<QueryPart> definitions =
        columns.stream()
            .<QueryPart>map(c -> definition(c.name(), c.sqlType(), c.notNull()))
            .toList();
    List<QueryPart> options =
        storageOptions.entrySet().stream()
            .<QueryPart>map(o -> DSL.sql("{0} = {1}", name(o.getKey()), inline(o.getValue())))
            .toList();
    execute(
        "create {0} {1} ({2}, "
            + "constraint {3} check ({4} is not null and {4} >= {5} and {4} < {6})) {7}",
        keyword(unlogged ? "unlogged table" : "table"),
        table,
        list(definitions),
        check,
        name(partition.parent().family().timeColumn()),
        inline(partition.from()),
        inline(partition.to()),
        options.isEmpty() ? raw("") : DSL.sql("with ({0})", list(options)));
  }

  /**
   * Creates an index.
   *
   * @param definition what follows the table's name, as {@code pg_get_indexdef} prints it: {@code
   *     "USING btree (ts_utc)"}
   */
  public void createIndex(Name index, Name table, boolean unique, String definition) {
    execute(
        "create {0} {1} on {2} {3}",
        keyword(unique ? "unique index" : "index"),
        index.unqualifiedName(),
        table,
        raw(definition));
  }

  /** Makes a unique index the one of a constraint with the index's name. */
  public void addKey(Name table, Name index, boolean primary) {
    execute(
        "alter table {0} add constraint {1} {2} using index {1}",
        table, index.unqualifiedName(), keyword(primary ? "primary key" : "unique"));
  }

  /**
   * Adds a check.
   *
   * @param definition the check as {@code pg_get_constraintdef} prints it: {@code "CHECK (x > 0)"}
   */
  public void addCheck(Name table, String check, String definition) {
    execute("alter table {0} add constraint {1} {2}", table, name(check), raw(definition));
  }

  /** Drops a constraint. */
  public void dropConstraint(Name table, Name constraint) {
    execute("alter table {0} drop constraint {1}", table, constraint);
  }

  /** Makes a role the owner of a table and its indexes. */
  public void setOwner(Name table, String role) {
    execute("alter table {0} owner to {1}", table, name(role));
  }

  /** Takes every privilege on a table and its columns from a role; an empty name is everybody. */
  public void revokeAll(Name table, String role) {
    execute("revoke all on {0} from {1}", table, grantee(role));
  }

  /**
   * Grants a privilege.
   *
   * @param privilege as PostgreSQL spells it: {@code "SELECT"}
   * @param column the column that it is for; empty for the whole table
   * @param role who gets it; an empty name is everybody
   * @param grantable whether they may grant it to others
   */
  public void grant(Name table, String privilege, String column, String role, boolean grantable) {
    QueryPart target =
        column.isEmpty()
            ? keyword(privilege)
            : DSL.sql("{0} ({1})", keyword(privilege), name(column));
    execute(
        grantable ? "grant {0} on {1} to {2} with grant option" : "grant {0} on {1} to {2}",
        target,
        table,
        grantee(role));
  }

  private static QueryPart grantee(String role) {
    return role.isEmpty() ? keyword("public") : name(role);
  }

  /** Describes a table. */
  public void commentOnTable(Name table, String comment) {
    execute("comment on table {0} is {1}", table, inline(comment));
  }

  /** Describes a column. */
  public void commentOnColumn(Name table, String column, String comment) {
    execute("comment on column {0} is {1}", table.append(column), inline(comment));
  }

  /** Describes an index. */
  public void commentOnIndex(Name index, String comment) {
    execute("comment on index {0} is {1}", index, inline(comment));
  }

  /** Sets how finely ANALYZE samples a column. */
  public void setStatisticsTarget(Name table, String column, int target) {
    execute(
        "alter table {0} alter column {1} set statistics {2}", table, name(column), inline(target));
  }

  /** Sets the value of a column that an INSERT does not name, as {@code pg_get_expr} prints it. */
  public void setDefault(Name table, String column, String expression) {
    execute(
        "alter table {0} alter column {1} set default {2}", table, name(column), raw(expression));
  }

  /** Sets a planner option of a column: {@code n_distinct}. */
  public void setColumnOption(Name table, String column, String option, String value) {
    execute(
        "alter table {0} alter column {1} set ({2} = {3})",
        table, name(column), name(option), inline(value));
  }

  /** Sets what replication logs of an old row: {@code "full"} or {@code "nothing"}. */
  public void setReplicaIdentity(Name table, String identity) {
    execute("alter table {0} replica identity {1}", table, keyword(identity));
  }

  /** Lets replication identify an old row by a unique index. */
  public void setReplicaIdentityIndex(Name table, Name index) {
    execute("alter table {0} replica identity using index {1}", table, index.unqualifiedName());
  }

  /** Gathers the planner's statistics of one column, and the number of rows. */
  public void analyze(Name table, String column) {
    execute("analyze {0} ({1})", table, name(column));
  }

  /**
   * Waits until nobody reads or writes a table, and keeps them off until the end of the
   * transaction.
   */
  public void lockExclusively(Name table) {
    execute("lock table only {0} in access exclusive mode", table);
  }

  /** Waits until nobody maintains or alters a table; readers and writers are not disturbed. */
  public void lockAgainstMaintenance(Name table) {
    execute("lock table only {0} in share update exclusive mode", table);
  }

  /** Waits until nobody alters a table, as every reader does. */
  public void lockAgainstAlteration(Name table) {
    execute("lock table only {0} in access share mode", table);
  }

  /** Attaches a table as the partition of a month. */
  public void attach(Partition partition, Name table) {
    attachment(partition, table).execute();
  }

  private Query attachment(Partition partition, Name table) {
    return tx.query(
        "alter table {0} attach partition {1} for values from ({2}) to ({3})",
        partition.parent().table().getQualifiedName(),
        table,
        inline(partition.from()),
        inline(partition.to()));
  }

  /**
   * Creates the empty partitions of months in place. Takes an exclusive lock on the parent until
   * the transaction ends, so it is for a parent that this transaction has created.
   *
   * @param partitions months of one or several tables, none of which has a partition yet
   */
  public void createPartitions(List<Partition> partitions) {
    tx.batch(
            partitions.stream()
                .map(
                    partition ->
                        tx.query(
                            "create table {0} partition of {1} for values from ({2}) to ({3})",
                            partition.table(),
                            partition.parent().table(),
                            inline(partition.from()),
                            inline(partition.to())))
                .toList())
        .execute();
  }

  /**
   * Creates the empty partitions of months apart and attaches them. Readers and writers of the
   * parent are not disturbed.
   *
   * @param partitions months of one or several tables, none of which has a partition yet
   */
  public void createAndAttach(List<Partition> partitions) {
    List<Query> statements = new ArrayList<>();
    for (Partition partition : partitions) {
      statements.add(
          tx.query(
              "create table {0} (like {1} including all)",
              partition.table(), partition.parent().table()));
      statements.add(attachment(partition, partition.table().getQualifiedName()));
    }
    tx.batch(statements).execute();
  }

  /** Drops a table, unless something depends on it; a partition's parent must be locked before. */
  public void drop(Name table) {
    execute("drop table {0}", table);
  }

  /** Drops a table if there is one. */
  public void dropIfExists(Name table) {
    execute("drop table if exists {0}", table);
  }

  /** Renames a table within its schema. */
  public void rename(Name table, String newName) {
    execute("alter table {0} rename to {1}", table, name(newName));
  }

  /** Renames an index, and the constraint that it belongs to, within its schema. */
  public void renameIndex(Name index, String newName) {
    execute("alter index {0} rename to {1}", index, name(newName));
  }

  private void execute(String template, QueryPart... parts) {
    tx.query(template, parts).execute();
  }
}
