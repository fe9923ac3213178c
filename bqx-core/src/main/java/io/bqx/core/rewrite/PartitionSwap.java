package io.bqx.core.rewrite;

import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.table;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.Partition;
import io.bqx.core.catalog.PartitionCatalog;
import io.bqx.core.catalog.PartitionDdl;
import io.bqx.core.catalog.PartitionInfo;
import io.bqx.core.catalog.PartitionedTable;
import java.util.Locale;
import java.util.Optional;
import org.jooq.DSLContext;
import org.jooq.Name;

/**
 * The second transaction of a rewrite, which is short and has the table to itself: the old
 * partition goes, the staged table takes its place and its name.
 */
final class PartitionSwap {

  private final PartitionDdl ddl;
  private final DSLContext tx;
  private final StagedPartition staged;
  private final Partition partition;
  private final PartitionedTable parent;

  PartitionSwap(DSLContext tx, StagedPartition staged) {
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
      if (!SystemCatalog.relation(tx, parent.schema(), staged.finalName())
          .equals(Optional.of(old.oid()))) {
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
