package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.Partition;
import io.bqx.core.copy.CopyReader;
import io.bqx.core.copy.RowEncoder;
import io.bqx.core.rewrite.PartitionRows;
import io.bqx.core.rewrite.RowSink;
import io.bqx.core.rewrite.TableReads;
import io.bqx.features.FeatureColumn;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jooq.Field;
import org.jooq.Query;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;

/**
 * The rows of one partition as they will be: the segments of all its stages side by side, computed,
 * kept or missing.
 *
 * <p>The rows are those of the given times, or those of the old partition if no times are given.
 */
final class TableRows implements PartitionRows {

  private static final int BLOCK = 1 << 19;

  private final TableReads reads;
  private final Partition partition;
  private final List<FeatureColumn> columns;
  private final List<Segment> segments;
  private final List<FeatureColumn> keptColumns;
  private final long[] times;
  private long bytes;
  private long rows;

  /**
   * Rows of the given segments.
   *
   * @param keptColumns the columns that kept segments refer to by position; the time, at position
   *     0, is not among them
   * @param times the times of the rows, or null for those of the old partition
   */
  TableRows(
      TableReads reads,
      Partition partition,
      List<FeatureColumn> columns,
      List<Segment> segments,
      List<FeatureColumn> keptColumns,
      long[] times) {
    this.reads = reads;
    this.partition = partition;
    this.columns = List.copyOf(columns);
    this.segments = List.copyOf(segments);
    this.keptColumns = List.copyOf(keptColumns);
    this.times = times;
  }

  @Override
  public List<FeatureColumn> columns() {
    return columns;
  }

  List<Segment> segments() {
    return segments;
  }

  /** Whether what was computed again instead of read has come out as it was. */
  boolean isAsRecorded() {
    return segments.stream()
        .allMatch(s -> !(s instanceof Segment.Restored restored) || restored.isAsRecorded());
  }

  long rows() {
    return rows;
  }

  long bytes() {
    return bytes;
  }

  @Override
  public long writeTo(RowSink sink) throws SQLException {
    RowEncoder block = new RowEncoder(BLOCK + (1 << 16));
    if (times != null && keptColumns.isEmpty()) {
      for (long time : times) {
        write(time, null, block, sink);
      }
    } else {
      writeBesideOldRows(block, sink);
    }
    flush(block, sink);
    return rows;
  }

  private void writeBesideOldRows(RowEncoder block, RowSink sink) throws SQLException {
    reads.once((connection, tx) -> writeBesideOldRows(connection, block, sink));
  }

  private Void writeBesideOldRows(Connection connection, RowEncoder block, RowSink sink)
      throws SQLException {
    try (CopyReader old = CopyReader.open(connection, oldRows())) {
      if (times == null) {
        while (old.next()) {
          write(old.epochMicros(0), old, block, sink);
        }
      } else {
        merge(old, block, sink);
      }
    }
    return null;
  }

  private void merge(CopyReader old, RowEncoder block, RowSink sink) throws SQLException {
    boolean more = old.next();
    for (long time : times) {
      while (more && old.epochMicros(0) < time) {
        more = old.next();
      }
      write(time, more && old.epochMicros(0) == time ? old : null, block, sink);
    }
    while (more) {
      more = old.next();
    }
  }

  private Query oldRows() {
    List<Field<?>> fields = new ArrayList<>();
    fields.add(partition.parent().time());
    keptColumns.forEach(column -> fields.add(partition.parent().field(column)));
    return DSL.using(SQLDialect.POSTGRES)
        .select(fields)
        .from(partition.parent().table())
        .where(partition.parent().time().ge(partition.from()))
        .and(partition.parent().time().lt(partition.to()))
        .orderBy(partition.parent().time());
  }

  private void write(long time, CopyReader old, RowEncoder block, RowSink sink)
      throws SQLException {
    block.beginRow(columns.size());
    block.timestamp(time);
    for (Segment segment : segments) {
      append(segment, time, old, block);
    }
    rows++;
    if (block.length() >= BLOCK) {
      flush(block, sink);
    }
  }

  private void append(Segment segment, long time, CopyReader old, RowEncoder block) {
    try {
      segment.append(time, old, block);
    } catch (Segment.RowWithoutBarException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot compute stage %s for %s: the stored row at %s has no bar in %s. "
                  + "Import the missing bar, or run stage 2.12 again for this month",
              segment.stage().id(),
              partition.name(),
              Instant.EPOCH.plus(e.epochMicros(), ChronoUnit.MICROS),
              "m1_" + partition.parent().scope()),
          e);
    }
  }

  private void flush(RowEncoder block, RowSink sink) throws SQLException {
    sink.write(block.array(), 0, block.length());
    bytes += block.length();
    block.clear();
  }
}
