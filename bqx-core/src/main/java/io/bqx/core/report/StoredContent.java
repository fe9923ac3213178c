package io.bqx.core.report;

import java.util.Map;
import java.util.Objects;

/**
 * A stage of a partition, to be found again in another report: {@code 2.3 of eurusd 2024-07}.
 *
 * @param rows rows of the partition
 * @param checksum CRC32C of the stage's columns
 */
record StoredContent(long rows, long checksum) {

  /** What has happened to a stage between two reports. */
  static ContentChange change(
      String stage, Map<String, StoredContent> before, Map<String, StoredContent> now) {
    int changed = 0;
    int added = 0;
    for (Map.Entry<String, StoredContent> entry : now.entrySet()) {
      StoredContent old = before.get(entry.getKey());
      if (old == null) {
        added++;
      } else if (!Objects.equals(old, entry.getValue())) {
        changed++;
      }
    }
    int removed = (int) before.keySet().stream().filter(key -> !now.containsKey(key)).count();
    return new ContentChange(stage, added, changed, removed, rows(before), rows(now));
  }

  private static long rows(Map<String, StoredContent> contents) {
    return contents.values().stream().mapToLong(StoredContent::rows).sum();
  }
}
