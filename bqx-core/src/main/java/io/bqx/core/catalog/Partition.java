package io.bqx.core.catalog;

import io.bqx.features.FeatureColumn;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jooq.Field;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * One calendar month (UTC) of a {@link PartitionedTable}.
 *
 * <p>{@link #name()} is what bqx calls the partitions that it makes. One that was made elsewhere
 * and has these bounds is the same partition and keeps the name that it has: {@link
 * PartitionInfo#name()}.
 *
 * @see PartitionedTable#partition(YearMonth)
 */
public final class Partition {

  private static final DateTimeFormatter SUFFIX =
      DateTimeFormatter.ofPattern("uuuu_MM", Locale.ROOT);

  private final PartitionedTable parent;
  private final YearMonth month;

  Partition(PartitionedTable parent, YearMonth month) {
    this.parent = parent;
    this.month = month;
  }

  /** The partitioned table. */
  public PartitionedTable parent() {
    return parent;
  }

  /** The month. */
  public YearMonth month() {
    return month;
  }

  /** The name without its schema: {@code "reg_bqx_eurusd_2024_07"}. */
  public String name() {
    return parent.name() + "_" + SUFFIX.format(month);
  }

  /** The table of that name, qualified by its schema. */
  public Table<?> table() {
    return DSL.table(DSL.name(parent.schema(), name()));
  }

  /** The partition's time column. */
  public Field<LocalDateTime> time() {
    return DSL.field(
        DSL.name(parent.schema(), name(), parent.family().timeColumn()), SQLDataType.LOCALDATETIME);
  }

  /** A column of the partition. */
  public Field<?> field(FeatureColumn column) {
    return DSL.field(DSL.name(parent.schema(), name(), column.name()), SqlTypes.of(column.type()));
  }

  /** The first instant of the month, which is in the partition. */
  public LocalDateTime from() {
    return month.atDay(1).atStartOfDay();
  }

  /** The first instant of the next month, which is not in the partition. */
  public LocalDateTime to() {
    return month.plusMonths(1).atDay(1).atStartOfDay();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Partition partition
        && parent.equals(partition.parent)
        && month.equals(partition.month);
  }

  @Override
  public int hashCode() {
    return 31 * parent.hashCode() + month.hashCode();
  }

  /** The table and the month, for messages: {@code bqx.reg_bqx_eurusd 2024-07}. */
  @Override
  public String toString() {
    return parent + " " + month;
  }
}
