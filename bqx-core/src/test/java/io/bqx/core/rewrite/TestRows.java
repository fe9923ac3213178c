package io.bqx.core.rewrite;

import io.bqx.core.copy.RowEncoder;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureType;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows one minute apart, whose every double is the same mark, so that a reader can tell which
 * writing it sees.
 */
final class TestRows implements PartitionRows {

  static final FeatureColumn TIME = FeatureColumn.TS_UTC;
  static final FeatureColumn VALUE = column("value", FeatureType.DOUBLE);
  static final FeatureColumn OTHER = column("other", FeatureType.DOUBLE);
  static final FeatureColumn FLAG = column("flag", FeatureType.BOOLEAN);
  static final FeatureColumn SMALL = column("small", FeatureType.SMALLINT);

  private static final int ROWS_PER_BLOCK = 50;

  private final List<FeatureColumn> columns;
  private final LocalDateTime from;
  private final int rows;
  private final double mark;

  private TestRows(List<FeatureColumn> columns, LocalDateTime from, int rows, double mark) {
    this.columns = columns;
    this.from = from;
    this.rows = rows;
    this.mark = mark;
  }

  static FeatureColumn column(String name, FeatureType type) {
    return new FeatureColumn(name, type, "test", "units", 0);
  }

  static TestRows of(List<FeatureColumn> columns, LocalDateTime from, int rows, double mark) {
    return new TestRows(columns, from, rows, mark);
  }

  @Override
  public List<FeatureColumn> columns() {
    return columns;
  }

  @Override
  public long writeTo(RowSink sink) throws SQLException {
    RowEncoder encoder = new RowEncoder(1 << 16);
    for (int row = 0; row < rows; row++) {
      encoder.beginRow(columns.size());
      for (FeatureColumn column : columns) {
        switch (column.type()) {
          case TIMESTAMP ->
              encoder.timestamp(from.plusMinutes(row).toEpochSecond(ZoneOffset.UTC) * 1_000_000L);
          case DOUBLE -> encoder.float8(mark);
          case BOOLEAN -> encoder.bool(row % 2);
          case SMALLINT -> encoder.int2(row % 100);
        }
      }
      if (row % ROWS_PER_BLOCK == ROWS_PER_BLOCK - 1) {
        sink.write(encoder.array(), 0, encoder.length());
        encoder.clear();
      }
    }
    sink.write(encoder.array(), 0, encoder.length());
    return rows;
  }

  static List<FeatureColumn> wide(int doubles) {
    List<FeatureColumn> columns = new ArrayList<>();
    columns.add(TIME);
    for (int c = 0; c < doubles; c++) {
      columns.add(column("c" + c, FeatureType.DOUBLE));
    }
    return columns;
  }
}
