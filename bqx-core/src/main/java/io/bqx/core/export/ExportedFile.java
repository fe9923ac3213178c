package io.bqx.core.export;

import io.bqx.features.CurrencyPair;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.YearMonth;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One file of an export: a month of a pair.
 *
 * @param pair the pair
 * @param month the month
 * @param rows its rows
 * @param bytes its size
 * @param crc32c the partition's checksum: CRC32C over all rows of time and fields as the database
 *     encodes them
 * @param sha256 the SHA-256 of the file's bytes, in hexadecimal
 * @param first the time of the first row; empty if there are no rows
 * @param last the time of the last row
 * @param source the stages that computed the columns, with the versions and checksums that the
 *     ledger had of them: {@code "2.12@1=0a1b2c3d ..."}
 * @param columns CRC32C of the list of columns, with their types and units
 * @param encoding how its doubles are laid out
 */
public record ExportedFile(
    CurrencyPair pair,
    YearMonth month,
    long rows,
    long bytes,
    long crc32c,
    String sha256,
    Optional<Instant> first,
    Optional<Instant> last,
    String source,
    long columns,
    DoubleEncoding encoding) {

  /** The version of the files' structure. A file of another version is written again. */
  static final String VERSION = "1";

  /** Its name, relative to the destination: {@code "pair=eurusd/month=2024-07/part-0.parquet"}. */
  public String name() {
    return nameOf(pair, month);
  }

  static String nameOf(CurrencyPair pair, YearMonth month) {
    return "pair=" + pair.name() + "/month=" + month + "/part-0.parquet";
  }

  /** What is kept with the file, its size and digest left out. */
  Map<String, String> attributes() {
    Map<String, String> attributes = new LinkedHashMap<>();
    attributes.put("schema-version", VERSION);
    attributes.put("pair", pair.name());
    attributes.put("month", month.toString());
    attributes.put("rows", Long.toString(rows));
    attributes.put("crc32c", hex(crc32c));
    first.ifPresent(time -> attributes.put("first", time.toString()));
    last.ifPresent(time -> attributes.put("last", time.toString()));
    attributes.put("source", source);
    attributes.put("columns-crc32c", hex(columns));
    attributes.put("encoding", encoding.toString());
    return attributes;
  }

  /** The file that {@link #attributes} are of; empty if they are of none, or of another version. */
  static Optional<ExportedFile> of(Map<String, String> attributes, long bytes, String sha256) {
    if (!VERSION.equals(attributes.get("schema-version"))) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new ExportedFile(
              CurrencyPair.of(attributes.getOrDefault("pair", "")),
              YearMonth.parse(attributes.getOrDefault("month", "")),
              Long.parseLong(attributes.getOrDefault("rows", "")),
              bytes,
              unhex(attributes.getOrDefault("crc32c", "")),
              sha256,
              Optional.ofNullable(attributes.get("first")).map(Instant::parse),
              Optional.ofNullable(attributes.get("last")).map(Instant::parse),
              attributes.getOrDefault("source", ""),
              unhex(attributes.getOrDefault("columns-crc32c", "")),
              DoubleEncoding.named(attributes.getOrDefault("encoding", ""))));
    } catch (IllegalArgumentException | DateTimeException e) {
      return Optional.empty();
    }
  }

  static String hex(long crc) {
    return HexFormat.of().toHexDigits((int) crc);
  }

  static long unhex(String crc) {
    return Integer.toUnsignedLong(HexFormat.fromHexDigits(crc));
  }
}
