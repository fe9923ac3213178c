package io.bqx.core.rewrite;

import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.name;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.DurableCommit;
import io.bqx.core.catalog.Partition;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionDdl;
import io.bqx.core.catalog.PartitionInfo;
import io.bqx.core.catalog.PartitionedTable;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces the content of one month of a table at once: {@link #stage} writes a fresh table beside
 * it, {@link #swap} puts that in its place. A month that has no partition yet gets one the same
 * way.
 *
 * <p><b>What readers see.</b> The rows are loaded with {@code COPY FREEZE} into a table that was
 * created in the same transaction. Frozen rows are visible to every snapshot, so that a reader
 * whose REPEATABLE READ snapshot is older than the rewrite sees the new partition full, never
 * empty; and since the swap excludes readers for the moment in which it happens, a statement sees
 * the old partition or the new one, never none and never both. A transaction of several statements
 * may see the old one first and then the new one.
 *
 * <p><b>What a crash leaves.</b> The old partition, unchanged; and, between the two steps, a plain
 * table whose name carries the token of its claim, which {@link #removeLeftovers} recognises.
 *
 * <p>Safe for use by several threads. Each call takes its connections from the data source and
 * gives them back before it returns or pauses; a connection whose COPY failed is aborted. Errors of
 * the database are {@link BqxException}s whose causes tell the SQLSTATE.
 */
public final class PartitionRewriter {

  private static final Logger LOG = LoggerFactory.getLogger(PartitionRewriter.class);

  private final String schema;
  private final Transactions transactions;
  private final Transactions patient;
  private final LockedTransactions locked;

  /**
   * A rewriter of the tables of one schema.
   *
   * @param dataSource PostgreSQL 14 or newer, by pgjdbc, without a {@code socketTimeout}
   * @param schema the schema's name, unquoted
   * @param policy how long to wait for locks
   */
  public PartitionRewriter(DataSource dataSource, String schema, SwapPolicy policy) {
    this(dataSource, schema, policy, wait -> {});
  }

  /**
   * A rewriter of the tables of one schema.
   *
   * @param dataSource PostgreSQL 14 or newer, by pgjdbc, without a {@code socketTimeout}
   * @param schema the schema's name, unquoted
   * @param policy how long to wait for locks
   * @param onWait hears of each try in vain to get a lock, on the thread that tries
   */
  public PartitionRewriter(
      DataSource dataSource, String schema, SwapPolicy policy, Consumer<LockWait> onWait) {
    Objects.requireNonNull(dataSource, "dataSource");
    this.schema = Objects.requireNonNull(schema, "schema");
    Objects.requireNonNull(policy, "policy");
    this.transactions = new Transactions(dataSource, policy.lockTimeout());
    this.patient = new Transactions(dataSource, policy.longestWait());
    this.locked = new LockedTransactions(dataSource, policy, onWait);
  }

  /**
   * Writes the new content of a month into a fresh table beside the old partition, which stays as
   * it is.
   *
   * <p>The fresh table takes over from the old partition, or for a new month from the parent:
   * owner, privileges, tablespace, defaults, statistics targets and options of columns; from an old
   * partition also its storage parameters, descriptions, replica identity, further checks and
   * further indexes. It has the parent's indexes, and a unique index on the time even if the parent
   * has none. The parent is not locked while rows are written. Before it is committed, the server's
   * row count is compared with the writer's, and a sample of rows is read back and compared byte by
   * byte.
   *
   * @param claimToken the token of the caller's claim, unique to it
   * @throws io.bqx.core.retry.RetriesExhaustedException if somebody alters the table or the old
   *     partition for longer than the policy waits; the message says who
   * @throws BqxException if there is no such parent, the columns are not exactly the parent's,
   *     other partitions overlap the month, the old partition has something that cannot be taken
   *     over (a trigger, a dependent view, ..), a row is outside the month or has a time twice, or
   *     the database fails. Nothing is left behind
   */
  public StagedPartition stage(Partition partition, UUID claimToken, PartitionRows rows) {
    requireOwnSchema(partition.parent());
    Objects.requireNonNull(claimToken, "claimToken");
    Objects.requireNonNull(rows, "rows");
    try {
      awaitReadable(partition);
      return patient.commit(
          (connection, tx) ->
              new PartitionStaging(connection, tx, partition, claimToken).write(rows));
    } catch (SQLException | DataAccessException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot write the new %s: %s. The old partition, if any, is unchanged%s",
              partition,
              SqlState.messageOf(e),
              SqlState.of(e).equals(SqlState.DISK_FULL)
                  ? ". Make room on the server's disk, then run again"
                  : ""),
          e);
    }
  }

  /** Waits until nobody alters the table or the old partition, whose rows will be read. */
  private void awaitReadable(Partition partition) throws SQLException {
    locked.commit(
        new LockedTransactions.Attempt(
            "read", partition.toString(), "The old partition, if any, is unchanged"),
        tx ->
            LockHolder.of(
                tx,
                Stream.of(
                        new PartitionCatalog(tx, schema).oidOf(partition.parent()),
                        oldPartition(tx, partition).map(PartitionInfo::oid))
                    .flatMap(Optional::stream)
                    .toList()),
        (connection, tx) -> {
          PartitionDdl ddl = new PartitionDdl(tx);
          if (new PartitionCatalog(tx, schema).oidOf(partition.parent()).isPresent()) {
            ddl.lockAgainstAlteration(partition.parent().table().getQualifiedName());
          }
          oldPartition(tx, partition)
              .ifPresent(old -> ddl.lockAgainstAlteration(name(old.schema(), old.name())));
          return partition;
        });
  }

  private Optional<PartitionInfo> oldPartition(DSLContext tx, Partition partition) {
    return new PartitionCatalog(tx, schema).partition(partition);
  }

  /**
   * Puts a staged partition in its place: in one short transaction, does the caller's own work,
   * excludes readers of the table, drops the old partition and attaches the new one under its name.
   *
   * <p>A month that had no partition is attached without disturbing readers. Locks are taken in a
   * fixed order: parent, old partition, staged table. If they are not to be had in time the
   * transaction is rolled back and, after a pause, tried again, including the caller's work.
   *
   * @param inTransaction is called first in each try's transaction: fencing, rows of a ledger. If
   *     it throws, nothing is swapped and the exception is passed on
   * @throws io.bqx.core.retry.RetriesExhaustedException if the locks are not to be had in all
   *     tries: the message says how often and how long was tried, and which process holds them
   * @throws BqxException if the old partition was altered or replaced since it was staged; or if
   *     the database fails. Unless the connection broke during the commit, the old partition is
   *     unchanged and the staged one still there
   */
  public SwapReport swap(StagedPartition staged, Consumer<DSLContext> inTransaction) {
    requireOwnSchema(staged.partition().parent());
    Objects.requireNonNull(inTransaction, "inTransaction");
    LockedTransactions.Attempt attempt =
        new LockedTransactions.Attempt(
            "swap", staged.partition().toString(), "The old partition is unchanged");
    long start = System.nanoTime();
    try {
      LockedTransactions.Outcome<Long> outcome =
          locked.commit(
              attempt,
              tx -> LockHolder.of(tx, locksOf(tx, staged)),
              (connection, tx) -> {
                tx.select(DurableCommit.required()).fetch();
                inTransaction.accept(tx);
                return new PartitionSwap(tx, staged).swap();
              });
      long end = System.nanoTime();
      return new SwapReport(
          Duration.ofNanos(outcome.result() - start),
          Duration.ofNanos(end - outcome.result()),
          outcome.tries());
    } catch (SQLException | DataAccessException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot swap %s: %s. The old partition, if any, is unchanged unless the connection broke during the commit",
              staged.partition(),
              SqlState.messageOf(e)),
          e);
    }
  }

  private List<Long> locksOf(DSLContext tx, StagedPartition staged) {
    return Stream.of(
            new PartitionCatalog(tx, schema).oidOf(staged.partition().parent()),
            staged.replacedOid().isPresent()
                ? Optional.of(staged.replacedOid().getAsLong())
                : Optional.<Long>empty(),
            Optional.of(staged.oid()))
        .flatMap(Optional::stream)
        .toList();
  }

  /**
   * Drops a staged partition that will not be swapped; does nothing if it is gone or was swapped.
   *
   * @throws BqxException if somebody holds a lock on it for longer than the policy waits, or the
   *     database fails
   */
  public void discard(StagedPartition staged) {
    requireOwnSchema(staged.partition().parent());
    try {
      drop(staged.stagingName());
    } catch (SQLException | DataAccessException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot drop the staging table %s: %s",
              staged.stagingName(),
              SqlState.messageOf(e)),
          e);
    }
  }

  /**
   * Drops the staging tables that no living claim accounts for: what was left behind by processes
   * that died between the two steps.
   *
   * @param liveTokens the tokens of all claims that may still be at work, asked for after the
   *     tables were listed: a table that is not in that list was made later and is not looked at,
   *     so that no claim made meanwhile loses its table
   * @return the names of the dropped tables; one that another process dropped first is not among
   *     them, nor one that somebody uses at the moment
   * @throws BqxException if the database fails
   */
  public List<String> removeLeftovers(Supplier<Set<UUID>> liveTokens) {
    List<String> candidates = stagingTables();
    if (candidates.isEmpty()) {
      return List.of();
    }
    Set<String> live =
        liveTokens.get().stream().map(StagingName::digitsOf).collect(Collectors.toSet());
    List<String> removed = new ArrayList<>();
    for (String table : candidates) {
      if (!live.contains(StagingName.digitsIn(table).orElseThrow()) && removed(table)) {
        removed.add(table);
      }
    }
    return List.copyOf(removed);
  }

  private boolean removed(String table) {
    try {
      return drop(table);
    } catch (SQLException | DataAccessException e) {
      if (SqlState.isLostLock(e)) {
        LOG.info("A leftover staging table is in use and stays [table={}]", table);
        return false;
      }
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot drop the leftover staging table %s: %s",
              table,
              SqlState.messageOf(e)),
          e);
    }
  }

  /** Whether there was such a table, which is now dropped. */
  private boolean drop(String stagingTable) throws SQLException {
    return transactions.commit(
        (connection, tx) -> {
          boolean there = SystemCatalog.relation(tx, schema, stagingTable).isPresent();
          new PartitionDdl(tx).dropIfExists(name(schema, stagingTable));
          return there;
        });
  }

  private List<String> stagingTables() {
    try {
      return transactions.commit(
          (connection, tx) ->
              tx
                  .select(SystemCatalog.text("c", "relname"))
                  .from(SystemCatalog.catalog("pg_class", "c"))
                  .join(SystemCatalog.catalog("pg_namespace", "n"))
                  .on(SystemCatalog.oid("n", "oid").eq(SystemCatalog.oid("c", "relnamespace")))
                  .where(
                      SystemCatalog.text("n", "nspname").eq(schema),
                      SystemCatalog.text("c", "relkind").eq(inline("r")),
                      SystemCatalog.bool("c", "relispartition").isFalse(),
                      SystemCatalog.text("c", "relname").startsWith(StagingName.PREFIX))
                  .orderBy(SystemCatalog.text("c", "relname"))
                  .fetch()
                  .getValues(0, String.class)
                  .stream()
                  .filter(table -> StagingName.digitsIn(table).isPresent())
                  .toList());
    } catch (SQLException | DataAccessException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot list the staging tables of the schema '%s': %s",
              schema,
              SqlState.messageOf(e)),
          e);
    }
  }

  private void requireOwnSchema(PartitionedTable table) {
    if (!table.schema().equals(schema)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "%s is not in the schema '%s' of this rewriter", table, schema));
    }
  }
}
