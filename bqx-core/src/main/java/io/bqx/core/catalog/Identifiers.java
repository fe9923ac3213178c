package io.bqx.core.catalog;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** What PostgreSQL accepts as an identifier, quoted. */
public final class Identifiers {

  private static final int MAX_BYTES = 63;

  private Identifiers() {}

  /**
   * Refuses a name that the server would refuse, or cut off and so take for another one.
   *
   * @param what what it names, for the message: {@code "schema"}
   * @throws IllegalArgumentException if the name is blank, longer than the 63 bytes that PostgreSQL
   *     keeps, or has a zero character
   */
  public static void requireValid(String what, String name) {
    if (name.isBlank()) {
      throw new IllegalArgumentException("The name of the " + what + " is blank");
    }
    if (name.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "The name of the %s '%s' has a zero character",
              what,
              name.replace("\0", "\\0")));
    }
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_BYTES) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "The name of the %s '%s' has %d bytes; PostgreSQL keeps %d",
              what,
              name,
              bytes,
              MAX_BYTES));
    }
  }
}
