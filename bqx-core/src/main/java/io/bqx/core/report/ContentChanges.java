package io.bqx.core.report;

import java.time.Instant;
import java.util.List;

/**
 * What has happened to the stored partitions since an earlier report.
 *
 * @param earlier when the earlier report was made
 * @param stages one entry per stage
 */
public record ContentChanges(Instant earlier, List<ContentChange> stages) {

  /** Takes a copy of the list. */
  public ContentChanges {
    stages = List.copyOf(stages);
  }
}
