package io.bqx.core.export;

import io.bqx.core.BqxException;
import io.bqx.core.copy.RowEncoder;
import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/** Reads one file back and compares it with the manifest, with the ledger and with the database. */
final class FileVerification {

  /** What was read: values that went into checksums, and rows that were compared. */
  record Result(ExportedFile file, long values, long sampledRows) {}

  private final ExportSettings settings;
  private final ColumnarFormat format;
  private final SpoolFolder spool;
  private final Optional<ExportedFile> listed;
  private final String name;
  private final PartitionReader reader;

  FileVerification(
      ExportSettings settings,
      ColumnarFormat format,
      SpoolFolder spool,
      Optional<ExportedFile> listed,
      String name,
      PartitionReader reader) {
    this.settings = settings;
    this.format = format;
    this.spool = spool;
    this.listed = listed;
    this.name = name;
    this.reader = reader;
  }

  /**
   * Reads and compares.
   *
   * @throws BqxException if anything is not as it should be; the message begins with the file's
   *     name
   */
  Result verify() throws SQLException {
    Path copy = spool.newFile();
    try {
      try {
        return verify(copy);
      } finally {
        Files.deleteIfExists(copy);
      }
    } catch (IOException e) {
      throw fault("cannot be read: %s", PartitionExport.reason(e));
    }
  }

  private Result verify(Path copy) throws IOException, SQLException {
    Optional<StoredFile> stored = settings.destination().find(name);
    ExportedFile expected =
        listed.orElseThrow(
            () ->
                fault(
                    stored.isPresent()
                        ? "is not in the manifest; export again"
                        : "is missing: it was never exported"));
    StoredFile there = stored.orElseThrow(() -> fault("is missing; export again"));
    if (there.bytes() != expected.bytes()) {
      throw fault(
          "has %d bytes instead of %d: it was %s; export again with --redo",
          there.bytes(),
          expected.bytes(),
          there.bytes() < expected.bytes() ? "truncated" : "altered");
    }
    Path file = settings.destination().fetch(name, copy);
    String digest = Sha256.of(file);
    if (!digest.equals(expected.sha256())) {
      throw fault(
          "was altered: its SHA-256 is %s instead of %s; export again with --redo",
          digest, expected.sha256());
    }
    try (ColumnarFormat.Reader content = format.open(file)) {
      return compare(expected, content);
    }
  }

  private Result compare(ExportedFile expected, ColumnarFormat.Reader content)
      throws IOException, SQLException {
    Map<String, String> says = FileFacts.attributesOf(content.metadata());
    expected
        .attributes()
        .forEach(
            (key, value) -> {
              if (!value.equals(says.get(key))) {
                throw fault(
                    "says that its %s is %s, and the manifest %s; export again with --redo",
                    key, says.get(key), value);
              }
            });
    PartitionState state = reader.state();
    requireColumns(state.columns(), content.columns());
    if (content.rows() != expected.rows()) {
      throw fault("has %d rows instead of %d", content.rows(), expected.rows());
    }
    if (state.isRecorded() && !state.source().equals(expected.source())) {
      throw fault(
          "is out of date: the database has been changed since (%s then, %s now); export again",
          expected.source(), state.source());
    }
    TreeMap<Long, byte[]> sample = new TreeMap<>();
    RowChecks checks = decode(content, state, sample);
    checks.fault().ifPresent(fault -> faultOfData(fault));
    if (checks.crc() != expected.crc32c()
        || !checks.first().equals(expected.first())
        || !checks.last().equals(expected.last())) {
      throw fault(
          "has rows from %s to %s with checksum %s; the manifest says %s to %s with %s",
          text(checks.first()),
          text(checks.last()),
          ExportedFile.hex(checks.crc()),
          text(expected.first()),
          text(expected.last()),
          ExportedFile.hex(expected.crc32c()));
    }
    requireEqual(state.columns(), sample);
    return new Result(expected, expected.rows() * (state.columns().size() - 1L), sample.size());
  }

  private void faultOfData(String fault) {
    throw fault("is not what the ledger has recorded: %s", fault);
  }

  private static String text(Optional<?> time) {
    return time.map(Object::toString).orElse("nothing");
  }

  private void requireColumns(List<FeatureColumn> stored, List<ColumnarFormat.Column> exported) {
    for (int c = 0; c < Math.max(stored.size(), exported.size()); c++) {
      String has = c < exported.size() ? describe(exported.get(c)) : "nothing";
      String should =
          c < stored.size()
              ? describe(
                  new ColumnarFormat.Column(
                      stored.get(c).name(),
                      stored.get(c).type(),
                      stored.get(c).type() != FeatureType.TIMESTAMP))
              : "nothing";
      if (!has.equals(should)) {
        throw fault(
            "has %s as its column %d, and the database %s; export again", has, c + 1, should);
      }
    }
  }

  private static String describe(ColumnarFormat.Column column) {
    return column.name()
        + " of type "
        + column.type().name().toLowerCase(Locale.ROOT)
        + (column.nullable() ? "" : " not null");
  }

  /** Decodes all rows, encodes them as the database does, and keeps some. */
  private RowChecks decode(
      ColumnarFormat.Reader content, PartitionState state, TreeMap<Long, byte[]> sample)
      throws IOException {
    List<FeatureColumn> columns = state.columns();
    TreeSet<Long> chosen = choose(content.rows());
    RowChecks checks = new RowChecks(state);
    RowBlock block = new RowBlock(columns.size() - 1);
    RowEncoder encoder = new RowEncoder(16 * columns.size());
    int[] starts = new int[columns.size() + 1];
    long number = 0;
    for (content.next(block); block.rows() > 0; content.next(block)) {
      for (int row = 0; row < block.rows(); row++) {
        encoder.clear();
        block.encode(row, columns, encoder, starts);
        long time = block.times()[row];
        checks.add(time, encoder.array(), field -> starts[field]);
        if (chosen.contains(number++)) {
          sample.put(time, Arrays.copyOf(encoder.array(), encoder.length()));
        }
      }
    }
    return checks;
  }

  /** The first row, the last one, and others at random. */
  private TreeSet<Long> choose(long rows) {
    TreeSet<Long> chosen = new TreeSet<>();
    if (rows > 0) {
      chosen.add(0L);
      chosen.add(rows - 1);
      SplittableRandom random = new SplittableRandom();
      while (chosen.size() < Math.min(rows, settings.sampledRows())) {
        chosen.add(random.nextLong(rows));
      }
    }
    return chosen;
  }

  private void requireEqual(List<FeatureColumn> columns, TreeMap<Long, byte[]> sample)
      throws SQLException {
    Map<Long, byte[]> stored =
        sample.isEmpty() ? Map.of() : reader.readAt(columns, List.copyOf(sample.keySet()));
    sample.forEach(
        (time, row) -> {
          byte[] there = stored.get(time);
          if (!Arrays.equals(row, there)) {
            throw fault(
                there == null
                    ? "has a row at %s that the database does not have"
                    : "has another row at %s than the database; export again",
                RowChecks.instant(time));
          }
        });
  }

  private BqxException fault(String message, Object... arguments) {
    return new BqxException(name + " " + String.format(Locale.ROOT, message, arguments));
  }
}
