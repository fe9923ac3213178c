package io.bqx.aws.worker;

import java.util.List;

/**
 * A block of IPv4 addresses.
 *
 * @param first its first address as a number
 * @param prefix how many leading bits all its addresses share
 */
record Cidr(long first, int prefix) {

  private static final int BITS = 32;
  private static final List<String> PRIVATE =
      List.of("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16");

  /**
   * Reads the usual notation: {@code 203.0.113.0/24}.
   *
   * @throws IllegalArgumentException if it is something else
   */
  static Cidr of(String text) {
    String[] parts = text.split("/");
    String[] octets = parts[0].split("\\.");
    if (parts.length != 2 || octets.length != 4) {
      throw new IllegalArgumentException("'" + text + "' is no block of addresses");
    }
    long address = 0;
    for (String octet : octets) {
      address = address << 8 | Integer.parseInt(octet);
    }
    int prefix = Integer.parseInt(parts[1]);
    return new Cidr(address & mask(prefix), prefix);
  }

  private static long mask(int prefix) {
    return prefix == 0 ? 0 : (-1L << BITS - prefix) & 0xFFFF_FFFFL;
  }

  /** Whether it is within the blocks that are not routed on the internet. */
  boolean isPrivate() {
    return PRIVATE.stream().map(Cidr::of).anyMatch(block -> block.contains(this));
  }

  /** Whether every address of the other one is in this one. */
  boolean contains(Cidr other) {
    return other.prefix >= prefix && (other.first & mask(prefix)) == first;
  }
}
