package io.bqx.core.export;

import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;

/**
 * Parquet by Apache's own library, of which this uses the parts that need nothing of Hadoop at run
 * time.
 *
 * <p>{@code ts_utc} is {@code TIMESTAMP(MICROS, UTC)} and required, {@code double precision} is
 * {@code DOUBLE}, {@code boolean} is {@code BOOLEAN} and {@code smallint} is {@code INT(16)}, all
 * of them optional. Pages are compressed by ZSTD and have checksums.
 */
final class ParquetFormat implements ColumnarFormat {

  /** A multiple of the rows of a block, so that groups and pages end where blocks do. */
  private static final int ROWS_OF_A_GROUP = 32 * RowBlock.CAPACITY;

  private static final int ROWS_OF_A_PAGE = 8 * RowBlock.CAPACITY;
  private static final int ZSTD_LEVEL = 3;

  private static final LogicalTypeAnnotation MICROS_UTC =
      LogicalTypeAnnotation.timestampType(true, TimeUnit.MICROS);
  private static final LogicalTypeAnnotation INT16 = LogicalTypeAnnotation.intType(16, true);

  private final DoubleEncoding encoding;

  ParquetFormat(DoubleEncoding encoding) {
    this.encoding = encoding;
  }

  @Override
  public Writer create(Path file, List<FeatureColumn> columns) throws IOException {
    return new ParquetOutput(
        new DigestedFile(file),
        schemaOf(columns),
        properties(),
        ROWS_OF_A_GROUP,
        new ZstandardCompressor(ZSTD_LEVEL));
  }

  @Override
  public Reader open(Path file) throws IOException {
    return ParquetInput.open(file);
  }

  /** The limits are looked at where a block ends, when all columns have the same rows. */
  private ParquetProperties properties() {
    return ParquetProperties.builder()
        .withDictionaryEncoding(false)
        .withByteStreamSplitEncoding(encoding == DoubleEncoding.BYTE_STREAM_SPLIT)
        .withPageWriteChecksumEnabled(true)
        .withPageRowCountLimit(ROWS_OF_A_PAGE)
        .withMinRowCountForPageSizeCheck(RowBlock.CAPACITY)
        .withMaxRowCountForPageSizeCheck(RowBlock.CAPACITY)
        .estimateRowCountForPageSizeCheck(false)
        .withSizeStatisticsEnabled(false)
        .build();
  }

  private static MessageType schemaOf(List<FeatureColumn> columns) {
    return new MessageType("bqx", columns.stream().<Type>map(ParquetFormat::fieldOf).toList());
  }

  private static PrimitiveType fieldOf(FeatureColumn column) {
    return switch (column.type()) {
      case TIMESTAMP -> Types.required(PrimitiveTypeName.INT64).as(MICROS_UTC).named(column.name());
      case DOUBLE -> Types.optional(PrimitiveTypeName.DOUBLE).named(column.name());
      case BOOLEAN -> Types.optional(PrimitiveTypeName.BOOLEAN).named(column.name());
      case SMALLINT -> Types.optional(PrimitiveTypeName.INT32).as(INT16).named(column.name());
    };
  }

  /**
   * What a field of a file holds.
   *
   * @throws IOException if it is nothing that features are
   */
  static Column columnOf(Type field) throws IOException {
    if (field.isPrimitive()) {
      LogicalTypeAnnotation logical = field.getLogicalTypeAnnotation();
      FeatureType type =
          switch (field.asPrimitiveType().getPrimitiveTypeName()) {
            case INT64 -> MICROS_UTC.equals(logical) ? FeatureType.TIMESTAMP : null;
            case DOUBLE -> FeatureType.DOUBLE;
            case BOOLEAN -> FeatureType.BOOLEAN;
            case INT32 -> INT16.equals(logical) ? FeatureType.SMALLINT : null;
            default -> null;
          };
      if (type != null) {
        return new Column(field.getName(), type, !field.isRepetition(Type.Repetition.REQUIRED));
      }
    }
    throw new IOException("Its column " + field + " is of a type that no feature has");
  }
}
