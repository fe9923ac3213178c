package io.bqx.core.catalog;

import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.YearMonth;
import java.util.Optional;
import org.jooq.Table;
import org.jooq.impl.DSL;

/**
 * A partition that exists and is attached to its parent.
 *
 * @param parent the partitioned table
 * @param schema the partition's own schema, usually the parent's
 * @param name the name that the partition has, whatever it is
 * @param oid the number by which PostgreSQL knows it; another one after each rewrite
 * @param from the lower bound, which is in the partition; {@link LocalDateTime#MIN} if it has none
 * @param to the upper bound, which is not in the partition; {@link LocalDateTime#MAX} if it has
 *     none
 * @param estimatedRows the rows that PostgreSQL's statistics tell; -1 if it has not counted yet
 * @param totalBytes bytes on disk, with indexes, when PostgreSQL last counted them: at the latest
 *     when bqx wrote the partition
 */
public record PartitionInfo(
    PartitionedTable parent,
    String schema,
    String name,
    long oid,
    LocalDateTime from,
    LocalDateTime to,
    long estimatedRows,
    long totalBytes) {

  /** The table of that name, qualified by its schema. */
  public Table<?> table() {
    return DSL.table(DSL.name(schema, name));
  }

  /** The month, if the bounds are exactly one calendar month. */
  public Optional<YearMonth> month() {
    if (from.equals(LocalDateTime.MIN) || to.equals(LocalDateTime.MAX)) {
      return Optional.empty();
    }
    boolean oneMonth =
        from.getDayOfMonth() == 1
            && from.toLocalTime().equals(LocalTime.MIDNIGHT)
            && to.equals(from.plusMonths(1));
    return oneMonth ? Optional.of(YearMonth.from(from)) : Optional.empty();
  }
}
