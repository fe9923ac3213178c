package io.bqx.core.export;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.core.BqxException;
import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.ledger.RunId;
import io.bqx.features.CurrencyPair;
import io.bqx.features.FeatureColumn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The texts in JSON that go with an export. */
final class ExportJson {

  private static final String FORMAT = "bqx-export";
  private static final JSON PRETTY = JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT);

  private ExportJson() {}

  /** What should be a manifest is none; writing it again helps. */
  static final class DamagedException extends BqxException {

    private static final long serialVersionUID = 1L;

    DamagedException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private static byte[] bytes(Object value) {
    try {
      return PRETTY.asBytes(value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String line(Object value) {
    try {
      return JSON.std.asString(value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The columns with their types, units and stages. */
  static String columns(List<FeatureColumn> columns) {
    List<Map<String, Object>> list = new ArrayList<>();
    for (FeatureColumn column : columns) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", column.name());
      entry.put("type", column.type().name().toLowerCase(Locale.ROOT));
      entry.put("unit", column.unit());
      entry.put("stage", column.stage());
      list.add(entry);
    }
    return line(list);
  }

  /** The stages, with what the ledger has recorded of them. */
  static String stages(PartitionState state) {
    List<Map<String, Object>> list = new ArrayList<>();
    for (PartitionState.Part part : state.parts()) {
      Map<String, Object> stage = new LinkedHashMap<>();
      stage.put("stage", part.stage());
      stage.put("columns", part.count());
      part.entry().ifPresent(entry -> describe(entry, stage));
      list.add(stage);
    }
    return line(list);
  }

  private static void describe(LedgerEntry entry, Map<String, Object> stage) {
    stage.put("version", entry.stageVersion());
    stage.put("parameters", entry.parameters());
    stage.put("input_crc32c", ExportedFile.hex(entry.inputCrc()));
    stage.put("content_crc32c", ExportedFile.hex(entry.contentCrc()));
    entry.computedAt().ifPresent(time -> stage.put("computed_at", time.toString()));
    entry.run().map(RunId::toString).ifPresent(run -> stage.put("run", run));
  }

  static byte[] bytes(ExportManifest manifest) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("format", FORMAT);
    root.put("version", ExportedFile.VERSION);
    root.put("written", manifest.written().toString());
    root.put("file_count", manifest.files().size());
    root.put("rows", manifest.rows());
    root.put("bytes", manifest.bytes());
    root.put("files", manifest.files().stream().map(ExportJson::file).toList());
    return bytes(root);
  }

  private static Map<String, Object> file(ExportedFile file) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("name", file.name());
    entry.put("pair", file.pair().name());
    entry.put("month", file.month().toString());
    entry.put("rows", file.rows());
    entry.put("bytes", file.bytes());
    entry.put("first", file.first().map(Instant::toString).orElse(null));
    entry.put("last", file.last().map(Instant::toString).orElse(null));
    entry.put("crc32c", ExportedFile.hex(file.crc32c()));
    entry.put("sha256", file.sha256());
    entry.put("source", file.source());
    entry.put("columns_crc32c", ExportedFile.hex(file.columns()));
    entry.put("encoding", file.encoding().toString());
    return entry;
  }

  /**
   * Reads a manifest.
   *
   * @throws BqxException if it is none, or one of another version
   */
  static ExportManifest manifest(byte[] json) {
    try {
      Map<String, Object> root = JSON.std.mapFrom(json);
      if (!FORMAT.equals(root.get("format"))
          || !ExportedFile.VERSION.equals(String.valueOf(root.get("version")))) {
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "Cannot use the manifest %s: it is of format %s, version %s, and this release of bqx knows %s, version %s",
                ExportManifest.NAME,
                root.get("format"),
                root.get("version"),
                FORMAT,
                ExportedFile.VERSION));
      }
      List<ExportedFile> files = new ArrayList<>();
      for (Object entry : (List<?>) root.get("files")) {
        files.add(file((Map<?, ?>) entry));
      }
      return new ExportManifest(Instant.parse(text(root, "written")), files);
    } catch (IOException
        | ClassCastException
        | NullPointerException
        | IllegalArgumentException
        | DateTimeException e) {
      throw new DamagedException(
          "Cannot use the manifest " + ExportManifest.NAME + ": it is damaged. Export again", e);
    }
  }

  private static ExportedFile file(Map<?, ?> entry) {
    return new ExportedFile(
        CurrencyPair.of(text(entry, "pair")),
        YearMonth.parse(text(entry, "month")),
        number(entry, "rows"),
        number(entry, "bytes"),
        ExportedFile.unhex(text(entry, "crc32c")),
        text(entry, "sha256"),
        Optional.ofNullable((String) entry.get("first")).map(Instant::parse),
        Optional.ofNullable((String) entry.get("last")).map(Instant::parse),
        text(entry, "source"),
        ExportedFile.unhex(text(entry, "columns_crc32c")),
        DoubleEncoding.named(text(entry, "encoding")));
  }

  private static String text(Map<?, ?> entry, String key) {
    String text = (String) entry.get(key);
    if (text == null) {
      throw new IllegalArgumentException("There is no " + key);
    }
    return text;
  }

  private static long number(Map<?, ?> entry, String key) {
    return ((Number) entry.get(key)).longValue();
  }

  static byte[] bytes(VerifiedFiles verified) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("format", FORMAT);
    root.put("version", ExportedFile.VERSION);
    root.put("verified", verified.at().toString());
    root.put("sha256", verified.digests());
    return bytes(root);
  }

  /** Reads what was verified; what is damaged was not. */
  static VerifiedFiles verified(byte[] json) {
    try {
      Map<String, Object> root = JSON.std.mapFrom(json);
      Map<String, String> digests = new LinkedHashMap<>();
      if (ExportedFile.VERSION.equals(String.valueOf(root.get("version")))) {
        ((Map<?, ?>) root.get("sha256"))
            .forEach((name, digest) -> digests.put((String) name, (String) digest));
      }
      return new VerifiedFiles(Instant.parse(text(root, "verified")), digests);
    } catch (IOException
        | ClassCastException
        | NullPointerException
        | IllegalArgumentException
        | DateTimeException e) {
      return VerifiedFiles.NONE;
    }
  }
}
