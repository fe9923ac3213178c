package io.bqx.core.export;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.Identifiers;
import io.bqx.core.internal.OnceSettings;
import io.bqx.core.rewrite.SwapPolicy;
import io.bqx.core.stage.Stage;
import io.bqx.core.stage.Stages;
import io.bqx.core.watch.StallPolicy;
import io.bqx.features.CurrencyPair;
import io.bqx.features.TriangularArbitrage;
import io.bqx.features.Universe;
import io.bqx.features.Windows;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;

/**
 * Features as Parquet files, one per pair and month, in the folders that Hive names its partitions
 * by: {@code pair=eurusd/month=2024-07/part-0.parquet}.
 *
 * <pre>{@code
 * ExportReport report =
 *     ParquetExport.on(dataSource)
 *         .to(ExportDestination.directory(Path.of("features")))
 *         .run();
 * }</pre>
 *
 * <p>Every setter may be called once, and {@link #to} must be. An export that was stopped or killed
 * at any moment goes on when it is run again: a file that holds what the database has, by the
 * checksums of the ledger, is not written again. What the files hold, and how to read them, is in
 * {@code docs/export.md}.
 *
 * <p>Needs {@code org.apache.parquet:parquet-hadoop} and {@code
 * com.fasterxml.jackson.jr:jackson-jr-objects} on the class path, which this module does not bring,
 * and nothing of Hadoop.
 */
public final class ParquetExport {

  private static final int SAMPLED_ROWS = 100;
  private static final Map<String, String> LIBRARIES =
      Map.of(
          "org.apache.parquet.hadoop.ParquetFileWriter", "org.apache.parquet:parquet-hadoop",
          "com.github.luben.zstd.Zstd", "com.github.luben:zstd-jni",
          "com.fasterxml.jackson.jr.ob.JSON", "com.fasterxml.jackson.jr:jackson-jr-objects");

  private final DataSource dataSource;
  private final OnceSettings settings = new OnceSettings();
  private final List<Stage<?>> own = new ArrayList<>();

  private ParquetExport(DataSource dataSource) {
    this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
  }

  /** Begins an export from the database that the data source connects to. */
  public static ParquetExport on(DataSource dataSource) {
    return new ParquetExport(dataSource);
  }

  /** Where the files go, or are. Its owner closes it. */
  public ParquetExport to(ExportDestination destination) {
    return once("destination", destination);
  }

  /**
   * The schema that holds all tables; {@code bqx} if it is not set.
   *
   * @throws IllegalArgumentException if it cannot name a schema
   */
  public ParquetExport schema(String schema) {
    Identifiers.requireValid("schema", Objects.requireNonNull(schema, "schema"));
    return once("schema", schema);
  }

  /** The currencies and pairs; {@link Universe#g8()} if it is not set. */
  public ParquetExport universe(Universe universe) {
    return once("universe", universe);
  }

  /** The windows of all formulas; {@link Windows#ofDefaults()} if they are not set. */
  public ParquetExport windows(Windows windows) {
    return once("windows", windows);
  }

  /** Adds a stage of the caller's after the built-in ones; may be called for each of them. */
  public ParquetExport with(Stage<?> stage) {
    own.add(Objects.requireNonNull(stage, "stage"));
    return this;
  }

  /**
   * The months, both included; every month that has features if they are not set.
   *
   * @throws IllegalArgumentException if the last month is before the first one
   */
  public ParquetExport months(YearMonth from, YearMonth to) {
    settings.putMonths(from, to);
    return this;
  }

  /**
   * The pairs; all of the universe if they are not set.
   *
   * @throws IllegalArgumentException if there are none
   */
  public ParquetExport pairs(CurrencyPair... pairs) {
    if (pairs.length == 0) {
      throw new IllegalArgumentException(
          "pairs needs at least one pair; leave it out to export all of them");
    }
    return once("pairs", List.of(pairs));
  }

  /**
   * How many files are worked on at the same time; the number of processors if it is not set. Each
   * takes up to two connections, a thread beside its own, and the memory of one encoded row group
   * and of rows that are on their way to it, up to 85 MB.
   *
   * @throws IllegalArgumentException if it is below 1
   */
  public ParquetExport workers(int workers) {
    settings.putWorkers(workers);
    return this;
  }

  /**
   * How the files lay out doubles; {@link DoubleEncoding#BYTE_STREAM_SPLIT} if it is not set. A
   * file with another encoding is written again.
   */
  public ParquetExport encoding(DoubleEncoding encoding) {
    return once("encoding", encoding);
  }

  /** Writes files again that are there already, for example because one was found to be altered. */
  public ParquetExport redo() {
    return once("redo", true);
  }

  /**
   * How many rows of each file a verification compares with the database; 100 if it is not set. The
   * first and the last row are always among them.
   *
   * @throws IllegalArgumentException if it is below 2
   */
  public ParquetExport sampledRows(int rows) {
    if (rows < 2) {
      throw new IllegalArgumentException("sampledRows must be 2 or more, not " + rows);
    }
    return once("sampledRows", rows);
  }

  /**
   * How long and how often a table is waited for that somebody alters; {@link
   * SwapPolicy#ofDefaults()} if it is not set.
   */
  public ParquetExport lockPolicy(SwapPolicy policy) {
    return once("lockPolicy", policy);
  }

  /**
   * After how much time without progress the listener is told, and whether the wait is then ended;
   * {@link StallPolicy#ofDefaults()} if it is not set.
   */
  public ParquetExport stallPolicy(StallPolicy policy) {
    return once("stallPolicy", policy);
  }

  /** Who hears of the progress; nobody if it is not set. */
  public ParquetExport listener(ExportListener listener) {
    return once("listener", listener);
  }

  /**
   * Writes the files that are missing or not what the database has, and then the manifest. An
   * interrupt of this thread cancels: files in hand are finished, no other is begun.
   *
   * @throws BqxException if it cannot begin, for example because there are no features; what
   *     happens to a file is in the report instead
   */
  public ExportReport run() {
    ExportSettings export = settings();
    return new Exporter(export, format(export)).run();
  }

  /**
   * Reads every file back and compares it with the database, and records at the destination which
   * ones are right. An interrupt of this thread cancels.
   *
   * @throws BqxException if it cannot begin, for example because there is no manifest; what is
   *     wrong with a file is in the result instead
   */
  public ExportVerification verify() {
    ExportSettings export = settings();
    return new Verifier(export, format(export)).verify();
  }

  /**
   * What keeps this export from counting as verified, a sentence each; empty if nothing does: every
   * pair and month that has features has a file, {@link #verify} has found it to be right since it
   * was written, it still has its size, the database has not changed since, and there is no other
   * file. Reads no file but the manifest and the record of verifications, so it takes seconds.
   *
   * <p>This is what to ask before the machine or the database is given up.
   */
  public List<String> unverified() {
    ExportSettings export = settings();
    return new Verifier(export, format(export)).unverified();
  }

  /**
   * Encodes the same rows from memory into files that are deleted again, one after the other: the
   * encoder's own speed, to be compared with that of {@link #run} by one worker. Holds the rows of
   * one pair's month, about 120 MB.
   */
  public EncodingTime encodeFromMemory() {
    ExportSettings export = settings();
    return new EncoderMeasurement(export, format(export)).measure();
  }

  private ParquetExport once(String setting, Object value) {
    settings.put(setting, value);
    return this;
  }

  private ExportSettings settings() {
    ExportDestination destination =
        settings
            .find("destination", ExportDestination.class)
            .orElseThrow(
                () ->
                    new IllegalStateException("The destination is not set; call to(destination)"));
    Universe universe = settings.get("universe", Universe.class, Universe.g8());
    Stages stages =
        Stages.builtIn(
            universe,
            settings.get("windows", Windows.class, Windows.ofDefaults()),
            TriangularArbitrage.DEFAULT_COST_PERCENT,
            TriangularArbitrage.DEFAULT_THRESHOLD_PERCENT);
    for (Stage<?> stage : own) {
      stages = stages.and(stage);
    }
    return new ExportSettings(
        dataSource,
        settings.get("schema", String.class, "bqx"),
        stages,
        settings.list("pairs", CurrencyPair.class).orElse(universe.pairs()),
        settings.months(),
        destination,
        settings.workers(),
        settings.get("encoding", DoubleEncoding.class, DoubleEncoding.BYTE_STREAM_SPLIT),
        settings.isOn("redo"),
        settings.get("sampledRows", Integer.class, SAMPLED_ROWS),
        settings.get("lockPolicy", SwapPolicy.class, SwapPolicy.ofDefaults()),
        settings.get("stallPolicy", StallPolicy.class, StallPolicy.ofDefaults()),
        settings.get("listener", ExportListener.class, new ExportListener() {}));
  }

  private static ColumnarFormat format(ExportSettings export) {
    List<String> missing =
        LIBRARIES.entrySet().stream()
            .filter(library -> !isThere(library.getKey()))
            .map(Map.Entry::getValue)
            .sorted()
            .toList();
    if (!missing.isEmpty()) {
      throw new BqxException(
          "Cannot read or write Parquet: the class path lacks "
              + String.join(" and ", missing)
              + "; add what docs/export.md names under 'In a program'");
    }
    return new ParquetFormat(export.encoding());
  }

  private static boolean isThere(String type) {
    try {
      Class.forName(type, false, ParquetExport.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
