package io.bqx.core.rewrite;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A few of the rows that went into a COPY, to be compared with what the server stored: the first
 * one of blocks chosen uniformly among all, the first and the last block always.
 */
final class RowSample {

  private static final int SIZE = 14;

  private final SplittableRandom random = new SplittableRandom();
  private final List<byte[]> rows = new ArrayList<>(SIZE);
  private byte[] first = new byte[0];
  private byte[] last = new byte[0];
  private long blocks;

  /** Looks at a block of whole rows. */
  void see(byte[] buffer, int offset, int length) {
    if (length == 0) {
      return;
    }
    blocks++;
    if (blocks == 1) {
      first = firstRow(buffer, offset, length);
    }
    last = firstRow(buffer, offset, length);
    if (rows.size() < SIZE) {
      rows.add(last);
    } else {
      long slot = random.nextLong(blocks);
      if (slot < SIZE) {
        rows.set((int) slot, last);
      }
    }
  }

  private static byte[] firstRow(byte[] buffer, int offset, int length) {
    ByteBuffer bytes = ByteBuffer.wrap(buffer, offset, length);
    for (int field = bytes.getShort(); field > 0; field--) {
      int size = bytes.getInt();
      bytes.position(bytes.position() + Math.max(0, size));
    }
    return Arrays.copyOfRange(buffer, offset, bytes.position());
  }

  /** The rows in binary COPY format. */
  List<byte[]> rows() {
    List<byte[]> all = new ArrayList<>(rows);
    if (blocks > 0) {
      all.add(first);
      all.add(last);
    }
    return all;
  }
}
