package io.bqx.core.catalog;

import io.bqx.features.FeatureType;
import java.util.List;
import java.util.Optional;
import org.jooq.DataType;
import org.jooq.impl.SQLDataType;

/** The SQL types of feature values, and the room they take in a row. */
final class SqlTypes {

  /** The most columns that PostgreSQL allows in a table, dropped ones included. */
  static final int MAX_COLUMNS = 1600;

  /** The widest row that fits a page of 8 kB. */
  static final int MAX_ROW_WIDTH = 8160;

  private static final int ROW_HEADER = 23;
  private static final int ALIGNMENT = 8;

  private SqlTypes() {}

  static DataType<?> of(FeatureType type) {
    return switch (type) {
      case TIMESTAMP -> SQLDataType.LOCALDATETIME;
      case DOUBLE -> SQLDataType.DOUBLE;
      case BOOLEAN -> SQLDataType.BOOLEAN;
      case SMALLINT -> SQLDataType.SMALLINT;
    };
  }

  /** The type's name as {@code format_type} prints it and as it is written in DDL. */
  static String nameOf(FeatureType type) {
    return switch (type) {
      case TIMESTAMP -> "timestamp without time zone";
      case DOUBLE -> "double precision";
      case BOOLEAN -> "boolean";
      case SMALLINT -> "smallint";
    };
  }

  static Optional<FeatureType> typeOf(String sqlName) {
    for (FeatureType type : FeatureType.values()) {
      if (nameOf(type).equals(sqlName)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** Bytes of a row in which every column has a value. */
  static int rowWidth(List<FeatureType> columns) {
    int offset = aligned(ROW_HEADER + (columns.size() + 7) / 8, ALIGNMENT);
    for (FeatureType type : columns) {
      int bytes = bytesOf(type);
      offset = aligned(offset, bytes) + bytes;
    }
    return offset;
  }

  private static int bytesOf(FeatureType type) {
    return switch (type) {
      case TIMESTAMP, DOUBLE -> 8;
      case SMALLINT -> 2;
      case BOOLEAN -> 1;
    };
  }

  private static int aligned(int offset, int alignment) {
    return (offset + alignment - 1) / alignment * alignment;
  }
}
