package io.bqx.core.ingest;

import io.bqx.core.BqxException;
import io.bqx.features.CurrencyPair;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * What became of every file of an import: loaded, failed or skipped.
 *
 * @param loaded the files whose bars are now in the tables, in the order in which they were taken
 * @param failed the files of which nothing was loaded, each with its reason
 * @param skipped the entries of the folder that do not look like bar files
 */
public record ImportReport(
    List<LoadedFile> loaded, List<FailedFile> failed, List<SkippedFile> skipped) {

  /**
   * A file whose bars are all in its pair's table.
   *
   * @param file the file
   * @param pair the pair
   * @param format the format in which it was read
   * @param zone the zone in which its times were read, or "stated by each time"; with {@code first}
   *     and {@code last}, for a human to compare, because most formats do not say their zone
   * @param read bars in the file: the sum of the next three
   * @param inserted bars that were not stored before
   * @param replaced stored bars that differed and were overwritten
   * @param unchanged bars that were stored already
   * @param first the first bar's time
   * @param last the last bar's time
   */
  public record LoadedFile(
      Path file,
      CurrencyPair pair,
      BarFormat format,
      String zone,
      int read,
      int inserted,
      int replaced,
      int unchanged,
      Instant first,
      Instant last) {}

  /**
   * A file of which nothing was loaded.
   *
   * @param file the file
   * @param cause why: a {@link BarFileException}, {@link BarConflictException} or {@link
   *     BarLoadException}
   */
  public record FailedFile(Path file, BqxException cause) {}

  /**
   * An entry of the folder that was not taken for a bar file.
   *
   * @param file the entry
   * @param reason why
   */
  public record SkippedFile(Path file, String reason) {}

  /** A report over copies of the given lists. */
  public ImportReport {
    loaded = List.copyOf(loaded);
    failed = List.copyOf(failed);
    skipped = List.copyOf(skipped);
  }

  /** Bars read from loaded files. */
  public long read() {
    return loaded.stream().mapToLong(LoadedFile::read).sum();
  }

  /** Bars that were not stored before. */
  public long inserted() {
    return loaded.stream().mapToLong(LoadedFile::inserted).sum();
  }

  /** Stored bars that were overwritten. */
  public long replaced() {
    return loaded.stream().mapToLong(LoadedFile::replaced).sum();
  }

  /** Bars that were stored already. */
  public long unchanged() {
    return loaded.stream().mapToLong(LoadedFile::unchanged).sum();
  }

  /** 0 if every file was loaded, 1 if any failed. */
  public int exitCode() {
    return failed.isEmpty() ? 0 : 1;
  }
}
