package io.bqx.core.export;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputCompressor;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * Compresses pages by ZSTD, without the classes of Hadoop that the library's own codecs come
 * through. For use by one thread.
 */
final class ZstandardCompressor implements BytesInputCompressor {

  private final ZstdCompressCtx context = new ZstdCompressCtx();
  private final Bytes plain = new Bytes();
  private byte[] compressed = new byte[0];

  ZstandardCompressor(int level) {
    context.setLevel(level);
  }

  /** Bytes that are used where they are. */
  private static final class Bytes extends ByteArrayOutputStream {

    byte[] array() {
      return buf;
    }
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
        context.compressByteArray(compressed, 0, compressed.length, plain.array(), 0, plain.size());
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
