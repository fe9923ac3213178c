package io.bqx.core.ingest;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.Identifiers;
import io.bqx.core.ingest.ImportReport.FailedFile;
import io.bqx.core.ingest.ImportReport.LoadedFile;
import io.bqx.core.ingest.ImportReport.SkippedFile;
import io.bqx.features.Bars;
import io.bqx.features.CurrencyPair;
import io.bqx.features.Universe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Imports files of bars into the tables {@code m1_{pair}}.
 *
 * <pre>{@code
 * ImportReport report = BarImport.into(dataSource)
 *     .universe(Universe.g8())
 *     .format(BarFormat.MT5)
 *     .zone(ZoneId.of("EET"))
 *     .folder(Path.of("exports"))
 *     .run();
 * }</pre>
 *
 * <p>Each file is one transaction: it is loaded whole or not at all, and whatever fails it leaves
 * the other files alone. A bar that is already stored with the same values is left as it is, so
 * that importing a file again changes nothing; one that is stored with other values fails its file,
 * unless {@link #replace(boolean)} is set. Schema, tables and monthly partitions are created as
 * needed, and readers of existing ones are not held up. Imports into the same table wait for each
 * other.
 *
 * <p>Every setting can be given once. Not safe for use by several threads.
 */
public final class BarImport {

  /** The schema that tables are in unless another one is set. */
  public static final String DEFAULT_SCHEMA = "bqx";

  /** How long one statement waits for locks of other sessions unless set otherwise. */
  public static final Duration DEFAULT_LOCK_TIMEOUT = Duration.ofSeconds(30);

  private static final Logger LOG = LoggerFactory.getLogger(BarImport.class);

  private final DataSource dataSource;
  private String schema;
  private Universe universe;
  private BarFormat format;
  private ZoneId zone;
  private CurrencyPair pair;
  private Boolean replace;
  private Duration lockTimeout;
  private Clock clock;
  private Path file;
  private Path folder;

  private BarImport(DataSource dataSource) {
    this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
  }

  /**
   * An import into the database of the given data source, whose user may create the tables that are
   * missing.
   */
  public static BarImport into(DataSource dataSource) {
    return new BarImport(dataSource);
  }

  /**
   * The schema of the tables, {@value #DEFAULT_SCHEMA} by default; created if it does not exist.
   *
   * @throws IllegalArgumentException if the name is empty or longer than the server's 63 bytes
   */
  public BarImport schema(String name) {
    requireUnset("schema", schema);
    Identifiers.requireValid("schema", Objects.requireNonNull(name, "schema"));
    schema = name;
    return this;
  }

  /** The pairs that may be imported; {@link Universe#g8()} by default. */
  public BarImport universe(Universe pairs) {
    requireUnset("universe", universe);
    universe = Objects.requireNonNull(pairs, "universe");
    return this;
  }

  /**
   * The format of the files. Must be set.
   *
   * @throws IllegalArgumentException if the zone that was set contradicts it
   */
  public BarImport format(BarFormat of) {
    requireUnset("format", format);
    Objects.requireNonNull(of, "format");
    if (zone != null) {
      of.requireAccepts(zone);
    }
    format = of;
    return this;
  }

  /**
   * The zone of local times in the files. {@link BarFormat} says which formats need one.
   *
   * @throws IllegalArgumentException if the format that was set contradicts it
   */
  public BarImport zone(ZoneId localTimes) {
    requireUnset("zone", zone);
    Objects.requireNonNull(localTimes, "zone");
    if (format != null) {
      format.requireAccepts(localTimes);
    }
    zone = localTimes;
    return this;
  }

  /**
   * The pair of {@link #file(Path)}; by default its name tells.
   *
   * @throws IllegalStateException if a folder was set, whose files have a pair each
   */
  public BarImport pair(CurrencyPair ofTheFile) {
    requireUnset("pair", pair);
    requireUnset("pair cannot be set: folder", folder);
    pair = Objects.requireNonNull(ofTheFile, "pair");
    return this;
  }

  /**
   * Whether bars that are stored with other values are overwritten; by default they fail their
   * file.
   */
  public BarImport replace(boolean overwrite) {
    requireUnset("replace", replace);
    replace = overwrite;
    return this;
  }

  /**
   * How long one statement waits for locks of other sessions, {@link #DEFAULT_LOCK_TIMEOUT} by
   * default.
   *
   * @throws IllegalArgumentException if it is not at least a millisecond
   */
  public BarImport lockTimeout(Duration longest) {
    requireUnset("lockTimeout", lockTimeout);
    if (longest.toMillis() < 1 || longest.toMillis() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "lockTimeout is %s; expected 1 ms to %d ms",
              longest,
              Integer.MAX_VALUE));
    }
    lockTimeout = longest;
    return this;
  }

  /** The clock that decides which times lie in the future; the system's by default. */
  public BarImport clock(Clock now) {
    requireUnset("clock", clock);
    clock = Objects.requireNonNull(now, "clock");
    return this;
  }

  /**
   * The one file to import.
   *
   * @throws IllegalStateException if a folder was set
   */
  public BarImport file(Path path) {
    requireUnset("file", file);
    requireUnset("file cannot be set: folder", folder);
    file = Objects.requireNonNull(path, "file");
    return this;
  }

  /**
   * The folder whose files to import, in the order of their names: those that end in {@code .csv}
   * or {@code .csv.gz}. Others, and folders inside, are reported as skipped.
   *
   * @throws IllegalStateException if a file or a pair was set
   */
  public BarImport folder(Path path) {
    requireUnset("folder", folder);
    requireUnset("folder cannot be set: file", file);
    requireUnset("folder cannot be set: pair", pair);
    folder = Objects.requireNonNull(path, "folder");
    return this;
  }

  private static void requireUnset(String setting, Object value) {
    if (value != null) {
      throw new IllegalStateException(setting + " was already set to " + value);
    }
  }

  /**
   * Imports the file, or the files of the folder one after the other, in the calling thread.
   *
   * <p>A file that fails is reported and does not keep the others from being imported.
   *
   * @throws IllegalStateException if the format, the file or folder, or a zone that the format
   *     needs is not set
   * @throws BqxException if the folder cannot be read or has no bar files, or the schema cannot be
   *     created
   */
  public ImportReport run() {
    if (format == null) {
      throw new IllegalStateException("format is not set; expected one of the BarFormat constants");
    }
    if (file == null && folder == null) {
      throw new IllegalStateException("nothing to import; set a file or a folder");
    }
    BarFileReader reader = reader();
    reader.requireZone();
    List<SkippedFile> skipped = new ArrayList<>();
    List<Path> files = folder == null ? List.of(file) : barFiles(skipped);

    BarLoader loader =
        new BarLoader(
            dataSource,
            schema == null ? DEFAULT_SCHEMA : schema,
            Boolean.TRUE.equals(replace),
            lockTimeout == null ? DEFAULT_LOCK_TIMEOUT : lockTimeout);
    loader.ensureSchema();
    List<LoadedFile> loaded = new ArrayList<>();
    List<FailedFile> failed = new ArrayList<>();
    for (Path next : files) {
      try {
        loaded.add(importFile(next, reader, loader));
      } catch (BqxException e) {
        LOG.warn("[file={}] not imported: {}", next, e.getMessage().lines().findFirst().orElse(""));
        failed.add(new FailedFile(next, e));
      }
    }
    return new ImportReport(loaded, failed, skipped);
  }

  private BarFileReader reader() {
    BarFileReader reader = BarFileReader.of(format, universe == null ? Universe.g8() : universe);
    reader = zone == null ? reader : reader.zone(zone);
    return clock == null ? reader : reader.clock(clock);
  }

  private List<Path> barFiles(List<SkippedFile> skipped) {
    try (Stream<Path> entries = Files.list(folder)) {
      List<Path> files = new ArrayList<>();
      for (Path entry : entries.sorted(Comparator.comparing(Path::getFileName)).toList()) {
        if (Files.isDirectory(entry)) {
          skipped.add(new SkippedFile(entry, "is a folder"));
        } else if (!BarFileName.isBarFile(entry)) {
          skipped.add(new SkippedFile(entry, "its name does not end in .csv or .csv.gz"));
        } else {
          files.add(entry);
        }
      }
      if (files.isEmpty()) {
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "Cannot import from folder %s: none of its %d entries is a file that ends in .csv or .csv.gz",
                folder,
                skipped.size()));
      }
      skipped.forEach(s -> LOG.info("[file={}] skipped: {}", s.file(), s.reason()));
      return files;
    } catch (IOException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT, "Cannot import from folder %s: it cannot be listed: %s", folder, e),
          e);
    }
  }

  private LoadedFile importFile(Path next, BarFileReader reader, BarLoader loader) {
    long started = System.nanoTime();
    BarFileReader.BarFile read = reader.readFile(next, pair);
    Bars bars = read.bars();
    BarLoader.Counts counts = loader.load(next, bars);
    LoadedFile result =
        new LoadedFile(
            next,
            bars.pair(),
            format,
            read.zone(),
            bars.rows(),
            counts.inserted(),
            counts.replaced(),
            counts.unchanged(),
            bars.axis().instant(0),
            bars.axis().instant(bars.rows() - 1));
    LOG.info(
        "[file={}] [pair={}] {} bars from {} to {} (zone {}): {} inserted, {} replaced, {} unchanged in {} ms",
        next,
        result.pair(),
        result.read(),
        result.first(),
        result.last(),
        result.zone(),
        result.inserted(),
        result.replaced(),
        result.unchanged(),
        (System.nanoTime() - started) / 1_000_000);
    return result;
  }
}
