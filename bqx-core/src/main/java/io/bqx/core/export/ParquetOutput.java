package io.bqx.core.export;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnWriteStore;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputCompressor;
import org.apache.parquet.hadoop.ColumnChunkPageWriteStore;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.schema.MessageType;

/** Writes a Parquet file, of which it holds one row group, encoded, at a time. */
final class ParquetOutput implements ColumnarFormat.Writer {

  private static final int PRESENT = 1;
  private static final int MISSING = 0;

  private final DigestedFile file;
  private final MessageType schema;
  private final ParquetProperties properties;
  private final int rowsOfAGroup;
  private final BytesInputCompressor compressor;
  private final ParquetFileWriter writer;
  private Group group;
  private int groups;
  private boolean finished;

  ParquetOutput(
      DigestedFile file,
      MessageType schema,
      ParquetProperties properties,
      int rowsOfAGroup,
      BytesInputCompressor compressor)
      throws IOException {
    this.file = file;
    this.schema = schema;
    this.properties = properties;
    this.rowsOfAGroup = rowsOfAGroup;
    this.compressor = compressor;
    this.writer =
        new ParquetFileWriter(
            file, schema, ParquetFileWriter.Mode.CREATE, Long.MAX_VALUE, 0, null, properties);
    writer.start();
  }

  /** The pages of a row group that is being filled. */
  private final class Group {

    private final ColumnChunkPageWriteStore pages =
        ColumnChunkPageWriteStore.builder()
            .withCompressorProvider(column -> compressor)
            .withSchema(schema)
            .withAllocator(HeapByteBufferAllocator.getInstance())
            .withColumnIndexTruncateLength(properties.getColumnIndexTruncateLength())
            .withPageWriteChecksumEnabled(properties.getPageWriteChecksumEnabled())
            .withRowGroupOrdinal(groups)
            .build();
    private final ColumnWriteStore columns = properties.newColumnWriteStore(schema, pages, pages);
    private int rows;

    void write(RowBlock block) {
      List<ColumnDescriptor> all = schema.getColumns();
      writeTimes(columns.getColumnWriter(all.get(0)), block);
      for (int c = 1; c < all.size(); c++) {
        ColumnDescriptor column = all.get(c);
        ColumnWriter to = columns.getColumnWriter(column);
        double[] values = block.values(c - 1);
        switch (column.getPrimitiveType().getPrimitiveTypeName()) {
          case BOOLEAN -> writeBooleans(to, values, block.rows());
          case INT32 -> writeIntegers(to, values, block.rows());
          default -> writeDoubles(to, values, block.rows());
        }
      }
      for (int row = 0; row < block.rows(); row++) {
        columns.endRecord();
      }
      rows += block.rows();
    }

    void end() throws IOException {
      writer.startBlock(rows);
      columns.flush();
      pages.flushToFileWriter(writer);
      writer.endBlock();
      close();
    }

    void close() {
      columns.close();
      pages.close();
    }
  }

  @Override
  public void write(RowBlock block) throws IOException {
    if (block.rows() == 0) {
      return;
    }
    if (group == null) {
      group = new Group();
    }
    group.write(block);
    if (group.rows >= rowsOfAGroup) {
      endGroup();
    }
  }

  private void endGroup() throws IOException {
    if (group != null) {
      group.end();
      groups++;
      group = null;
    }
  }

  private static void writeTimes(ColumnWriter to, RowBlock block) {
    for (int row = 0; row < block.rows(); row++) {
      to.write(block.times()[row], 0, 0);
    }
  }

  private static void writeDoubles(ColumnWriter to, double[] values, int rows) {
    for (int row = 0; row < rows; row++) {
      double value = values[row];
      if (value != value) {
        to.writeNull(0, MISSING);
      } else {
        to.write(value, 0, PRESENT);
      }
    }
  }

  private static void writeBooleans(ColumnWriter to, double[] values, int rows) {
    for (int row = 0; row < rows; row++) {
      double value = values[row];
      if (value != value) {
        to.writeNull(0, MISSING);
      } else {
        to.write(value != 0, 0, PRESENT);
      }
    }
  }

  private static void writeIntegers(ColumnWriter to, double[] values, int rows) {
    for (int row = 0; row < rows; row++) {
      double value = values[row];
      if (value != value) {
        to.writeNull(0, MISSING);
      } else {
        to.write((int) value, 0, PRESENT);
      }
    }
  }

  @Override
  public ColumnarFormat.Written finish(Map<String, String> metadata) throws IOException {
    endGroup();
    writer.end(new TreeMap<>(metadata));
    writer.close();
    compressor.release();
    finished = true;
    return file.written();
  }

  @Override
  public void close() throws IOException {
    if (finished) {
      return;
    }
    finished = true;
    if (group != null) {
      group.close();
    }
    compressor.release();
    writer.abort();
    writer.close();
  }
}
