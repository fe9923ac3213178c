package io.bqx.core.export;

import io.bqx.core.export.ExportOutcome.State;
import java.time.Duration;
import java.util.List;

/**
 * What became of reading an export back: one outcome per pair and month, ordered by month, then by
 * pair. A file is {@link State#VERIFIED} if it is as large as the manifest says and has the same
 * digest, says about itself what the manifest says, can be decoded with every page's checksum
 * right, has the columns that the database has, and all its values come to the checksums that the
 * ledger has recorded; and if a sample of rows, read from the database now, is equal in every bit.
 *
 * @param outcomes the outcomes
 * @param foreign names of files at the destination that no export has put there, and of those that
 *     the manifest lists and that belong to nothing in the database
 * @param values values that were decoded and went into checksums
 * @param sampledRows rows that were compared with the database
 * @param elapsed how long it took
 */
public record ExportVerification(
    List<ExportOutcome> outcomes,
    List<String> foreign,
    long values,
    long sampledRows,
    Duration elapsed) {

  /** Takes copies of the lists. */
  public ExportVerification {
    outcomes = List.copyOf(outcomes);
    foreign = List.copyOf(foreign);
  }

  /** How many files were found to be right. */
  public long files() {
    return outcomes.stream().filter(o -> o.state() == State.VERIFIED).count();
  }

  /** Rows of the files that were found to be right. */
  public long rows() {
    return outcomes.stream().flatMap(o -> o.file().stream()).mapToLong(ExportedFile::rows).sum();
  }

  /** The outcomes of files that are missing or not right. */
  public List<ExportOutcome> failures() {
    return outcomes.stream().filter(o -> o.state() == State.FAILED).toList();
  }

  /** 0 if every file is right and there is no other, else 1. */
  public int exitCode() {
    return foreign.isEmpty() && outcomes.stream().allMatch(o -> o.state().isComplete()) ? 0 : 1;
  }
}
