package io.bqx.core.export;

import io.bqx.core.BqxException;
import io.bqx.features.CurrencyPair;
import java.io.IOException;
import java.time.Instant;
import java.time.YearMonth;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a destination holds, as the last export left it: {@code _bqx/manifest.json}, which is
 * written after all files. Readers of Parquet leave out folders whose names begin with an
 * underscore.
 *
 * @param written when, by the clock of the machine that exported
 * @param files all files, ordered by pair, then by month
 */
public record ExportManifest(Instant written, List<ExportedFile> files) {

  /** Its name, relative to the destination. */
  public static final String NAME = "_bqx/manifest.json";

  /** Orders the files. */
  public ExportManifest {
    files =
        files.stream()
            .sorted(
                Comparator.comparing((ExportedFile file) -> file.pair().name())
                    .thenComparing(ExportedFile::month))
            .toList();
  }

  /**
   * The manifest of a destination; empty if it has none.
   *
   * @throws BqxException if the destination cannot be read, or what is there is no manifest
   */
  public static Optional<ExportManifest> of(ExportDestination destination) {
    try {
      return destination.read(NAME).map(ExportJson::manifest);
    } catch (IOException e) {
      throw new BqxException(
          "Cannot read the manifest of " + destination + ": " + e.getMessage(), e);
    }
  }

  /** The file of a pair and month; empty if there is none. */
  public Optional<ExportedFile> file(CurrencyPair pair, YearMonth month) {
    return files.stream()
        .filter(file -> file.pair().equals(pair) && file.month().equals(month))
        .findFirst();
  }

  /** Rows of all files. */
  public long rows() {
    return files.stream().mapToLong(ExportedFile::rows).sum();
  }

  /** Bytes of all files. */
  public long bytes() {
    return files.stream().mapToLong(ExportedFile::bytes).sum();
  }

  /** These files, in place of those of the same names in this manifest, and the others of it. */
  ExportManifest with(Collection<ExportedFile> newer, Instant now) {
    TreeMap<String, ExportedFile> byName = new TreeMap<>();
    files.forEach(file -> byName.put(file.name(), file));
    newer.forEach(file -> byName.put(file.name(), file));
    return new ExportManifest(now, List.copyOf(byName.values()));
  }
}
