package io.bqx.core.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.ParquetDecodingException;
import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/** Reads a Parquet file, of which it holds one row group at a time, and checks every page. */
final class ParquetInput implements ColumnarFormat.Reader {

  private final ParquetFileReader reader;
  private final MessageType schema;
  private final List<ColumnarFormat.Column> columns;
  private final List<ColumnReader> group = new ArrayList<>();
  private PageReadStore pages;
  private long left;

  private ParquetInput(ParquetFileReader reader) throws IOException {
    this.reader = reader;
    this.schema = reader.getFileMetaData().getSchema();
    List<ColumnarFormat.Column> found = new ArrayList<>();
    for (Type field : schema.getFields()) {
      found.add(ParquetFormat.columnOf(field));
    }
    this.columns = List.copyOf(found);
  }

  static ParquetInput open(Path file, ZstandardCodec codec) throws IOException {
    ParquetReadOptions options =
        ParquetReadOptions.builder(new PlainParquetConfiguration())
            .withCodecFactory(codec)
            .usePageChecksumVerification()
            .build();
    ParquetFileReader reader;
    try {
      reader = ParquetFileReader.open(new LocalInputFile(file), options);
    } catch (RuntimeException e) {
      throw new IOException(e.getMessage(), e);
    }
    try {
      return new ParquetInput(reader);
    } catch (IOException e) {
      reader.close();
      throw e;
    }
  }

  @Override
  public Map<String, String> metadata() {
    return reader.getFileMetaData().getKeyValueMetaData();
  }

  @Override
  public List<ColumnarFormat.Column> columns() {
    return columns;
  }

  @Override
  public long rows() {
    return reader.getRecordCount();
  }

  @Override
  public void next(RowBlock block) throws IOException {
    block.clear();
    try {
      if (left == 0 && !nextGroup()) {
        return;
      }
      int rows = (int) Math.min(left, RowBlock.CAPACITY);
      readTimes(group.get(0), block.times(), rows);
      for (int c = 1; c < group.size(); c++) {
        read(group.get(c), block.values(c - 1), rows);
      }
      left -= rows;
      block.setRows(rows);
    } catch (ParquetDecodingException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private boolean nextGroup() throws IOException {
    closePages();
    pages = reader.readNextRowGroup();
    if (pages == null) {
      return false;
    }
    ColumnReadStoreImpl store =
        new ColumnReadStoreImpl(
            pages, new Unconverted(), schema, reader.getFileMetaData().getCreatedBy());
    group.clear();
    for (ColumnDescriptor column : schema.getColumns()) {
      group.add(store.getColumnReader(column));
    }
    left = pages.getRowCount();
    return true;
  }

  private static void readTimes(ColumnReader from, long[] times, int rows) {
    for (int row = 0; row < rows; row++) {
      times[row] = from.getLong();
      from.consume();
    }
  }

  private static void read(ColumnReader from, double[] values, int rows) {
    int present = from.getDescriptor().getMaxDefinitionLevel();
    for (int row = 0; row < rows; row++) {
      values[row] = from.getCurrentDefinitionLevel() == present ? value(from) : Double.NaN;
      from.consume();
    }
  }

  private static double value(ColumnReader from) {
    return switch (from.getDescriptor().getPrimitiveType().getPrimitiveTypeName()) {
      case BOOLEAN -> from.getBoolean() ? 1 : 0;
      case INT32 -> from.getInteger();
      default -> from.getDouble();
    };
  }

  private void closePages() {
    if (pages != null) {
      pages.close();
    }
  }

  @Override
  public void close() throws IOException {
    closePages();
    reader.close();
  }

  /** What columns are read with one by one, without records to convert them to. */
  private static final class Unconverted extends GroupConverter {

    private static final PrimitiveConverter NOTHING = new PrimitiveConverter() {};

    @Override
    public Converter getConverter(int field) {
      return NOTHING;
    }

    @Override
    public void start() {}

    @Override
    public void end() {}
  }
}
