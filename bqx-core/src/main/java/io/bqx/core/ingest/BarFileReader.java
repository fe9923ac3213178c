package io.bqx.core.ingest;

import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import io.bqx.features.Bars;
import io.bqx.features.CurrencyPair;
import io.bqx.features.TimeAxis;
import io.bqx.features.Universe;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.zip.ZipException;

/**
 * Reads a file of bars, plain or gzip, and checks every line of it.
 *
 * <pre>{@code
 * Bars bars = BarFileReader.of(BarFormat.MT5, Universe.g8()).zone(ZoneId.of("EET")).read(file);
 * }</pre>
 *
 * <p>A file is refused, with every bad line named, if it holds a line with the wrong number of
 * fields or a value that is not a decimal number; a price that is not positive and finite; a high
 * below the low, an open or close outside low to high; a negative volume; a time that is malformed,
 * before 1971, more than a day ahead of the clock, skipped or repeated by daylight saving, or not
 * after the times before it; an empty line that is not the last; or if it has no bars, another
 * header than the format's, bytes that are not UTF-8, ends inside its gzip stream, or goes on
 * behind it with something else than another one. A byte order mark is skipped; one of UTF-16 or
 * UTF-32 is obeyed.
 *
 * <p>Immutable: each setter returns another reader. Safe for use by several threads.
 */
public final class BarFileReader {

  private static final Instant EARLIEST = Instant.parse("1971-01-01T00:00:00Z");
  private static final Duration TOLERANCE_AHEAD = Duration.ofDays(1);
  private static final String[] PRICES = {"open", "high", "low", "close"};
  private static final char UNDECODABLE = '\uFFFD';

  private final BarFormat format;
  private final Universe universe;
  private final ZoneId zone;
  private final Clock clock;

  private BarFileReader(BarFormat format, Universe universe, ZoneId zone, Clock clock) {
    this.format = format;
    this.universe = universe;
    this.zone = zone;
    this.clock = clock;
  }

  /** A reader of files in the given format that hold pairs of the given universe. */
  public static BarFileReader of(BarFormat format, Universe universe) {
    return new BarFileReader(
        Objects.requireNonNull(format, "format"),
        Objects.requireNonNull(universe, "universe"),
        null,
        null);
  }

  /**
   * The zone that local times in the files are in; see {@link BarFormat} for the formats that need
   * one.
   *
   * @throws IllegalArgumentException if the format has a zone of its own and this is not it
   * @throws IllegalStateException if the zone was already set
   */
  public BarFileReader zone(ZoneId localTimes) {
    Objects.requireNonNull(localTimes, "zone");
    if (zone != null) {
      throw new IllegalStateException("zone was already set to " + zone);
    }
    format.requireAccepts(localTimes);
    return new BarFileReader(format, universe, localTimes, clock);
  }

  /**
   * The clock that decides which times lie in the future; the system's clock by default.
   *
   * @throws IllegalStateException if the clock was already set
   */
  public BarFileReader clock(Clock now) {
    Objects.requireNonNull(now, "clock");
    if (clock != null) {
      throw new IllegalStateException("clock was already set to " + clock);
    }
    return new BarFileReader(format, universe, zone, now);
  }

  /**
   * The bars of a file whose name tells the pair, such as {@code eurusd.csv.gz} or {@code
   * DAT_ASCII_EURUSD_M1_2014.csv}.
   *
   * @throws BarFileException if the file is refused; the message names file, lines and reasons
   * @throws IllegalStateException if the format needs a zone and none was set
   */
  public Bars read(Path file) {
    return readFile(file, null).bars();
  }

  /**
   * The bars of a file, whatever its name.
   *
   * @throws BarFileException if the file is refused; the message names file, lines and reasons
   * @throws IllegalStateException if the format needs a zone and none was set
   */
  public Bars read(Path file, CurrencyPair pair) {
    return readFile(file, Objects.requireNonNull(pair, "pair")).bars();
  }

  /** What a file holds, and the zone in which its times were read, as a phrase. */
  record BarFile(Bars bars, String zone) {}

  BarFile readFile(Path file, CurrencyPair givenPair) {
    Objects.requireNonNull(file, "file");
    requireZone();
    return new Reading(file).read(givenPair);
  }

  /** Fails if the format needs a zone and none was set. */
  void requireZone() {
    if (format == BarFormat.MT5 && zone == null) {
      throw new IllegalStateException(
          "zone is not set; mt5 times are the broker's server time, which the file does not name: set the zone, for"
              + " example EET");
    }
  }

  /** One pass over one file. */
  private final class Reading {

    private final Path file;
    private final List<BarFileException.Problem> problems = new ArrayList<>();
    private final Instant latest =
        (clock == null ? Clock.systemUTC() : clock).instant().plus(TOLERANCE_AHEAD);
    private final long earliestMicros = ChronoUnit.MICROS.between(Instant.EPOCH, EARLIEST);
    private final long latestMicros = ChronoUnit.MICROS.between(Instant.EPOCH, latest);
    private long problemCount;
    private long line;
    private long[] times = new long[1 << 12];
    private final double[][] values = new double[5][1 << 12];
    private int rows;

    Reading(Path file) {
      this.file = file;
    }

    BarFile read(CurrencyPair givenPair) {
      CurrencyPair pair = pair(givenPair);
      String zoneUsed = "";
      try (QuoteCounter in = new QuoteCounter(open());
          CsvReader<CsvRecord> csv = csv(in);
          CloseableIterator<CsvRecord> lines = csv.iterator()) {
        zoneUsed = readLines(lines);
        if (problemCount == 0 && in.isOpen()) {
          add(line, "a quote is not closed");
        }
      } catch (UncheckedIOException e) {
        throw unreadable(e.getCause());
      } catch (IOException e) {
        throw unreadable(e);
      } catch (CsvParseException e) {
        throw e.getCause() instanceof IOException io
            ? unreadable(io)
            : refusal(
                line + 1,
                "the line cannot be split into fields: " + BarText.shown(e.getMessage()),
                e);
      }
      if (problemCount > 0) {
        throw new BarFileException(file, format, problems, problemCount, null);
      }
      if (rows == 0) {
        throw refusal(0, "the file has no bars", null);
      }
      TimeAxis axis = TimeAxis.wrapping(Arrays.copyOf(times, rows), 0);
      return new BarFile(
          Bars.wrapping(pair, axis, column(0), column(1), column(2), column(3), column(4)),
          zoneUsed);
    }

    private CurrencyPair pair(CurrencyPair given) {
      try {
        if (given != null && !universe.contains(given)) {
          throw BarFileName.unknown(given, universe);
        }
        return given == null ? BarFileName.pair(file, universe) : given;
      } catch (BadLineException e) {
        throw refusal(0, e.getMessage(), null);
      }
    }

    private double[] column(int which) {
      return Arrays.copyOf(values[which], rows);
    }

    private InputStream open() throws IOException {
      BufferedInputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
      try {
        in.mark(2);
        boolean gzip = GzipMembers.begin(in.read(), in.read());
        in.reset();
        return gzip ? new GzipMembers(in) : in;
      } catch (IOException e) {
        in.close();
        throw e;
      }
    }

    private CsvReader<CsvRecord> csv(InputStream in) {
      return CsvReader.builder()
          .fieldSeparator(format.separator())
          .skipEmptyLines(false)
          .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
          .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
          .detectBomHeader(true)
          .ofCsvRecord(in, StandardCharsets.UTF_8);
    }

    /** Reads every line; returns the phrase that says in which zone the times were read. */
    private String readLines(CloseableIterator<CsvRecord> lines) {
      BarLayout layout = null;
      long emptyLine = 0;
      while (lines.hasNext()) {
        CsvRecord record = lines.next();
        line = record.getStartingLineNumber();
        if (emptyLine > 0) {
          add(emptyLine, "the line is empty");
          emptyLine = 0;
        }
        if (record.getFieldCount() == 1 && record.getField(0).isEmpty()) {
          emptyLine = line;
          continue;
        }
        if (layout == null) {
          layout = layout(record);
          if (BarLayout.hasHeader(format)) {
            continue;
          }
        }
        try {
          readLine(layout, record);
        } catch (BadLineException e) {
          if (e.isCommonToAllLines()) {
            throw refusal(line, e.getMessage(), null);
          }
          add(line, undecodable(record) ? "the line has bytes that are not UTF-8" : e.getMessage());
        }
      }
      return layout == null ? "" : layout.zone();
    }

    private BarLayout layout(CsvRecord first) {
      try {
        return BarLayout.of(format, first, zone);
      } catch (BadLineException e) {
        throw refusal(
            line,
            undecodable(first) ? "the line has bytes that are not UTF-8" : e.getMessage(),
            null);
      }
    }

    private boolean undecodable(CsvRecord record) {
      return record.getFields().stream().anyMatch(field -> field.indexOf(UNDECODABLE) >= 0);
    }

    private void readLine(BarLayout layout, CsvRecord record) throws BadLineException {
      if (rows == times.length) {
        times = Arrays.copyOf(times, 2 * rows);
        for (int column = 0; column < values.length; column++) {
          values[column] = Arrays.copyOf(values[column], 2 * rows);
        }
      }
      long time = layout.time(record);
      requireSane(time);
      requireAfterTheLast(time);
      times[rows] = time;
      int row = rows++;
      for (int price = 0; price < PRICES.length; price++) {
        values[price][row] = price(PRICES[price], layout.price(record, price));
      }
      requireOrdered(layout, record, row);
      String volume = layout.volume(record);
      values[4][row] = BarNumbers.parse("volume", volume) + 0.0;
      if (values[4][row] < 0) {
        throw new BadLineException(
            String.format(
                Locale.ROOT, "volume is %s; it cannot be negative", BarText.shown(volume)));
      }
    }

    private double price(String name, String text) throws BadLineException {
      double price = BarNumbers.parse(name, text);
      if (!(price > 0)) {
        throw new BadLineException(
            String.format(
                Locale.ROOT, "%s is %s; a price must be positive", name, BarText.shown(text)));
      }
      return price;
    }

    private void requireOrdered(BarLayout layout, CsvRecord record, int row)
        throws BadLineException {
      double high = values[1][row];
      double low = values[2][row];
      if (high < low) {
        throw new BadLineException(
            String.format(
                Locale.ROOT,
                "high %s is below low %s",
                BarText.shown(layout.price(record, 1)),
                BarText.shown(layout.price(record, 2))));
      }
      for (int price = 0; price < PRICES.length; price += 3) {
        if (values[price][row] < low || values[price][row] > high) {
          throw new BadLineException(
              String.format(
                  Locale.ROOT,
                  "%s %s is outside low to high, %s to %s",
                  PRICES[price],
                  BarText.shown(layout.price(record, price)),
                  BarText.shown(layout.price(record, 2)),
                  BarText.shown(layout.price(record, 1))));
        }
      }
    }

    private void requireSane(long time) throws BadLineException {
      if (time < earliestMicros || time > latestMicros) {
        throw new BadLineException(
            String.format(
                Locale.ROOT,
                "time %s is out of range; expected %s to %s",
                instant(time),
                EARLIEST,
                latest));
      }
    }

    private void requireAfterTheLast(long time) throws BadLineException {
      if (rows > 0 && time <= times[rows - 1]) {
        throw new BadLineException(
            Arrays.binarySearch(times, 0, rows, time) >= 0
                ? String.format(
                    Locale.ROOT, "time %s is a duplicate of an earlier line's", instant(time))
                : String.format(
                    Locale.ROOT,
                    "time %s goes back; an earlier line is at %s",
                    instant(time),
                    instant(times[rows - 1])));
      }
    }

    private static Instant instant(long micros) {
      return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    private void add(long badLine, String reason) {
      problemCount++;
      if (problems.size() < BarFileException.KEPT) {
        problems.add(new BarFileException.Problem(badLine, reason));
      }
    }

    /** The refusal of the whole file for a reason after which no line can be read. */
    private BarFileException refusal(long badLine, String reason, Throwable cause) {
      add(badLine, reason);
      return new BarFileException(file, format, problems, problemCount, cause);
    }

    private BarFileException unreadable(IOException e) {
      if (e instanceof NoSuchFileException) {
        return refusal(0, "there is no such file", e);
      }
      if (e instanceof AccessDeniedException) {
        return refusal(0, "the file may not be read", e);
      }
      if (e instanceof EOFException) {
        return refusal(line + 1, "the gzip stream ends too early: the file is truncated", e);
      }
      if (e instanceof ZipException) {
        return refusal(line + 1, "the gzip stream is damaged: " + e.getMessage(), e);
      }
      return refusal(line + 1, "the file cannot be read: " + e, e);
    }
  }
}
