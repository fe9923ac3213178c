package io.bqx.core.report;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Which contents were stored when a report was made: rows and checksum of every stage of every
 * partition. {@link JsonReport#contents} reads it back from {@code report.json}.
 */
public final class ReportContents {

  private final Instant generated;
  private final Map<String, Map<String, StoredContent>> byStage;

  ReportContents(Instant generated, Map<String, Map<String, StoredContent>> byStage) {
    this.generated = Objects.requireNonNull(generated, "generated");
    this.byStage = byStage;
  }

  static ReportContents of(Instant generated, List<Rewrite> rewrites) {
    Map<String, Map<String, StoredContent>> byStage = new LinkedHashMap<>();
    for (Rewrite rewrite : rewrites) {
      rewrite
          .checksums()
          .forEach(
              (stage, checksum) ->
                  byStage
                      .computeIfAbsent(stage, key -> new LinkedHashMap<>())
                      .put(
                          rewrite.scope() + " " + rewrite.month(),
                          new StoredContent(rewrite.rows(), checksum)));
    }
    return new ReportContents(generated, byStage);
  }

  /** When that report was made, by the database's clock. */
  public Instant generated() {
    return generated;
  }

  /** What has happened to the given stages between an earlier report and this one. */
  List<ContentChange> changesSince(ReportContents earlier, List<String> stages) {
    List<ContentChange> changes = new ArrayList<>();
    for (String stage : stages) {
      changes.add(
          StoredContent.change(
              stage,
              earlier.byStage.getOrDefault(stage, Map.of()),
              byStage.getOrDefault(stage, Map.of())));
    }
    return changes;
  }
}
