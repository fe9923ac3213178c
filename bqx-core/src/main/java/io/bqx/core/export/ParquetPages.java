package io.bqx.core.export;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Util;
import org.apache.parquet.format.converter.ParquetMetadataConverter;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.io.ParquetDecodingException;

/**
 * The pages of one row group. Each is compared with its checksum and decompressed when it is read.
 */
final class ParquetPages implements PageReadStore {

  /** Where the bytes of a file come from. */
  interface Bytes {
    byte[] of(long from, int length) throws IOException;
  }

  private static final ParquetMetadataConverter CONVERTER = new ParquetMetadataConverter();

  private final long rows;
  private final Map<List<String>, Chunk> chunks;

  private ParquetPages(long rows, Map<List<String>, Chunk> chunks) {
    this.rows = rows;
    this.chunks = chunks;
  }

  static ParquetPages of(BlockMetaData group, Bytes bytes) throws IOException {
    Map<List<String>, Chunk> chunks = new HashMap<>();
    for (ColumnChunkMetaData column : group.getColumns()) {
      byte[] content = bytes.of(column.getStartingPos(), Math.toIntExact(column.getTotalSize()));
      chunks.put(List.of(column.getPath().toArray()), new Chunk(column, content));
    }
    return new ParquetPages(group.getRowCount(), chunks);
  }

  @Override
  public PageReader getPageReader(ColumnDescriptor column) {
    return chunks.get(List.of(column.getPath()));
  }

  @Override
  public long getRowCount() {
    return rows;
  }

  /** The pages of one column. */
  private static final class Chunk implements PageReader {

    private final ColumnChunkMetaData column;
    private final ByteArrayInputStream content;

    Chunk(ColumnChunkMetaData column, byte[] content) {
      this.column = column;
      this.content = new ByteArrayInputStream(content);
    }

    @Override
    public DictionaryPage readDictionaryPage() {
      return null;
    }

    @Override
    public long getTotalValueCount() {
      return column.getValueCount();
    }

    @Override
    public DataPage readPage() {
      try {
        return content.available() == 0 ? null : page();
      } catch (IOException e) {
        throw new ParquetDecodingException(e.getMessage(), e);
      }
    }

    private DataPage page() throws IOException {
      PageHeader header = Util.readPageHeader(content);
      byte[] compressed = content.readNBytes(header.getCompressed_page_size());
      if (header.getType() != PageType.DATA_PAGE || !header.isSetCrc()) {
        throw new IOException(
            String.format(
                Locale.ROOT,
                "column %s has a page of type %s%s, as no export writes",
                column.getPath(),
                header.getType(),
                header.isSetCrc() ? "" : " without a checksum"));
      }
      CRC32 crc = new CRC32();
      crc.update(compressed);
      if ((int) crc.getValue() != header.getCrc()) {
        throw new IOException(
            String.format(
                Locale.ROOT, "a page of column %s differs from its checksum", column.getPath()));
      }
      byte[] plain = Zstd.decompress(compressed, header.getUncompressed_page_size());
      DataPageHeader data = header.getData_page_header();
      return new DataPageV1(
          BytesInput.from(plain),
          data.getNum_values(),
          plain.length,
          null,
          CONVERTER.getEncoding(data.getRepetition_level_encoding()),
          CONVERTER.getEncoding(data.getDefinition_level_encoding()),
          CONVERTER.getEncoding(data.getEncoding()));
    }
  }
}
