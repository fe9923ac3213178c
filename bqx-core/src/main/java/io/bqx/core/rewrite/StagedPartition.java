package io.bqx.core.rewrite;

import io.bqx.core.catalog.Partition;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.UUID;
import org.jooq.Name;
import org.jooq.Table;
import org.jooq.impl.DSL;

/**
 * A new partition that is complete, checked and committed, but not yet in its place: a plain table
 * that nobody reads.
 *
 * @see PartitionRewriter#stage
 */
public final class StagedPartition {

  /** An index of the staged table and the name that it gets in the swap. */
  record StagedIndex(String name, String finalName) {}

  private final Partition partition;
  private final UUID claimToken;
  private final StagingName names;
  private final long oid;
  private final long rows;
  private final Replaced replaced;
  private final String finalName;
  private final List<StagedIndex> indexes;

  /**
   * The partition that is replaced and what it had when its successor was made; the number 0 for
   * none.
   */
  record Replaced(long oid, Name table, TableTraits traits) {}

  StagedPartition(
      Partition partition,
      UUID claimToken,
      StagingName names,
      long oid,
      long rows,
      Replaced replaced,
      String finalName,
      List<StagedIndex> indexes) {
    this.partition = partition;
    this.claimToken = claimToken;
    this.names = names;
    this.oid = oid;
    this.rows = rows;
    this.replaced = replaced;
    this.finalName = finalName;
    this.indexes = List.copyOf(indexes);
  }

  /** The month of the table whose new content this is. */
  public Partition partition() {
    return partition;
  }

  /** The token of the claim under which it was made. */
  public UUID claimToken() {
    return claimToken;
  }

  /** Its name until the swap, without its schema. */
  public String stagingName() {
    return names.table();
  }

  /** The staged table, qualified by its schema; for checks of its content before the swap. */
  public Table<?> table() {
    return DSL.table(qualified(names.table()));
  }

  /** The rows that the server stored. */
  public long rows() {
    return rows;
  }

  /**
   * The name that it gets in the swap: that of the partition it replaces, else {@link
   * Partition#name()}.
   */
  public String finalName() {
    return finalName;
  }

  /** The partition that it replaces, as PostgreSQL numbers it; empty if the month has none yet. */
  public OptionalLong replacedOid() {
    return replaced == null ? OptionalLong.empty() : OptionalLong.of(replaced.oid());
  }

  long oid() {
    return oid;
  }

  Replaced replaced() {
    return replaced;
  }

  StagingName names() {
    return names;
  }

  List<StagedIndex> indexes() {
    return indexes;
  }

  Name qualified(String name) {
    return DSL.name(partition.parent().schema(), name);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "StagedPartition[%s as %s, %d rows]", partition, names.table(), rows);
  }
}
