package io.bqx.core.ingest;

import de.siegmar.fastcsv.reader.CsvRecord;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;

/** Where the values of a bar stand in the lines of one file, and how its times are read. */
final class BarLayout {

  private static final List<String> CSV = List.of("time", "open", "high", "low", "close", "volume");
  private static final List<String> MT5 =
      List.of(
          "<DATE>",
          "<TIME>",
          "<OPEN>",
          "<HIGH>",
          "<LOW>",
          "<CLOSE>",
          "<TICKVOL>",
          "<VOL>",
          "<SPREAD>");
  private static final List<String> DUKASCOPY = List.of("open", "high", "low", "close", "volume");

  /** Microseconds UTC of a line. */
  private interface TimeReader {
    long read(CsvRecord line) throws BadLineException;
  }

  private final int fields;
  private final int[] prices;
  private final int volume;
  private final TimeReader time;
  private final BarTimes times;
  private final ZoneId zone;

  private BarLayout(
      int fields, int[] prices, int volume, ZoneId zone, BarTimes times, TimeReader time) {
    this.fields = fields;
    this.prices = prices;
    this.volume = volume;
    this.zone = zone;
    this.times = times;
    this.time = time;
  }

  /** Whether files of the format begin with a header. */
  static boolean hasHeader(BarFormat format) {
    return format != BarFormat.HISTDATA;
  }

  /**
   * The layout of a file whose first line is given.
   *
   * @param zone the zone of local times, or null if none was given
   * @throws BadLineException if the first line is not the header that the format asks for, or a
   *     zone is needed or refused
   */
  static BarLayout of(BarFormat format, CsvRecord first, ZoneId zone) throws BadLineException {
    return switch (format) {
      case CSV -> csv(first.getFields(), zone);
      case HISTDATA -> histData(format);
      case MT5 -> metaTrader(first.getFields(), zone);
      case DUKASCOPY -> dukascopy(first.getFields(), zone);
    };
  }

  private static BarLayout csv(List<String> header, ZoneId zone) throws BadLineException {
    List<String> names = header.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    if (!names.stream().sorted().toList().equals(CSV.stream().sorted().toList())) {
      throw wrongHeader(header, String.join(",", CSV) + " in any order");
    }
    int[] at = CSV.stream().mapToInt(names::indexOf).toArray();
    BarTimes times = new BarTimes(zone);
    return new BarLayout(
        CSV.size(),
        new int[] {at[1], at[2], at[3], at[4]},
        at[5],
        zone,
        times,
        line -> times.iso(line.getField(at[0])));
  }

  private static BarLayout histData(BarFormat format) {
    ZoneId zone = format.fixedZone().orElseThrow();
    BarTimes times = new BarTimes(zone);
    return new BarLayout(
        6, new int[] {1, 2, 3, 4}, 5, zone, times, line -> times.histData(line.getField(0)));
  }

  private static BarLayout metaTrader(List<String> header, ZoneId zone) throws BadLineException {
    if (!header.equals(MT5)) {
      throw wrongHeader(header, String.join(" ", MT5) + ", separated by tabs");
    }
    BarTimes times = new BarTimes(zone);
    return new BarLayout(
        MT5.size(),
        new int[] {2, 3, 4, 5},
        6,
        zone,
        times,
        line -> {
          requireCount("volume", line.getField(7));
          requireCount("spread", line.getField(8));
          return times.metaTrader(line.getField(0), line.getField(1));
        });
  }

  private static BarLayout dukascopy(List<String> header, ZoneId zone) throws BadLineException {
    List<String> names = header.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    if (names.size() != 6 || !names.subList(1, 6).equals(DUKASCOPY)) {
      throw wrongHeader(header, "Gmt time,Open,High,Low,Close,Volume");
    }
    boolean local = names.get(0).equals("local time");
    if (!local && !names.get(0).equals("gmt time")) {
      throw wrongHeader(header, "Gmt time,Open,High,Low,Close,Volume");
    }
    if (!local && zone != null && !zone.normalized().equals(ZoneOffset.UTC)) {
      throw new BadLineException(
          String.format(
              Locale.ROOT,
              "the header says Gmt time, but the zone is given as %s; leave the zone out",
              zone));
    }
    ZoneId fileZone = local ? zone : ZoneOffset.UTC;
    BarTimes times = new BarTimes(fileZone);
    return new BarLayout(
        6,
        new int[] {1, 2, 3, 4},
        5,
        fileZone,
        times,
        line -> times.dukascopy(line.getField(0), local));
  }

  private static BadLineException wrongHeader(List<String> header, String expected) {
    return new BadLineException(
        String.format(
            Locale.ROOT,
            "the header is '%s'; expected %s",
            BarText.shown(String.join(",", header)),
            expected));
  }

  private static void requireCount(String name, String text) throws BadLineException {
    double value = BarNumbers.parse(name, text);
    if (!(value >= 0)) {
      throw new BadLineException(
          String.format(Locale.ROOT, "%s is %s; it cannot be negative", name, BarText.shown(text)));
    }
  }

  /** Microseconds UTC of a line's time. */
  long time(CsvRecord line) throws BadLineException {
    if (line.getFieldCount() != fields) {
      throw new BadLineException(
          String.format(
              Locale.ROOT, "the line has %d fields; expected %d", line.getFieldCount(), fields));
    }
    return time.read(line);
  }

  /** The open, high, low or close (0 to 3) of a line, as text. */
  String price(CsvRecord line, int which) {
    return line.getField(prices[which]);
  }

  /** The volume of a line, as text. */
  String volume(CsvRecord line) {
    return line.getField(volume);
  }

  /**
   * The zone that times were read in, as a phrase: its id, or that every time states its offset.
   */
  String zone() {
    if (!times.zoneUsed()) {
      return "stated by each time";
    }
    if (zone instanceof ZoneOffset offset) {
      return offset.equals(ZoneOffset.UTC) ? "UTC" : "UTC" + offset.getId();
    }
    return zone.getId();
  }
}
