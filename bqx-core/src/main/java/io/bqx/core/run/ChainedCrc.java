package io.bqx.core.run;

import java.util.HashMap;
import java.util.Map;

/**
 * CRC32C of many pieces in a row, from the CRC32C and the length of each, without their bytes.
 *
 * <p>That one piece follows another multiplies the first one's remainder by a power of x, modulo
 * the polynomial. The multiplication is linear, so four table lookups do it, and pieces of the same
 * length share their tables.
 */
final class ChainedCrc {

  /** CRC-32C (Castagnoli), bits reversed as in {@link java.util.zip.CRC32C}. */
  private static final int POLYNOMIAL = 0x82F63B78;

  /** The polynomials 1 and x^8, bits reversed: the highest bit stands for x^0. */
  private static final int ONE = 1 << 31;

  private static final int BYTE = 1 << 23;

  private final Map<Integer, int[]> tablesOfLength = new HashMap<>();
  private int[] tables;
  private int lengthOfTables = -1;
  private int crc;

  /** Appends a piece. */
  void append(int crcOfPiece, int length) {
    if (length != lengthOfTables) {
      tables = tablesOfLength.computeIfAbsent(length, ChainedCrc::tables);
      lengthOfTables = length;
    }
    crc =
        tables[crc & 0xff]
            ^ tables[0x100 | crc >>> 8 & 0xff]
            ^ tables[0x200 | crc >>> 16 & 0xff]
            ^ tables[0x300 | crc >>> 24]
            ^ crcOfPiece;
  }

  /** The checksum of all pieces, as {@link java.util.zip.CRC32C#getValue} gives it. */
  long value() {
    return Integer.toUnsignedLong(crc);
  }

  /** For each byte of a CRC and each of its values, the product with x to the 8 times length. */
  private static int[] tables(int length) {
    int factor = ONE;
    int square = BYTE;
    for (int rest = length; rest != 0; rest >>>= 1) {
      factor = (rest & 1) == 0 ? factor : product(factor, square);
      square = product(square, square);
    }
    int[] tables = new int[4 << 8];
    for (int bit = 0; bit < Integer.SIZE; bit++) {
      int start = (bit >>> 3) << 8;
      int step = 1 << (bit & 7);
      int ofBit = product(factor, 1 << bit);
      for (int below = 0; below < step; below++) {
        tables[start + step + below] = tables[start + below] ^ ofBit;
      }
    }
    return tables;
  }

  private static int product(int a, int b) {
    int sum = 0;
    int shifted = b;
    for (int bit = Integer.SIZE - 1; bit >= 0; bit--) {
      sum ^= (a >>> bit & 1) == 0 ? 0 : shifted;
      shifted = (shifted & 1) == 0 ? shifted >>> 1 : shifted >>> 1 ^ POLYNOMIAL;
    }
    return sum;
  }
}
