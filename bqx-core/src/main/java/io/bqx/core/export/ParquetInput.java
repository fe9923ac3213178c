package io.bqx.core.export;

import com.github.luben.zstd.ZstdException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.format.converter.ParquetMetadataConverter;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.io.ParquetDecodingException;
import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/**
 * Reads a Parquet file that {@link ParquetOutput} wrote, of which it holds one row group,
 * compressed, at a time. The library's own reader cannot be had without Hadoop, so the pages are
 * found here and decoded by the library.
 */
final class ParquetInput implements ColumnarFormat.Reader {

  private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

  /** The length of the footer and the magic bytes. */
  private static final int TAIL = Integer.BYTES + MAGIC.length;

  private final FileChannel file;
  private final ParquetMetadata footer;
  private final MessageType schema;
  private final List<ColumnarFormat.Column> columns;
  private final Iterator<BlockMetaData> groups;
  private final List<ColumnReader> group = new ArrayList<>();
  private long left;

  private ParquetInput(FileChannel file) throws IOException {
    this.file = file;
    this.footer = footer(file);
    this.schema = footer.getFileMetaData().getSchema();
    this.groups = footer.getBlocks().iterator();
    List<ColumnarFormat.Column> found = new ArrayList<>();
    for (Type field : schema.getFields()) {
      found.add(ParquetFormat.columnOf(field));
    }
    this.columns = List.copyOf(found);
  }

  static ParquetInput open(Path path) throws IOException {
    FileChannel file = FileChannel.open(path);
    try {
      return new ParquetInput(file);
    } catch (IOException e) {
      file.close();
      throw e;
    } catch (RuntimeException e) {
      file.close();
      throw new IOException("its footer cannot be decoded: " + e.getMessage(), e);
    }
  }

  private static ParquetMetadata footer(FileChannel file) throws IOException {
    long size = file.size();
    if (size < MAGIC.length + TAIL) {
      throw new IOException("it has " + size + " bytes, which is no Parquet file");
    }
    byte[] tail = bytes(file, size - TAIL, TAIL);
    int length = Integer.reverseBytes(ByteBuffer.wrap(tail).getInt());
    if (!ByteBuffer.wrap(tail, Integer.BYTES, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))
        || length < 0
        || length > size - TAIL - MAGIC.length) {
      throw new IOException("it does not end as a Parquet file does");
    }
    InputStream in = new ByteArrayInputStream(bytes(file, size - TAIL - length, length));
    return new ParquetMetadataConverter()
        .readParquetMetadata(in, ParquetMetadataConverter.NO_FILTER);
  }

  private static byte[] bytes(FileChannel file, long from, int length) throws IOException {
    byte[] bytes = new byte[length];
    file.position(from);
    if (Channels.newInputStream(file).readNBytes(bytes, 0, length) < length) {
      throw new EOFException("it ends before the part that begins at " + from + " does");
    }
    return bytes;
  }

  @Override
  public Map<String, String> metadata() {
    return footer.getFileMetaData().getKeyValueMetaData();
  }

  @Override
  public List<ColumnarFormat.Column> columns() {
    return columns;
  }

  @Override
  public long rows() {
    return footer.getBlocks().stream().mapToLong(BlockMetaData::getRowCount).sum();
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
    } catch (ParquetDecodingException | ZstdException e) {
      throw new IOException(e.getCause() == null ? e.getMessage() : e.getCause().getMessage(), e);
    }
  }

  private boolean nextGroup() throws IOException {
    if (!groups.hasNext()) {
      return false;
    }
    BlockMetaData next = groups.next();
    ColumnReadStoreImpl store =
        new ColumnReadStoreImpl(
            ParquetPages.of(next, (from, length) -> bytes(file, from, length)),
            new Unconverted(),
            schema,
            footer.getFileMetaData().getCreatedBy());
    group.clear();
    for (ColumnDescriptor column : schema.getColumns()) {
      group.add(store.getColumnReader(column));
    }
    left = next.getRowCount();
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

  @Override
  public void close() throws IOException {
    file.close();
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
