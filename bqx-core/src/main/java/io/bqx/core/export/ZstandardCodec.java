package io.bqx.core.export;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * ZSTD for the pages of one file, without the classes of Hadoop that the library's own codecs come
 * through. For use by one thread.
 */
final class ZstandardCodec implements CompressionCodecFactory {

  private final int level;

  ZstandardCodec(int level) {
    this.level = level;
  }

  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName name) {
    requireKnown(name);
    return new Compressor(level);
  }

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName name) {
    requireKnown(name);
    return new Decompressor();
  }

  private static void requireKnown(CompressionCodecName name) {
    if (name != CompressionCodecName.ZSTD) {
      throw new IllegalArgumentException("A page is compressed by " + name + " instead of ZSTD");
    }
  }

  /** Has nothing of its own to release: each codec is released by who asked for it. */
  @Override
  public void release() {}

  /** Bytes that are used where they are. */
  private static final class Bytes extends ByteArrayOutputStream {

    byte[] array() {
      return buf;
    }
  }

  private static final class Compressor implements BytesInputCompressor {

    private final ZstdCompressCtx context = new ZstdCompressCtx();
    private final Bytes plain = new Bytes();
    private byte[] compressed = new byte[0];

    Compressor(int level) {
      context.setLevel(level);
    }

    @Override
    public BytesInput compress(BytesInput input) throws IOException {
      plain.reset();
      input.writeAllTo(plain);
      int most = Math.toIntExact(Zstd.compressBound(plain.size()));
      if (compressed.length < most) {
        compressed = new byte[most];
      }
      int length =
          context.compressByteArray(
              compressed, 0, compressed.length, plain.array(), 0, plain.size());
      return BytesInput.from(Arrays.copyOf(compressed, length));
    }

    @Override
    public CompressionCodecName getCodecName() {
      return CompressionCodecName.ZSTD;
    }

    @Override
    public void release() {
      context.close();
    }
  }

  private static final class Decompressor implements BytesInputDecompressor {

    private final ZstdDecompressCtx context = new ZstdDecompressCtx();
    private final Bytes compressed = new Bytes();

    @Override
    public BytesInput decompress(BytesInput input, int plainLength) throws IOException {
      compressed.reset();
      input.writeAllTo(compressed);
      return BytesInput.from(decompress(compressed.array(), compressed.size(), plainLength));
    }

    private byte[] decompress(byte[] bytes, int count, int plainLength) throws IOException {
      byte[] plain = new byte[plainLength];
      int length = context.decompressByteArray(plain, 0, plain.length, bytes, 0, count);
      if (length != plainLength) {
        throw new IOException(
            "A page has " + length + " bytes instead of the " + plainLength + " that it announces");
      }
      return plain;
    }

    @Override
    public void decompress(
        ByteBuffer input, int compressedLength, ByteBuffer output, int plainLength)
        throws IOException {
      byte[] bytes = new byte[compressedLength];
      input.get(bytes);
      output.put(decompress(bytes, compressedLength, plainLength));
    }

    @Override
    public void release() {
      context.close();
    }
  }
}
