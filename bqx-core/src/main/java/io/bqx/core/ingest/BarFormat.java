package io.bqx.core.ingest;

import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The file formats in which bars are imported, each with the rule that turns its times into UTC.
 *
 * <p>A bar's time is the start of its interval. Local times that a zone's daylight saving skips or
 * repeats are refused.
 */
public enum BarFormat {

  /**
   * Generic CSV: a header with the columns {@code time,open,high,low,close,volume} in any order,
   * times in ISO 8601 to the minute or finer. A time with an offset ({@code Z}, {@code +02:00})
   * needs no zone; one without needs a zone.
   */
  CSV(
      "csv",
      ',',
      "the header time,open,high,low,close,volume and times such as 2024-07-22T00:00:00Z",
      null,
      null),

  /**
   * HistData.com ASCII M1: {@code YYYYMMDD HHMMSS;open;high;low;close;volume}, no header. Times are
   * UTC-5 all year, without daylight saving, so no other zone is accepted.
   */
  HISTDATA(
      "histdata",
      ';',
      "YYYYMMDD HHMMSS;open;high;low;close;volume without a header, times in UTC-5",
      ZoneOffset.ofHours(-5),
      "HistData times are UTC-5 all year"),

  /**
   * MetaTrader 5 history export: tab-separated, header {@code <DATE> <TIME> <OPEN> <HIGH> <LOW>
   * <CLOSE> <TICKVOL> <VOL> <SPREAD>}. Times are the broker's server time, so a zone must be given
   * (often {@code EET}). The volume is {@code <TICKVOL>}.
   */
  MT5(
      "mt5",
      '\t',
      "tab-separated <DATE> <TIME> <OPEN> <HIGH> <LOW> <CLOSE> <TICKVOL> <VOL> <SPREAD> with times such as"
          + " 2014.05.01 03:00:00",
      null,
      null),

  /**
   * Dukascopy CSV: header {@code Gmt time,Open,High,Low,Close,Volume}, times {@code dd.MM.yyyy
   * HH:mm:ss.SSS} in UTC. A file whose header says {@code Local time} needs a zone, unless its
   * times end in an offset such as {@code GMT+0200}.
   */
  DUKASCOPY(
      "dukascopy",
      ',',
      "the header Gmt time,Open,High,Low,Close,Volume and times such as 01.05.2014 00:00:00.000",
      null,
      null);

  private final String id;
  private final char separator;
  private final String expectation;
  private final ZoneId fixedZone;
  private final String whyFixed;

  BarFormat(String id, char separator, String expectation, ZoneId fixedZone, String whyFixed) {
    this.id = id;
    this.separator = separator;
    this.expectation = expectation;
    this.fixedZone = fixedZone;
    this.whyFixed = whyFixed;
  }

  /**
   * The format with the given {@link #id()}.
   *
   * @throws IllegalArgumentException if there is none; the message lists the ids
   */
  public static BarFormat of(String id) {
    Objects.requireNonNull(id, "id");
    return Arrays.stream(values())
        .filter(format -> format.id.equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    String.format(
                        Locale.ROOT,
                        "'%s' is not a bar format; expected one of %s",
                        id,
                        Arrays.stream(values())
                            .map(BarFormat::id)
                            .collect(Collectors.joining(", ")))));
  }

  /** The name on the command line: csv, histdata, mt5 or dukascopy. */
  public String id() {
    return id;
  }

  /** What a file of this format looks like, as a phrase for error messages and help texts. */
  public String expectation() {
    return expectation;
  }

  /** The only zone that times of this format can be in, where the format itself says so. */
  public Optional<ZoneId> fixedZone() {
    return Optional.ofNullable(fixedZone);
  }

  char separator() {
    return separator;
  }

  /**
   * Refuses a zone that contradicts the format.
   *
   * @throws IllegalArgumentException if the format has a zone of its own and the given one is not
   *     it
   */
  void requireAccepts(ZoneId zone) {
    if (fixedZone != null && !fixedZone.equals(zone.normalized())) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "zone is %s, but %s; leave the zone out", zone, whyFixed));
    }
  }
}
