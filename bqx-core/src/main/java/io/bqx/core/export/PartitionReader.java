package io.bqx.core.export;

import io.bqx.core.BqxException;
import io.bqx.core.copy.CopyReader;
import io.bqx.core.rewrite.LockWait;
import io.bqx.core.rewrite.TableReads;
import io.bqx.core.watch.Activity;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureType;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Reads the features of one pair's month, in transactions that no swap can come between. */
final class PartitionReader {

  private final PartitionSource source;
  private final Activity activity;
  private final TableReads reads;

  PartitionReader(
      ExportSettings settings,
      PartitionSource source,
      Activity activity,
      Consumer<LockWait> onLockWait) {
    this.source = source;
    this.activity = activity;
    this.reads = new TableReads(activity.dataSource(), settings.lockPolicy(), onLockWait);
  }

  /** What there is, without its rows. */
  PartitionState state() throws SQLException {
    return reads.of(source.table(), (connection, tx) -> source.state(tx, activity.dataSource()));
  }

  /**
   * Reads all rows.
   *
   * @param expected what there was just now
   * @param rows takes each block of rows when it is full, and gives the next one
   * @return the checks that all rows went through, and what there is
   * @throws BqxException if there are other columns now
   */
  Rows read(PartitionState expected, Blocks rows) throws SQLException {
    return reads.of(
        source.table(),
        (connection, tx) -> {
          PartitionState state = source.state(tx, activity.dataSource());
          if (!state.columns().equals(expected.columns())) {
            throw new BqxException(
                "its columns have been changed in the meantime; export it again");
          }
          return new Rows(state, copy(connection, state, rows));
        });
  }

  /** What was read: what there is, and the checks of its rows. */
  record Rows(PartitionState state, RowChecks checks) {}

  /** Where rows go. */
  interface Blocks {

    /** A block to fill. */
    RowBlock next();

    /** A block is full, or holds the last rows. */
    void done(RowBlock block);
  }

  private RowChecks copy(Connection connection, PartitionState state, Blocks rows)
      throws SQLException {
    RowChecks checks = new RowChecks(state);
    FeatureType[] types =
        state.columns().stream().map(FeatureColumn::type).toArray(FeatureType[]::new);
    try (CopyReader reader = CopyReader.open(connection, source.rows(state.columns()))) {
      RowBlock block = rows.next();
      while (reader.next()) {
        checks.add(reader.epochMicros(0), reader.bytes(), reader::start);
        block.add(reader, state.columns(), types);
        if (block.isFull()) {
          rows.done(block);
          block = rows.next();
        }
      }
      rows.done(block);
    }
    return checks;
  }

  /**
   * Reads the rows of some times.
   *
   * @return the bytes of each that is there, its field count included, by its time in microseconds
   */
  TreeMap<Long, byte[]> readAt(List<FeatureColumn> columns, List<Long> times) throws SQLException {
    return reads.of(
        source.table(),
        (connection, tx) -> {
          source.state(tx, activity.dataSource());
          TreeMap<Long, byte[]> found = new TreeMap<>();
          try (CopyReader reader =
              CopyReader.open(
                  connection,
                  source.rowsAt(
                      columns, times.stream().map(PartitionReader::timestamp).toList()))) {
            while (reader.next()) {
              byte[] row = new byte[reader.rowLength()];
              System.arraycopy(reader.bytes(), reader.start(0) - 2, row, 0, row.length);
              found.put(reader.epochMicros(0), row);
            }
          }
          return found;
        });
  }

  private static LocalDateTime timestamp(long epochMicros) {
    return LocalDateTime.ofEpochSecond(0, 0, ZoneOffset.UTC).plus(epochMicros, ChronoUnit.MICROS);
  }
}
