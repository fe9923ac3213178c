package io.bqx.core.ingest;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/**
 * The text of a gzip file (RFC 1952) of one or more members, all of it or an error.
 *
 * <p>{@link java.util.zip.GZIPInputStream} takes a damaged second member for the end of the file,
 * so that half of the text could pass for the whole.
 */
final class GzipMembers extends InputStream {

  private static final int FIRST_MAGIC = 0x1f;
  private static final int SECOND_MAGIC = 0x8b;
  private static final int DEFLATE = 8;
  private static final int HEADER_CRC = 2;
  private static final int EXTRA_FIELD = 4;
  private static final int NAME = 8;
  private static final int COMMENT = 16;
  private static final int RESERVED = 0xe0;

  private final InputStream file;
  private final byte[] buffer = new byte[1 << 16];
  private final Inflater inflater = new Inflater(true);
  private final CRC32 textCrc = new CRC32();
  private final CRC32 headerCrc = new CRC32();
  private int next;
  private int end;
  private boolean inMember;
  private boolean atEnd;

  /** The text of a file that is to be read from its first byte, and is closed with this stream. */
  GzipMembers(InputStream file) {
    this.file = file;
  }

  /** Whether a file that begins with these two bytes is a gzip file. */
  static boolean begin(int first, int second) {
    return first == FIRST_MAGIC && second == SECOND_MAGIC;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /**
   * Reads text.
   *
   * @throws EOFException if the file ends inside a member
   * @throws ZipException if it is damaged, or goes on with something else than another member
   */
  @Override
  public int read(byte[] text, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (!atEnd) {
      if (!inMember) {
        beginMember();
      }
      int count = inflate(text, offset, length);
      if (count > 0) {
        textCrc.update(text, offset, count);
        return count;
      }
      endMember();
    }
    return -1;
  }

  @Override
  public void close() throws IOException {
    inflater.end();
    file.close();
  }

  private int inflate(byte[] text, int offset, int length) throws IOException {
    try {
      while (true) {
        int count = inflater.inflate(text, offset, length);
        if (count > 0 || inflater.finished()) {
          return count;
        }
        if (inflater.needsDictionary()) {
          throw new ZipException("it needs a dictionary");
        }
        if (inflater.needsInput()) {
          fill();
          inflater.setInput(buffer, 0, end);
          next = end;
        }
      }
    } catch (DataFormatException e) {
      throw new ZipException(e.getMessage() == null ? "it cannot be inflated" : e.getMessage());
    }
  }

  private void endMember() throws IOException {
    next = end - inflater.getRemaining();
    long crc = littleEndian(4);
    long size = littleEndian(4);
    if (crc != textCrc.getValue() || size != (inflater.getBytesWritten() & 0xffff_ffffL)) {
      throw new ZipException("the text has another checksum or length than is stated");
    }
    inMember = false;
    atEnd = next == end && !filled();
  }

  private void beginMember() throws IOException {
    headerCrc.reset();
    if (headerByte() != FIRST_MAGIC || headerByte() != SECOND_MAGIC) {
      throw new ZipException("what follows the end of the compressed text is not gzip");
    }
    int method = headerByte();
    int flags = headerByte();
    if (method != DEFLATE || (flags & RESERVED) != 0) {
      throw new ZipException("it is compressed in an unknown way");
    }
    skipHeader(6);
    if ((flags & EXTRA_FIELD) != 0) {
      skipHeader(headerByte() + 256 * headerByte());
    }
    if ((flags & NAME) != 0) {
      skipHeaderText();
    }
    if ((flags & COMMENT) != 0) {
      skipHeaderText();
    }
    if ((flags & HEADER_CRC) != 0) {
      long actual = headerCrc.getValue() & 0xffff;
      if (littleEndian(2) != actual) {
        throw new ZipException("its header has another checksum than is stated");
      }
    }
    inflater.reset();
    inflater.setInput(buffer, next, end - next);
    textCrc.reset();
    inMember = true;
  }

  private void skipHeader(int bytes) throws IOException {
    for (int skipped = 0; skipped < bytes; skipped++) {
      headerByte();
    }
  }

  private void skipHeaderText() throws IOException {
    while (headerByte() != 0) {
      // Names and comments say nothing that is needed.
    }
  }

  private int headerByte() throws IOException {
    int read = fileByte();
    headerCrc.update(read);
    return read;
  }

  private long littleEndian(int bytes) throws IOException {
    long value = 0;
    for (int at = 0; at < bytes; at++) {
      value |= (long) fileByte() << (8 * at);
    }
    return value;
  }

  private int fileByte() throws IOException {
    if (next == end) {
      fill();
    }
    return buffer[next++] & 0xff;
  }

  private void fill() throws IOException {
    if (!filled()) {
      throw new EOFException("the file ends inside its gzip stream");
    }
  }

  /** Reads the next block of the file; false at its end. */
  private boolean filled() throws IOException {
    int count = file.read(buffer, 0, buffer.length);
    next = 0;
    end = Math.max(0, count);
    return count > 0;
  }
}
