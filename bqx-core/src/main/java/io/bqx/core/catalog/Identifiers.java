package io.bqx.core.catalog;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** What PostgreSQL accepts as an identifier, quoted. */
final class Identifiers {

  private static final int MAX_BYTES = 63;

  private Identifiers() {}

  static void requireValid(String what, String name) {
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
