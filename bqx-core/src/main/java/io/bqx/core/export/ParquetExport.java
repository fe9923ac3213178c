package io.bqx.core.export;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.Identifiers;
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
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
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
  private final Map<String, Object> set = new HashMap<>();
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
    return once("destination", Objects.requireNonNull(destination, "destination"));
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
    return once("universe", Objects.requireNonNull(universe, "universe"));
  }

  /** The windows of all formulas; {@link Windows#ofDefaults()} if they are not set. */
  public ParquetExport windows(Windows windows) {
    return once("windows", Objects.requireNonNull(windows, "windows"));
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
    if (to.isBefore(from)) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "The last month, %s, is before the first one, %s", to, from));
    }
    List<YearMonth> months = new ArrayList<>();
    for (YearMonth month = from; !month.isAfter(to); month = month.plusMonths(1)) {
      months.add(month);
    }
    return once("months", List.copyOf(months));
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
   * takes up to two connections, a thread beside its own, and the memory of one encoded row group,
   * about 60 MB.
   *
   * @throws IllegalArgumentException if it is below 1
   */
  public ParquetExport workers(int workers) {
    if (workers < 1) {
      throw new IllegalArgumentException("workers must be 1 or more, not " + workers);
    }
    return once("workers", workers);
  }

  /**
   * How the files lay out doubles; {@link DoubleEncoding#BYTE_STREAM_SPLIT} if it is not set. A
   * file with another encoding is written again.
   */
  public ParquetExport encoding(DoubleEncoding encoding) {
    return once("encoding", Objects.requireNonNull(encoding, "encoding"));
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
    return once("lockPolicy", Objects.requireNonNull(policy, "lockPolicy"));
  }

  /**
   * After how much time without progress the listener is told, and whether the wait is then ended;
   * {@link StallPolicy#ofDefaults()} if it is not set.
   */
  public ParquetExport stallPolicy(StallPolicy policy) {
    return once("stallPolicy", Objects.requireNonNull(policy, "stallPolicy"));
  }

  /** Who hears of the progress; nobody if it is not set. */
  public ParquetExport listener(ExportListener listener) {
    return once("listener", Objects.requireNonNull(listener, "listener"));
  }

  /**
   * Writes the files that are missing or not what the database has, and then the manifest. An
   * interrupt of this thread cancels: files in hand are finished, no other is begun.
   *
   * @throws BqxException if it cannot begin, for example because there are no features; what
   *     happens to a file is in the report instead
   */
  public ExportReport run() {
    ExportSettings settings = settings();
    return new Exporter(settings, format(settings)).run();
  }

  /**
   * Reads every file back and compares it with the database, and records at the destination which
   * ones are right. An interrupt of this thread cancels.
   *
   * @throws BqxException if it cannot begin, for example because there is no manifest; what is
   *     wrong with a file is in the result instead
   */
  public ExportVerification verify() {
    ExportSettings settings = settings();
    return new Verifier(settings, format(settings)).verify();
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
    ExportSettings settings = settings();
    return new Verifier(settings, format(settings)).unverified();
  }

  /**
   * Encodes the same rows from memory into files that are deleted again, one after the other: the
   * encoder's own speed, to be compared with that of {@link #run} by one worker. Holds the rows of
   * one pair's month, about 120 MB.
   */
  public EncodingTime encodeFromMemory() {
    ExportSettings settings = settings();
    return new EncoderMeasurement(settings, format(settings)).measure();
  }

  private ParquetExport once(String setting, Object value) {
    Object before = set.putIfAbsent(setting, value);
    if (before != null) {
      throw new IllegalStateException(setting + " was already set to " + before);
    }
    return this;
  }

  private <T> T get(String setting, Class<T> type, T otherwise) {
    return set.containsKey(setting) ? type.cast(set.get(setting)) : otherwise;
  }

  @SuppressWarnings("unchecked")
  private ExportSettings settings() {
    if (!set.containsKey("destination")) {
      throw new IllegalStateException("The destination is not set; call to(destination)");
    }
    Universe universe = get("universe", Universe.class, Universe.g8());
    Stages stages =
        Stages.builtIn(
            universe,
            get("windows", Windows.class, Windows.ofDefaults()),
            TriangularArbitrage.DEFAULT_COST_PERCENT,
            TriangularArbitrage.DEFAULT_THRESHOLD_PERCENT);
    for (Stage<?> stage : own) {
      stages = stages.and(stage);
    }
    return new ExportSettings(
        dataSource,
        get("schema", String.class, "bqx"),
        stages,
        (List<CurrencyPair>) set.getOrDefault("pairs", universe.pairs()),
        Optional.ofNullable((List<YearMonth>) set.get("months")),
        (ExportDestination) set.get("destination"),
        get("workers", Integer.class, Runtime.getRuntime().availableProcessors()),
        get("encoding", DoubleEncoding.class, DoubleEncoding.BYTE_STREAM_SPLIT),
        get("redo", Boolean.class, false),
        get("sampledRows", Integer.class, SAMPLED_ROWS),
        get("lockPolicy", SwapPolicy.class, SwapPolicy.ofDefaults()),
        get("stallPolicy", StallPolicy.class, StallPolicy.ofDefaults()),
        get("listener", ExportListener.class, new ExportListener() {}));
  }

  private static ColumnarFormat format(ExportSettings settings) {
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
    return new ParquetFormat(settings.encoding());
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
