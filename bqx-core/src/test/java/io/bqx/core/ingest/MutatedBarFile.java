package io.bqx.core.ingest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;

/**
 * A small file of bars, made from a seed: valid in one of the formats, then changed in none to
 * three ways and perhaps packed. The same seed makes the same file.
 *
 * @param format the format that it is to be read in
 * @param zone the zone that it is to be read in, or null
 * @param mutations the names of the changes, in order
 * @param bytes the file
 */
record MutatedBarFile(BarFormat format, ZoneId zone, List<String> mutations, byte[] bytes) {

  private static final List<LocalDateTime> DAYLIGHT_SAVING_CHANGES =
      List.of(
          LocalDateTime.parse("2024-03-31T02:50"),
          LocalDateTime.parse("2023-10-29T02:50"),
          LocalDateTime.parse("2024-03-10T01:50"),
          LocalDateTime.parse("2023-11-05T00:50"));
  private static final List<String> ODD_NUMBERS =
      List.of(
          "NaN",
          "Infinity",
          "-Infinity",
          "1e999",
          "-1e999",
          "1e-999",
          "0x1p3",
          "1.5d",
          "1.5f",
          "-0",
          "0",
          "-1.1",
          "+1.1",
          "1.1e0",
          "11e-1",
          ".9",
          "1.",
          ".",
          "",
          " 1.1",
          "1.1 ",
          "1,1",
          "1_1",
          "1 100.5",
          "1.1.1",
          "--1",
          "1e",
          "e1",
          "1e+",
          "\u0661.\u0661",
          "\uff11",
          "null",
          "1.7976931348623157e308",
          "1.7976931348623159e308",
          "4.9e-324",
          "9".repeat(400),
          "1".repeat(309),
          "0." + "0".repeat(400) + "1",
          "1e2147483648",
          "=1+1",
          "'1.1'",
          "\u22121.1",
          "1\u00a0000");
  private static final List<String> ODD_TEXTS =
      List.of(
          "\u0000",
          "\ufeff",
          "\u202e",
          "\u001b[31m",
          "'; drop table m1_eurusd; --",
          "\\",
          "\\N",
          "\\.",
          "\t",
          ";",
          ",",
          "\"",
          "\"\"",
          "\u2028",
          "\u0085",
          "\ud83d\ude00",
          "#",
          "%s",
          "{0}",
          "Z",
          "+02:00",
          "-18:30",
          "+1859",
          " GMT+0200",
          "GMT",
          "T",
          ":60",
          "24:00");

  /** Lines of text, changed. */
  private enum TextChange {
    REPEAT_A_LINE((lines, random) -> inserted(lines, random, lines.get(at(lines, random)))),
    REPEAT_THE_HEADER((lines, random) -> inserted(lines, random, lines.get(0))),
    DELETE_A_LINE((lines, random) -> removed(lines, at(lines, random))),
    DELETE_THE_HEADER((lines, random) -> removed(lines, 0)),
    SWAP_LINES(TextChange::swapped),
    INSERT_AN_EMPTY_LINE((lines, random) -> inserted(lines, random, "")),
    END_WITH_EMPTY_LINES((lines, random) -> appended(lines, random.nextBoolean() ? "" : "\n")),
    CUT_A_LINE(
        (lines, random) ->
            edited(lines, random, (line, r) -> line.substring(0, r.nextInt(line.length() + 1)))),
    JOIN_LINES((lines, random) -> joined(lines, random)),
    REPLACE_A_FIELD((lines, random) -> field(lines, random, (f, r) -> pick(ODD_NUMBERS, r))),
    EMPTY_A_FIELD((lines, random) -> field(lines, random, (f, r) -> "")),
    APPEND_TO_A_FIELD((lines, random) -> field(lines, random, (f, r) -> f + pick(ODD_TEXTS, r))),
    PREPEND_TO_A_FIELD((lines, random) -> field(lines, random, (f, r) -> pick(ODD_TEXTS, r) + f)),
    INSERT_INTO_A_FIELD((lines, random) -> field(lines, random, TextChange::withInserted)),
    QUOTE_A_FIELD((lines, random) -> field(lines, random, (f, r) -> '"' + f + '"')),
    QUOTE_HALF_A_FIELD(
        (lines, random) -> field(lines, random, (f, r) -> r.nextBoolean() ? '"' + f : f + '"')),
    LOCALE_DECIMALS((lines, random) -> edited(lines, random, (line, r) -> line.replace('.', ','))),
    CHANGE_A_DIGIT((lines, random) -> edited(lines, random, TextChange::withOtherDigit)),
    LENGTHEN_A_FRACTION(
        (lines, random) ->
            field(lines, random, (f, r) -> f + "123456789".repeat(r.nextInt(1, 40)))),
    LENGTHEN_A_FIELD(
        (lines, random) -> field(lines, random, (f, r) -> f + "x".repeat(1 << r.nextInt(17)))),
    ADD_A_FIELD(
        (lines, random) -> edited(lines, random, (line, r) -> line + separator(line) + "1")),
    REMOVE_A_FIELD(
        (lines, random) ->
            edited(
                lines,
                random,
                (line, r) -> line.substring(0, Math.max(0, line.lastIndexOf(separator(line)))))),
    SWAP_FIELDS(TextChange::withFieldsSwapped),
    OTHER_SEPARATOR(
        (lines, random) ->
            edited(
                lines,
                random,
                (line, r) ->
                    line.replace(separator(line), pick(List.of(",", ";", "\t", "|", " "), r)))),
    PAD_A_LINE(
        (lines, random) ->
            edited(lines, random, (line, r) -> r.nextBoolean() ? " " + line : line + " ")),
    OTHER_CASE(
        (lines, random) ->
            edited(
                lines,
                random,
                (line, r) ->
                    r.nextBoolean()
                        ? line.toUpperCase(Locale.ROOT)
                        : line.toLowerCase(Locale.ROOT)));

    private final BiFunction<List<String>, Random, List<String>> change;

    TextChange(BiFunction<List<String>, Random, List<String>> change) {
      this.change = change;
    }

    private static int at(List<String> lines, Random random) {
      return random.nextInt(lines.size());
    }

    private static List<String> inserted(List<String> lines, Random random, String line) {
      lines.add(random.nextInt(lines.size() + 1), line);
      return lines;
    }

    private static List<String> appended(List<String> lines, String line) {
      lines.add(line);
      return lines;
    }

    private static List<String> removed(List<String> lines, int line) {
      lines.remove(line);
      return lines;
    }

    private static List<String> swapped(List<String> lines, Random random) {
      Collections.swap(lines, at(lines, random), at(lines, random));
      return lines;
    }

    private static List<String> joined(List<String> lines, Random random) {
      int first = at(lines, random);
      if (first + 1 < lines.size()) {
        lines.set(first, lines.get(first) + lines.remove(first + 1));
      }
      return lines;
    }

    private static List<String> edited(
        List<String> lines, Random random, BiFunction<String, Random, String> edit) {
      int line = at(lines, random);
      lines.set(line, edit.apply(lines.get(line), random));
      return lines;
    }

    private static List<String> field(
        List<String> lines, Random random, BiFunction<String, Random, String> edit) {
      return edited(
          lines,
          random,
          (line, r) -> {
            String[] fields = line.split(separator(line), -1);
            int field = r.nextInt(fields.length);
            fields[field] = edit.apply(fields[field], r);
            return String.join(separator(line), fields);
          });
    }

    private static List<String> withFieldsSwapped(List<String> lines, Random random) {
      return edited(
          lines,
          random,
          (line, r) -> {
            List<String> fields = Arrays.asList(line.split(separator(line), -1));
            Collections.swap(fields, at(fields, r), at(fields, r));
            return String.join(separator(line), fields);
          });
    }

    private static String withInserted(String text, Random random) {
      int at = random.nextInt(text.length() + 1);
      return text.substring(0, at) + pick(ODD_TEXTS, random) + text.substring(at);
    }

    private static String withOtherDigit(String text, Random random) {
      int[] digits =
          IntStream.range(0, text.length())
              .filter(at -> Character.isDigit(text.charAt(at)))
              .toArray();
      if (digits.length == 0) {
        return text;
      }
      int at = digits[random.nextInt(digits.length)];
      return text.substring(0, at) + random.nextInt(10) + text.substring(at + 1);
    }

    private static String separator(String line) {
      return line.contains("\t") ? "\t" : line.contains(";") ? ";" : ",";
    }
  }

  /** Bytes of the text, changed. */
  private enum ByteChange {
    FLIP_A_BIT((bytes, random) -> flipped(bytes, random)),
    REPLACE_A_BYTE((bytes, random) -> spliced(bytes, random, 1, someBytes(random, 1))),
    INSERT_BYTES(
        (bytes, random) -> spliced(bytes, random, 0, someBytes(random, random.nextInt(1, 5)))),
    DELETE_BYTES((bytes, random) -> spliced(bytes, random, random.nextInt(1, 40), new byte[0])),
    INSERT_A_ZERO((bytes, random) -> spliced(bytes, random, 0, new byte[1])),
    INSERT_INVALID_UTF8(
        (bytes, random) ->
            spliced(
                bytes,
                random,
                0,
                pick(
                    List.of(
                        new byte[] {(byte) 0xff},
                        new byte[] {(byte) 0xc0, (byte) 0xb1},
                        new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
                        new byte[] {(byte) 0xe2, (byte) 0x82}),
                    random))),
    TRUNCATE((bytes, random) -> Arrays.copyOf(bytes, random.nextInt(bytes.length + 1))),
    REPEAT((bytes, random) -> joined(bytes, bytes)),
    BYTE_ORDER_MARK(
        (bytes, random) -> joined(new byte[] {(byte) 0xef, (byte) 0xbb, (byte) 0xbf}, bytes)),
    OTHER_ENCODING(ByteChange::reencoded);

    private final BiFunction<byte[], Random, byte[]> change;

    ByteChange(BiFunction<byte[], Random, byte[]> change) {
      this.change = change;
    }

    private static byte[] reencoded(byte[] bytes, Random random) {
      String text = new String(bytes, StandardCharsets.UTF_8);
      boolean mark = random.nextBoolean();
      Charset charset =
          Charset.forName(
              pick(List.of("UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE", "ISO-8859-1"), random));
      return ((mark ? "\ufeff" : "") + text).getBytes(charset);
    }
  }

  /** How the file is packed. */
  private enum Packing {
    PLAIN((bytes, random) -> bytes),
    GZIP((bytes, random) -> gzip(bytes)),
    GZIP_IN_MEMBERS(
        (bytes, random) -> {
          int cut = random.nextInt(bytes.length + 1);
          return joined(
              gzip(Arrays.copyOf(bytes, cut)), gzip(Arrays.copyOfRange(bytes, cut, bytes.length)));
        }),
    GZIP_TRUNCATED(
        (bytes, random) -> {
          byte[] packed = GZIP_IN_MEMBERS.change.apply(bytes, random);
          return Arrays.copyOf(packed, random.nextInt(packed.length));
        }),
    GZIP_DAMAGED((bytes, random) -> flipped(GZIP_IN_MEMBERS.change.apply(bytes, random), random)),
    GZIP_WITH_MORE_BEHIND(
        (bytes, random) -> joined(gzip(bytes), someBytes(random, random.nextInt(1, 40)))),
    GZIP_WITH_TEXT_BEHIND((bytes, random) -> joined(gzip(bytes), bytes)),
    GZIP_OF_GZIP((bytes, random) -> gzip(gzip(bytes)));

    private final BiFunction<byte[], Random, byte[]> change;

    Packing(BiFunction<byte[], Random, byte[]> change) {
      this.change = change;
    }
  }

  /** The file of a seed. */
  static MutatedBarFile of(long seed) {
    Random random = new Random(seed * 0x9e3779b97f4a7c15L);
    BarFormat format = pick(List.of(BarFormat.values()), random);
    boolean stated = format == BarFormat.CSV && random.nextBoolean();
    boolean local = format == BarFormat.DUKASCOPY && random.nextInt(3) == 0;
    ZoneId zone =
        switch (format) {
          case CSV -> stated && random.nextBoolean() ? null : someZone(random);
          case HISTDATA -> null;
          case MT5 -> someZone(random);
          case DUKASCOPY -> local ? someZone(random) : null;
        };
    List<String> lines = valid(format, stated, local, random);
    List<String> mutations = new ArrayList<>();
    List<ByteChange> later = new ArrayList<>();
    for (int left = random.nextInt(3); left > 0 && !lines.isEmpty(); left--) {
      if (random.nextInt(4) == 0) {
        later.add(pick(List.of(ByteChange.values()), random));
      } else {
        TextChange change = pick(List.of(TextChange.values()), random);
        mutations.add(change.name());
        lines = change.change.apply(lines, random);
      }
    }
    String lineEnd = pick(List.of("\n", "\n", "\n", "\r\n", "\r"), random);
    String text = String.join(lineEnd, lines) + (random.nextInt(4) == 0 ? "" : lineEnd);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (ByteChange change : later) {
      mutations.add(change.name());
      bytes = change.change.apply(bytes, random);
    }
    Packing packing =
        random.nextInt(3) > 0 ? Packing.PLAIN : pick(List.of(Packing.values()), random);
    mutations.add(packing.name());
    return new MutatedBarFile(format, zone, mutations, packing.change.apply(bytes, random));
  }

  private static ZoneId someZone(Random random) {
    return ZoneId.of(
        pick(List.of("EET", "Europe/London", "America/New_York", "UTC", "+03:00"), random));
  }

  private static List<String> valid(
      BarFormat format, boolean offset, boolean local, Random random) {
    List<String> lines = new ArrayList<>();
    switch (format) {
      case CSV -> lines.add("time,open,high,low,close,volume");
      case MT5 ->
          lines.add("<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>");
      case DUKASCOPY ->
          lines.add((local ? "Local time" : "Gmt time") + ",Open,High,Low,Close,Volume");
      case HISTDATA -> {}
    }
    LocalDateTime time =
        random.nextInt(6) == 0
            ? pick(DAYLIGHT_SAVING_CHANGES, random)
            : LocalDateTime.parse("2014-01-06T00:00")
                .plusMinutes(random.nextInt(random.nextBoolean() ? 5_000 : 5_000_000));
    boolean statedOffset = local && random.nextBoolean();
    int count = random.nextInt(1, 40);
    for (int bar = 0; bar < count; bar++) {
      double low = 1 + random.nextInt(5000) / 10_000.0;
      double high = low + random.nextInt(100) / 10_000.0;
      double open = random.nextBoolean() ? low : high;
      double close = random.nextBoolean() ? low : high;
      int volume = random.nextInt(200);
      lines.add(
          switch (format) {
            case CSV ->
                line("uuuu-MM-dd'T'HH:mm:ss", time)
                    + (offset ? "Z" : "")
                    + prices(",%.5f,%.5f,%.5f,%.5f,%d", open, high, low, close, volume);
            case HISTDATA ->
                line("uuuuMMdd HHmmss", time)
                    + prices(";%.6f;%.6f;%.6f;%.6f;%d", open, high, low, close, volume);
            case MT5 ->
                line("uuuu.MM.dd\tHH:mm:ss", time)
                    + prices("\t%.5f\t%.5f\t%.5f\t%.5f\t%d\t0\t11", open, high, low, close, volume);
            case DUKASCOPY ->
                line("dd.MM.uuuu HH:mm:ss.SSS", time)
                    + (statedOffset ? " GMT+0200" : "")
                    + prices(",%.5f,%.5f,%.5f,%.5f,%d", open, high, low, close, volume);
          });
      time = time.plusMinutes(random.nextInt(20) == 0 ? random.nextInt(1, 3000) : 1);
    }
    return lines;
  }

  private static String line(String pattern, LocalDateTime time) {
    return time.format(DateTimeFormatter.ofPattern(pattern, Locale.ROOT));
  }

  private static String prices(
      String pattern, double open, double high, double low, double close, int volume) {
    return String.format(Locale.ROOT, pattern, open, high, low, close, volume);
  }

  private static <T> T pick(List<T> from, Random random) {
    return from.get(random.nextInt(from.size()));
  }

  private static byte[] someBytes(Random random, int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] flipped(byte[] bytes, Random random) {
    byte[] changed = bytes.clone();
    if (changed.length > 0) {
      changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return changed;
  }

  private static byte[] spliced(byte[] bytes, Random random, int removed, byte[] inserted) {
    int at = random.nextInt(bytes.length + 1);
    return joined(
        joined(Arrays.copyOf(bytes, at), inserted),
        Arrays.copyOfRange(bytes, Math.min(bytes.length, at + removed), bytes.length));
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }
}
