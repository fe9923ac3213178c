package io.bqx.core.ingest;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * What a file of bars should give, read a second time in the simplest way: the whole text at once,
 * regular expressions and {@code java.time}. Shares no code with the import.
 */
final class StrictBarReading {

  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?");
  private static final Pattern CSV_TIME =
      Pattern.compile(
          "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\\.[0-9]{1,6})?)?"
              + "(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?");
  private static final DateTimeFormatter CSV_LOCAL =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd'T'HH:mm[:ss]")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 6, true)
          .toFormatter(Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT);
  private static final Map<BarFormat, DateTimeFormatter> LOCAL =
      Map.of(
          BarFormat.HISTDATA, strict("uuuuMMdd HHmmss"),
          BarFormat.MT5, strict("uuuu.MM.dd HH:mm:ss"));
  private static final DateTimeFormatter DUKASCOPY_LOCAL =
      new DateTimeFormatterBuilder()
          .appendPattern("dd.MM.uuuu HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 1, 6, true)
          .toFormatter(Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT);
  private static final Pattern DUKASCOPY_OFFSET =
      Pattern.compile("(.*) GMT([+-][0-9]{2}(?::?[0-9]{2})?)", Pattern.DOTALL);
  private static final Instant EARLIEST = Instant.parse("1971-01-01T00:00:00Z");

  private static final int RESERVED_FLAGS = 0xe0;

  private final BarFormat format;
  private final ZoneId zone;
  private final Instant latest;

  /**
   * Readings of files in a format.
   *
   * @param zone the zone of local times, or null
   */
  StrictBarReading(BarFormat format, ZoneId zone, Instant now) {
    this.format = format;
    this.zone = format == BarFormat.HISTDATA ? ZoneOffset.ofHours(-5) : zone;
    this.latest = now.plus(1, ChronoUnit.DAYS);
  }

  /**
   * What a file should give.
   *
   * @param bars all bars, as {@link BarFiles#lines}; empty if the file is to be refused
   * @param badLines the numbers of the lines to be named, if every line can be judged; empty if the
   *     file is to be refused as a whole
   */
  record Expectation(Optional<List<String>> bars, Optional<TreeSet<Long>> badLines) {}

  private static final Expectation REFUSED_AS_A_WHOLE =
      new Expectation(Optional.empty(), Optional.empty());

  private record Line(long number, List<String> fields) {}

  private static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1L;
  }

  private static DateTimeFormatter strict(String pattern) {
    return DateTimeFormatter.ofPattern(pattern, Locale.ROOT)
        .withResolverStyle(ResolverStyle.STRICT);
  }

  Expectation of(byte[] file) {
    try {
      return of(lines(text(unpacked(file))));
    } catch (Unreadable e) {
      return REFUSED_AS_A_WHOLE;
    }
  }

  /** The members of a gzip file one by one, each cut off exactly; any other file as it is. */
  private static byte[] unpacked(byte[] file) throws Unreadable {
    if (file.length < 2 || file[0] != 0x1f || file[1] != (byte) 0x8b) {
      return file;
    }
    var text = new ByteArrayOutputStream();
    int[] next = {0};
    while (next[0] < file.length) {
      // RFC 1952 wants an error where the JDK takes no notice.
      if (next[0] + 3 < file.length && (file[next[0] + 3] & RESERVED_FLAGS) != 0) {
        throw new Unreadable();
      }
      // One byte at a time, and never more at hand: then the JDK's reader stops after one member.
      try (GZIPInputStream member =
          new GZIPInputStream(
              new ByteArrayInputStream(new byte[0]) {
                @Override
                public int read() {
                  return next[0] < file.length ? file[next[0]++] & 0xff : -1;
                }

                @Override
                public int read(byte[] target, int offset, int length) {
                  int read = read();
                  if (read < 0) {
                    return -1;
                  }
                  target[offset] = (byte) read;
                  return 1;
                }

                @Override
                public int available() {
                  return 0;
                }
              })) {
        member.transferTo(text);
      } catch (IOException e) {
        throw new Unreadable();
      }
    }
    return text.toByteArray();
  }

  private static String text(byte[] bytes) {
    Charset charset = StandardCharsets.UTF_8;
    int mark = 0;
    for (var known :
        Map.of(
                "efbbbf", "UTF-8",
                "feff", "UTF-16BE",
                "fffe", "UTF-16LE",
                "0000feff", "UTF-32BE",
                "fffe0000", "UTF-32LE")
            .entrySet()) {
      byte[] sign = HexFormat.of().parseHex(known.getKey());
      if (sign.length > mark
          && bytes.length >= sign.length
          && Arrays.equals(sign, Arrays.copyOf(bytes, sign.length))) {
        mark = sign.length;
        charset = Charset.forName(known.getValue());
      }
    }
    return new String(bytes, mark, bytes.length - mark, charset);
  }

  /** Records of RFC 4180 with the number of the line in which each begins; any line end will do. */
  private List<Line> lines(String text) throws Unreadable {
    char separator = Map.of('c', ',', 'h', ';', 'm', '\t', 'd', ',').get(format.id().charAt(0));
    List<Line> lines = new ArrayList<>();
    int at = 0;
    long number = 1;
    while (at < text.length()) {
      List<String> fields = new ArrayList<>();
      long begin = number;
      boolean more = true;
      while (more) {
        StringBuilder field = new StringBuilder();
        if (at < text.length() && text.charAt(at) == '"') {
          at++;
          while (true) {
            if (at == text.length()) {
              throw new Unreadable();
            }
            char next = text.charAt(at++);
            if (next == '"') {
              if (at == text.length() || text.charAt(at) != '"') {
                break;
              }
              at++;
            } else if (next == '\n' || (next == '\r' && !text.startsWith("\n", at))) {
              number++;
            }
            field.append(next);
          }
          if (at < text.length()
              && "\r\n".indexOf(text.charAt(at)) < 0
              && text.charAt(at) != separator) {
            throw new Unreadable();
          }
        } else {
          while (at < text.length()
              && "\r\n".indexOf(text.charAt(at)) < 0
              && text.charAt(at) != separator) {
            field.append(text.charAt(at++));
          }
        }
        fields.add(field.toString());
        more = at < text.length() && text.charAt(at) == separator;
        at += more ? 1 : 0;
      }
      if (at < text.length()) {
        at += text.startsWith("\r\n", at) ? 2 : 1;
        number++;
      }
      lines.add(new Line(begin, fields));
    }
    return lines;
  }

  private Expectation of(List<Line> all) throws Unreadable {
    List<Line> lines = new ArrayList<>(all);
    TreeSet<Long> bad = new TreeSet<>();
    if (!lines.isEmpty() && isEmpty(lines.get(lines.size() - 1))) {
      lines.remove(lines.size() - 1);
    }
    lines.stream().filter(StrictBarReading::isEmpty).forEach(line -> bad.add(line.number()));
    lines.removeIf(StrictBarReading::isEmpty);
    List<String> header =
        format == BarFormat.HISTDATA || lines.isEmpty()
            ? List.of()
            : lines.remove(0).fields().stream()
                .map(name -> format == BarFormat.MT5 ? name : name.toLowerCase(Locale.ROOT))
                .toList();
    int[] order = columns(header);
    boolean local = !header.isEmpty() && header.get(0).equals("local time");
    List<String> bars = new ArrayList<>();
    Instant last = EARLIEST.minusSeconds(1);
    for (Line line : lines) {
      try {
        List<String> fields = line.fields();
        if (fields.size() != (format == BarFormat.MT5 ? 9 : 6)) {
          throw new Unreadable();
        }
        Instant time = time(fields, order[0], local);
        if (!time.isAfter(last) || time.isBefore(EARLIEST) || time.isAfter(latest)) {
          throw new Unreadable();
        }
        if (format == BarFormat.MT5 && (number(fields.get(7)) < 0 || number(fields.get(8)) < 0)) {
          throw new Unreadable();
        }
        last = time;
        double open = number(fields.get(order[1]));
        double high = number(fields.get(order[2]));
        double low = number(fields.get(order[3]));
        double close = number(fields.get(order[4]));
        double volume = number(fields.get(order[5]));
        if (!(low > 0 && low <= open && low <= close && open <= high && close <= high)
            || volume < 0) {
          throw new Unreadable();
        }
        bars.add(
            String.join(
                " ",
                time.toString(),
                String.valueOf(open),
                String.valueOf(high),
                String.valueOf(low),
                String.valueOf(close),
                String.valueOf(Math.abs(volume))));
      } catch (Unreadable e) {
        bad.add(line.number());
      }
    }
    if (bad.isEmpty() && bars.isEmpty()) {
      throw new Unreadable();
    }
    return bad.isEmpty()
        ? new Expectation(Optional.of(bars), Optional.empty())
        : new Expectation(Optional.empty(), Optional.of(bad));
  }

  private static boolean isEmpty(Line line) {
    return line.fields().equals(List.of(""));
  }

  /** Where time, open, high, low, close and volume stand. */
  private int[] columns(List<String> header) throws Unreadable {
    return switch (format) {
      case HISTDATA -> new int[] {0, 1, 2, 3, 4, 5};
      case MT5 -> {
        require(
            String.join(" ", header)
                .equals("<DATE> <TIME> <OPEN> <HIGH> <LOW> <CLOSE> <TICKVOL> <VOL> <SPREAD>"));
        require(header.size() == 9);
        yield new int[] {0, 2, 3, 4, 5, 6};
      }
      case DUKASCOPY -> {
        require(
            header.equals(List.of("gmt time", "open", "high", "low", "close", "volume"))
                || header.equals(List.of("local time", "open", "high", "low", "close", "volume")));
        yield new int[] {0, 1, 2, 3, 4, 5};
      }
      case CSV -> {
        List<String> names = List.of("time", "open", "high", "low", "close", "volume");
        require(header.size() == 6 && header.containsAll(names));
        yield names.stream().mapToInt(header::indexOf).toArray();
      }
    };
  }

  private static void require(boolean met) throws Unreadable {
    if (!met) {
      throw new Unreadable();
    }
  }

  private Instant time(List<String> fields, int at, boolean local) throws Unreadable {
    String text = fields.get(at);
    try {
      switch (format) {
        case CSV -> {
          var parts = CSV_TIME.matcher(text);
          require(parts.matches());
          int zoneLength = parts.group(1) == null ? 0 : parts.group(1).length();
          LocalDateTime time =
              LocalDateTime.parse(
                  text.substring(0, text.length() - zoneLength).replace(' ', 'T'), CSV_LOCAL);
          return parts.group(1) == null
              ? inZone(time, zone)
              : OffsetDateTime.of(time, ZoneOffset.of(parts.group(1))).toInstant();
        }
        case DUKASCOPY -> {
          var parts = DUKASCOPY_OFFSET.matcher(text);
          if (local && parts.matches()) {
            return OffsetDateTime.of(
                    LocalDateTime.parse(parts.group(1), DUKASCOPY_LOCAL),
                    ZoneOffset.of(parts.group(2)))
                .toInstant();
          }
          return inZone(LocalDateTime.parse(text, DUKASCOPY_LOCAL), local ? zone : ZoneOffset.UTC);
        }
        case MT5 -> {
          return inZone(LocalDateTime.parse(text + " " + fields.get(1), LOCAL.get(format)), zone);
        }
        default -> {
          return inZone(LocalDateTime.parse(text, LOCAL.get(format)), zone);
        }
      }
    } catch (DateTimeException e) {
      throw new Unreadable();
    }
  }

  private static Instant inZone(LocalDateTime time, ZoneId zone) throws Unreadable {
    require(zone != null && zone.getRules().getValidOffsets(time).size() == 1);
    return time.atZone(zone).toInstant();
  }

  private static double number(String text) throws Unreadable {
    require(NUMBER.matcher(text).matches());
    double value = Double.parseDouble(text);
    require(Double.isFinite(value));
    return value;
  }
}
