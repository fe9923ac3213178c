package io.bqx.core.export;

import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which files were found to be what the database has: {@code _bqx/verified.json}.
 *
 * @param at when the last of them was, by the clock of the machine that looked
 * @param digests the SHA-256 that each had then, by name
 */
record VerifiedFiles(Instant at, Map<String, String> digests) {

  static final String NAME = "_bqx/verified.json";

  static final VerifiedFiles NONE = new VerifiedFiles(Instant.EPOCH, Map.of());

  /** Orders the names. */
  VerifiedFiles {
    digests = new TreeMap<>(digests);
  }

  /** These after another verification. */
  VerifiedFiles after(Collection<String> looked, Map<String, String> right, Instant now) {
    Map<String, String> all = new TreeMap<>(digests);
    all.keySet().removeAll(looked);
    all.putAll(right);
    return new VerifiedFiles(now, all);
  }

  boolean has(ExportedFile file) {
    return file.sha256().equals(digests.get(file.name()));
  }
}
