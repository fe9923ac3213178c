package io.bqx.core.rewrite;

import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.table;

import io.bqx.core.BqxException;
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
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Name;
import org.jooq.Query;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * The first transaction of a rewrite, which takes long and excludes nobody: a fresh table with the
 * new rows and with everything else that the old partition, or the parent, has.
 */
final class PartitionStaging {

  private static final LocalDateTime POSTGRES_EPOCH = LocalDateTime.of(2000, 1, 1, 0, 0);

  /** Of the first field's bytes in a row: after the field count and the field's length. */
  private static final int TIME_OFFSET = 6;

  private final Connection connection;
  private final DSLContext tx;
  private final PartitionDdl ddl;
  private final PartitionCatalog catalog;
  private final Partition partition;
  private final PartitionedTable parent;
  private final UUID claimToken;
  private final StagingName names;
  private final Name table;

  PartitionStaging(Connection connection, DSLContext tx, Partition partition, UUID claimToken) {
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

  /** Makes, fills and checks the table; what is left behind if it throws goes with the rollback. */
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
    TableTraits traits =
        old.map(o -> traitsOf(o.oid(), time))
            .orElseGet(() -> traitsOf(parentOid, time).inherited());
    requireTransferable(old, traits);
    String finalName = old.map(PartitionInfo::name).orElse(partition.name());

    ddl.dropIfExists(table);
    Transactions.set(tx, "default_tablespace", traits.tablespace());
    ddl.createStaging(
        table, partition, columns, name(names.check()), traits.unlogged(), traits.options());
    TableTraits.checks(tx, parentOid)
        .forEach((check, definition) -> ddl.addCheck(table, check, definition));
    RowSample sample = new RowSample();
    long stored = copy(rows, sample);
    List<StagedPartition.StagedIndex> indexes =
        createIndexes(TableTraits.indexes(tx, parentOid, time), traits.indexes(), finalName);
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
      CopySink sink = new CopySink(writer, sample);
      long reported;
      try {
        reported = rows.writeTo(sink);
      } catch (SQLException | RuntimeException e) {
        throw serversWord(e, sink, writer);
      }
      if (sink.failure().isPresent()) {
        throw sink.failure().get();
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
  private SQLException serversWord(Exception writersFailure, CopySink sink, CopyWriter writer)
      throws SQLException {
    SQLException servers = sink.failure().orElse(null);
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
      ddl.createIndex(qualified(index), table, true, "USING btree (" + tx.render(name(time)) + ")");
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
    return SystemCatalog.relation(tx, parent.schema(), relation);
  }
}
