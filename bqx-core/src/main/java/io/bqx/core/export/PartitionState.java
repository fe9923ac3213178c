package io.bqx.core.export;

import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.ledger.RunId;
import io.bqx.features.FeatureColumn;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;

/**
 * What a pair's month holds: its columns, and what the ledger says about them.
 *
 * @param columns all columns, the row's own time first
 * @param parts the columns after the time, by stage
 */
record PartitionState(ExportTargets.Target target, List<FeatureColumn> columns, List<Part> parts) {

  /**
   * Neighbouring columns of one stage.
   *
   * @param first the position of the first one; the time is at 0
   * @param entry what the ledger has recorded of them; empty if they were made elsewhere
   * @param sameRows whether the ledger's checksum is over the same rows, which in the shared layout
   *     that of a stage of the market is not
   */
  record Part(String stage, int first, int count, Optional<LedgerEntry> entry, boolean sameRows) {}

  /** Whether the ledger knows all columns, so that equal {@link #source()}s mean equal values. */
  boolean isRecorded() {
    return parts.stream().allMatch(part -> part.entry().isPresent());
  }

  /** The stages with the versions and checksums that the ledger has of them, in one line. */
  String source() {
    return parts.stream().map(PartitionState::source).collect(Collectors.joining(" "));
  }

  private static String source(Part part) {
    return part.stage()
        + part.entry()
            .map(entry -> "@" + entry.stageVersion() + "=" + ExportedFile.hex(entry.contentCrc()))
            .orElse("");
  }

  /** CRC32C of the list of columns, with their types and units. */
  long columnsCrc() {
    CRC32C crc = new CRC32C();
    for (FeatureColumn column : columns) {
      String line = String.join(" ", column.name(), column.type().name(), column.unit()) + "\n";
      crc.update(line.getBytes(StandardCharsets.UTF_8));
    }
    return crc.getValue();
  }

  /** The runs that computed the columns. */
  List<String> runs() {
    return parts.stream()
        .flatMap(part -> part.entry().stream())
        .flatMap(entry -> entry.run().stream())
        .map(RunId::toString)
        .distinct()
        .toList();
  }
}
