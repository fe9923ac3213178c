package io.bqx.core.rewrite;

import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.table;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.DurableCommit;
import io.bqx.core.catalog.Partition;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionDdl;
import io.bqx.core.catalog.PartitionInfo;
import io.bqx.core.catalog.PartitionedTable;
import io.bqx.core.catalog.TableColumn;
import io.bqx.core.copy.CopyReader;
import io.bqx.core.copy.CopyWriter;
import io.bqx.features.FeatureColumn;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Name;
import org.jooq.Query;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;
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
  private static final LocalDateTime POSTGRES_EPOCH = LocalDateTime.of(2000, 1, 1, 0, 0);

  /** Of the first field's bytes in a row: after the field count and the field's length. */
  private static final int TIME_OFFSET = 6;

  private final String schema;
  private final SwapPolicy policy;
  private final Transactions transactions;
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
    this.policy = Objects.requireNonNull(policy, "policy");
    this.transactions = new Transactions(dataSource, policy.lockTimeout());
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
      return transactions.commit(
          (connection, tx) -> {
            long budget = policy.longestWait().toMillis();
            Transactions.set(
                tx, "lock_timeout", Long.toString(Math.min(budget, Integer.MAX_VALUE)));
            return new Staging(connection, tx, partition, claimToken).write(rows);
          });
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
   * Hands rows to the COPY and keeps a sample of them, and the failure if the connection breaks.
   */
  private static final class Sink implements RowSink {

    private final CopyWriter writer;
    private final RowSample sample;
    private SQLException broken;

    Sink(CopyWriter writer, RowSample sample) {
      this.writer = writer;
      this.sample = sample;
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws SQLException {
      try {
        writer.write(buffer, offset, length);
      } catch (SQLException e) {
        broken = e;
        throw e;
      }
      sample.see(buffer, offset, length);
    }
  }

  /** The first transaction: everything that takes long. */
  private static final class Staging {

    private final Connection connection;
    private final DSLContext tx;
    private final PartitionDdl ddl;
    private final PartitionCatalog catalog;
    private final Partition partition;
    private final PartitionedTable parent;
    private final UUID claimToken;
    private final StagingName names;
    private final Name table;

    Staging(Connection connection, DSLContext tx, Partition partition, UUID claimToken) {
      this.connection = connection;
      this.tx = tx;
      this.ddl = new PartitionDdl(tx);
      this.partition = partition;
      this.parent = partition.parent();
      this.catalog = new PartitionCatalog(tx, parent.schema());
      this.claimToken = claimToken;
      this.names = StagingName.of(claimToken, partition.name());
      this.table = name(parent.schema(), names.table());
    }

    StagedPartition write(PartitionRows rows) throws SQLException {
      long parentOid =
          catalog
              .oidOf(parent)
              .orElseThrow(
                  () ->
                      new BqxException(
                          String.format(
                              Locale.ROOT,
                              "Cannot write the new %s: the table does not exist. Create it with ParentSchema first",
                              partition)));
      List<TableColumn> columns = catalog.columnsOf(parent).orElseThrow();
      new SchemaComparison(parent, columns).requireEqual(rows.columns());
      Optional<PartitionInfo> old = oldPartition();
      String time = parent.family().timeColumn();
      TableTraits parentTraits = traitsOf(parentOid, time);
      TableTraits traits = old.map(o -> traitsOf(o.oid(), time)).orElseGet(parentTraits::inherited);
      requireTransferable(old, traits);
      String finalName = old.map(PartitionInfo::name).orElse(partition.name());

      ddl.dropIfExists(table);
      Transactions.set(tx, "default_tablespace", traits.tablespace());
      ddl.createStaging(
          table, partition, columns, name(names.check()), traits.unlogged(), traits.options());
      parentTraits.checks().forEach((check, definition) -> ddl.addCheck(table, check, definition));
      RowSample sample = new RowSample();
      long stored = copy(rows, sample);
      List<StagedPartition.StagedIndex> indexes =
          createIndexes(parentTraits.indexes(), traits.indexes(), finalName);
      takeOver(traits);
      // A few hundred rows tell how even a month's times are; autovacuum looks closer later.
      Transactions.set(tx, "default_statistics_target", "10");
      ddl.analyze(table, time);
      compare(sample, rows.columns());
      long oid = oidOf(names.table());
      setOwnerAndGrants(oid, traits);
      StagedPartition.Replaced replaced =
          old.map(o -> new StagedPartition.Replaced(o.oid(), name(o.schema(), o.name()), traits))
              .orElse(null);
      return new StagedPartition(
          partition, claimToken, names, oid, stored, replaced, finalName, indexes);
    }

    private TableTraits traitsOf(long relation, String time) {
      return TableTraits.read(tx, relation, time)
          .orElseThrow(
              () ->
                  new BqxException(
                      String.format(
                          Locale.ROOT,
                          "Cannot write the new %s: somebody else has just replaced or dropped the table or the partition. Run again",
                          partition)));
    }

    private Optional<PartitionInfo> oldPartition() {
      List<PartitionInfo> overlapping =
          catalog.partitionsOf(parent).stream()
              .filter(p -> p.from().isBefore(partition.to()) && p.to().isAfter(partition.from()))
              .toList();
      for (PartitionInfo other : overlapping) {
        if (!other.from().equals(partition.from()) || !other.to().equals(partition.to())) {
          throw new BqxException(
              String.format(
                  Locale.ROOT,
                  "Cannot write the new %s: the partition %s from %s to %s overlaps it. Split or merge it into calendar months",
                  partition,
                  other.name(),
                  other.from(),
                  other.to()));
        }
      }
      Optional<PartitionInfo> old = overlapping.stream().findFirst();
      if (old.isEmpty() && relation(partition.name()).isPresent()) {
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "Cannot write the new %s: %s exists and is not a partition of %s. Rename, attach or drop it",
                partition,
                partition.name(),
                parent));
      }
      if (old.isPresent() && !old.get().schema().equals(parent.schema())) {
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "Cannot write the new %s: its partition %s is in the schema %s. Move it to %s",
                partition,
                old.get().name(),
                old.get().schema(),
                parent.schema()));
      }
      return old;
    }

    private void requireTransferable(Optional<PartitionInfo> old, TableTraits traits) {
      if (old.isPresent() && !traits.untransferable().isEmpty()) {
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "Cannot replace %s: its partition %s has %s, which a fresh table cannot take over. Remove it, or move it to the parent",
                partition,
                old.get().name(),
                String.join(" and ", traits.untransferable())));
      }
    }

    private long copy(PartitionRows rows, RowSample sample) throws SQLException {
      List<Field<?>> columns = rows.columns().stream().<Field<?>>map(parent::field).toList();
      try (CopyWriter writer = CopyWriter.open(connection, table(table), columns, true)) {
        Sink sink = new Sink(writer, sample);
        long reported;
        try {
          reported = rows.writeTo(sink);
        } catch (SQLException | RuntimeException e) {
          throw serversWord(e, sink, writer);
        }
        if (sink.broken != null) {
          throw sink.broken;
        }
        long stored = writer.finish();
        if (stored != reported) {
          throw new BqxException(
              String.format(
                  Locale.ROOT,
                  "Cannot write the new %s: %d rows were written and the server counted %d. Report this",
                  partition,
                  reported,
                  stored));
        }
        return stored;
      }
    }

    /**
     * The database's failure, where there is one: it is the reason, whatever the writer made of it.
     * The driver does not look at what the server says until the COPY is ended, which is therefore
     * done here too.
     */
    private SQLException serversWord(Exception writersFailure, Sink sink, CopyWriter writer)
        throws SQLException {
      SQLException servers = sink.broken;
      if (servers == null) {
        try {
          writer.finish();
        } catch (SQLException e) {
          servers = e;
        }
        connection.abort(Runnable::run);
      }
      if (servers == null && writersFailure instanceof RuntimeException e) {
        throw e;
      }
      if (servers == null) {
        throw (SQLException) writersFailure;
      }
      Throwable root = writersFailure;
      while (root != servers && root.getCause() != null) {
        root = root.getCause();
      }
      if (root != servers) {
        servers.addSuppressed(writersFailure);
      }
      throw servers;
    }

    private List<StagedPartition.StagedIndex> createIndexes(
        List<TableTraits.Index> ofParent, List<TableTraits.Index> ofOld, String finalName) {
      Map<Long, TableTraits.Index> children =
          ofOld.stream()
              .filter(i -> i.parent() != 0)
              .collect(Collectors.toMap(TableTraits.Index::parent, i -> i));
      List<StagedPartition.StagedIndex> staged = new ArrayList<>();
      boolean uniqueOverTime = false;
      for (TableTraits.Index index : ofParent) {
        TableTraits.Index child = children.get(index.oid());
        if (child != null) {
          staged.add(create(child, child.name(), staged.size()));
        } else {
          staged.add(create(index, childName(index.name(), finalName), staged.size()));
        }
        uniqueOverTime |= index.uniqueOverTime();
      }
      for (TableTraits.Index index : ofOld) {
        if (index.parent() == 0) {
          staged.add(create(index, index.name(), staged.size()));
          uniqueOverTime |= index.uniqueOverTime();
        }
      }
      if (!uniqueOverTime) {
        String time = parent.family().timeColumn();
        String index = names.index(staged.size());
        Transactions.set(tx, "default_tablespace", "");
        ddl.createIndex(
            qualified(index), table, true, "USING btree (" + tx.render(name(time)) + ")");
        staged.add(new StagedPartition.StagedIndex(index, finalName + "_" + time + "_idx"));
      }
      return staged;
    }

    private StagedPartition.StagedIndex create(
        TableTraits.Index index, String finalName, int number) {
      String stagingName = names.index(number);
      Transactions.set(tx, "default_tablespace", index.tablespace());
      ddl.createIndex(qualified(stagingName), table, index.unique(), index.definition());
      if (!index.key().isEmpty()) {
        ddl.addKey(table, qualified(stagingName), index.key().equals("p"));
      }
      if (!index.comment().isEmpty()) {
        ddl.commentOnIndex(qualified(stagingName), index.comment());
      }
      if (index.replicaIdentity()) {
        ddl.setReplicaIdentityIndex(table, qualified(stagingName));
      }
      return new StagedPartition.StagedIndex(stagingName, finalName);
    }

    /** The name that PostgreSQL would choose for the child of {@code reg_bqx_eurusd_ts_utc_idx}. */
    private String childName(String parentIndex, String partitionName) {
      String start = parent.name() + "_";
      String suffix =
          parentIndex.startsWith(start) ? parentIndex.substring(start.length()) : parentIndex;
      return partitionName + "_" + suffix;
    }

    private void takeOver(TableTraits traits) {
      traits.checks().forEach((check, definition) -> ddl.addCheck(table, check, definition));
      if (!traits.comment().isEmpty()) {
        ddl.commentOnTable(table, traits.comment());
      }
      for (TableTraits.Column column : traits.columns()) {
        if (!column.defaultValue().isEmpty()) {
          ddl.setDefault(table, column.name(), column.defaultValue());
        }
        if (column.statisticsTarget() >= 0) {
          ddl.setStatisticsTarget(table, column.name(), column.statisticsTarget());
        }
        column
            .options()
            .forEach((option, value) -> ddl.setColumnOption(table, column.name(), option, value));
        if (!column.comment().isEmpty()) {
          ddl.commentOnColumn(table, column.name(), column.comment());
        }
      }
      switch (traits.replicaIdentity()) {
        case "f" -> ddl.setReplicaIdentity(table, "full");
        case "n" -> ddl.setReplicaIdentity(table, "nothing");
        default -> {}
      }
    }

    private void setOwnerAndGrants(long oid, TableTraits traits) {
      if (!TableTraits.ownerOf(tx, oid).equals(traits.owner())) {
        ddl.setOwner(table, traits.owner());
      }
      Set<TableTraits.Grant> present = TableTraits.grants(tx, oid);
      if (present.equals(traits.grants())) {
        return;
      }
      Set<String> roles = new HashSet<>();
      present.forEach(grant -> roles.add(grant.role()));
      roles.forEach(role -> ddl.revokeAll(table, role));
      for (TableTraits.Grant grant : traits.grants()) {
        ddl.grant(table, grant.privilege(), grant.column(), grant.role(), grant.grantable());
      }
    }

    private void compare(RowSample sample, List<FeatureColumn> columns) throws SQLException {
      NavigableMap<LocalDateTime, byte[]> expected = new TreeMap<>();
      for (byte[] row : sample.rows()) {
        long micros = ByteBuffer.wrap(row).getLong(TIME_OFFSET);
        expected.put(POSTGRES_EPOCH.plus(micros, ChronoUnit.MICROS), row);
      }
      Field<LocalDateTime> time =
          field(name(parent.family().timeColumn()), SQLDataType.LOCALDATETIME);
      List<Field<?>> fields = columns.stream().<Field<?>>map(c -> field(name(c.name()))).toList();
      Query stored =
          tx.select(fields)
              .from(table(table))
              .where(time.in(expected.keySet().stream().map(DSL::inline).toList()))
              .orderBy(time);
      try (CopyReader reader = CopyReader.open(connection, stored)) {
        for (Map.Entry<LocalDateTime, byte[]> row : expected.entrySet()) {
          if (!reader.next() || !Arrays.equals(row.getValue(), currentRow(reader))) {
            throw new BqxException(
                String.format(
                    Locale.ROOT,
                    "Cannot write the new %s: the row of %s reads back differently from how it was written. Report this",
                    partition,
                    row.getKey()));
          }
        }
        if (reader.next()) {
          throw new BqxException(
              String.format(
                  Locale.ROOT,
                  "Cannot write the new %s: a time that is stored once reads back twice. Report this",
                  partition));
        }
      }
    }

    private static byte[] currentRow(CopyReader reader) {
      int end = reader.start(reader.fields());
      return Arrays.copyOfRange(reader.bytes(), end - reader.rowLength(), end);
    }

    private Name qualified(String relation) {
      return name(parent.schema(), relation);
    }

    private long oidOf(String relation) {
      return relation(relation).orElseThrow();
    }

    private Optional<Long> relation(String relation) {
      return PartitionRewriter.relation(tx, parent.schema(), relation);
    }
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
                return new Swapping(tx, staged).swap();
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

  /** The second transaction: everything that needs the locks. */
  private static final class Swapping {

    private final PartitionDdl ddl;
    private final DSLContext tx;
    private final StagedPartition staged;
    private final Partition partition;
    private final PartitionedTable parent;

    Swapping(DSLContext tx, StagedPartition staged) {
      this.tx = tx;
      this.ddl = new PartitionDdl(tx);
      this.staged = staged;
      this.partition = staged.partition();
      this.parent = partition.parent();
    }

    /** Returns when readers began to be excluded. */
    long swap() {
      Name stagingTable = staged.qualified(staged.stagingName());
      StagedPartition.Replaced old = staged.replaced();
      requireUnchanged(old);
      if (old != null) {
        ddl.lockExclusively(parent.table().getQualifiedName());
      } else {
        ddl.lockAgainstMaintenance(parent.table().getQualifiedName());
      }
      long held = System.nanoTime();
      if (old != null) {
        ddl.lockExclusively(old.table());
        // Somebody may have replaced it while the locks were waited for.
        if (!relation(tx, parent.schema(), staged.finalName()).equals(Optional.of(old.oid()))) {
          throw changed();
        }
      }
      ddl.lockExclusively(stagingTable);
      if (old != null) {
        // To detach it first would change each of its columns in the catalogue, while readers wait.
        ddl.drop(old.table());
      }
      Name table = staged.qualified(staged.finalName());
      ddl.rename(stagingTable, staged.finalName());
      for (StagedPartition.StagedIndex index : staged.indexes()) {
        ddl.renameIndex(staged.qualified(index.name()), index.finalName());
      }
      ddl.attach(partition, table);
      ddl.dropConstraint(table, name(staged.names().check()));
      return held;
    }

    private void requireUnchanged(StagedPartition.Replaced old) {
      long oid =
          new PartitionCatalog(tx, parent.schema())
              .partition(partition)
              .map(PartitionInfo::oid)
              .orElse(0L);
      boolean unchanged =
          old == null
              ? oid == 0
              : oid == old.oid()
                  && TableTraits.read(tx, oid, parent.family().timeColumn())
                      .equals(Optional.of(old.traits()));
      if (!unchanged) {
        throw changed();
      }
    }

    private BqxException changed() {
      return new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot swap %s: the partition was replaced, attached or altered by somebody else since its successor was staged. It is as they left it; run again",
              partition));
    }
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
          boolean there = relation(tx, schema, stagingTable).isPresent();
          new PartitionDdl(tx).dropIfExists(name(schema, stagingTable));
          return there;
        });
  }

  private List<String> stagingTables() {
    try {
      return transactions.commit(
          (connection, tx) ->
              tx
                  .select(field(name("c", "relname"), SQLDataType.VARCHAR))
                  .from(table(name("pg_catalog", "pg_class")).as("c"))
                  .join(table(name("pg_catalog", "pg_namespace")).as("n"))
                  .on(field(name("n", "oid")).eq(field(name("c", "relnamespace"))))
                  .where(
                      field(name("n", "nspname"), SQLDataType.VARCHAR).eq(schema),
                      field(name("c", "relkind"), SQLDataType.VARCHAR).eq(inline("r")),
                      field(name("c", "relispartition"), SQLDataType.BOOLEAN).isFalse(),
                      field(name("c", "relname"), SQLDataType.VARCHAR)
                          .startsWith(StagingName.PREFIX))
                  .orderBy(field(name("c", "relname")))
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

  /** The number of the relation of a name, if there is one. */
  static Optional<Long> relation(DSLContext tx, String schema, String relation) {
    return tx.select(field(name("c", "oid"), SQLDataType.BIGINT))
        .from(table(name("pg_catalog", "pg_class")).as("c"))
        .join(table(name("pg_catalog", "pg_namespace")).as("n"))
        .on(field(name("n", "oid")).eq(field(name("c", "relnamespace"))))
        .where(
            field(name("n", "nspname"), SQLDataType.VARCHAR).eq(schema),
            field(name("c", "relname"), SQLDataType.VARCHAR).eq(relation))
        .fetchOptional(row -> row.value1());
  }
}
