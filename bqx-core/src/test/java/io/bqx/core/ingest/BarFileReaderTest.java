package io.bqx.core.ingest;

import static io.bqx.core.ingest.BarFiles.HEADER;
import static io.bqx.core.ingest.BarFiles.gzip;
import static io.bqx.core.ingest.BarFiles.lines;
import static io.bqx.core.ingest.BarFiles.resource;
import static io.bqx.core.ingest.BarFiles.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.bqx.core.BqxException;
import io.bqx.features.Bars;
import io.bqx.features.CurrencyPair;
import io.bqx.features.Universe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BarFileReaderTest {

  private static final ZoneId EET = ZoneId.of("EET");
  private static final Clock NOW =
      Clock.fixed(Instant.parse("2024-08-01T12:00:00Z"), ZoneOffset.UTC);
  private static final String GOOD = "2024-07-01T00:00:00Z,1.1,1.3,1.0,1.2,5\n";

  @TempDir Path folder;

  private static BarFileReader reader(BarFormat format) {
    return BarFileReader.of(format, Universe.g8()).clock(NOW);
  }

  private Bars readCsv(String text) {
    return reader(BarFormat.CSV).read(write(folder, "eurusd.csv", text));
  }

  private BarFileException refusalOf(BarFormat format, String text) {
    return refusalOf(reader(format), write(folder, "eurusd.csv", text));
  }

  private static BarFileException refusalOf(BarFileReader reader, Path file) {
    return catchThrowableOfType(BarFileException.class, () -> reader.read(file));
  }

  private static void assertOnlyProblem(BarFileException refusal, long line, String reason) {
    assertThat(refusal).isNotNull().isInstanceOf(BqxException.class);
    assertThat(refusal.problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.line()).isEqualTo(line);
              assertThat(problem.reason()).contains(reason);
            });
    assertThat(refusal)
        .hasMessageContaining(refusal.file().toString())
        .hasMessageContaining(reason)
        .hasMessageContaining("Nothing of the file was loaded");
  }

  @Nested
  class Encodings {

    @Test
    void fourEncodingsOfTheSameBarsGiveTheSameBars() {
      Bars csv = reader(BarFormat.CSV).read(resource(BarFiles.CSV));
      Bars histData = reader(BarFormat.HISTDATA).read(resource(BarFiles.HISTDATA));
      Bars mt5 = reader(BarFormat.MT5).zone(EET).read(resource(BarFiles.MT5));
      Bars dukascopy = reader(BarFormat.DUKASCOPY).read(resource(BarFiles.DUKASCOPY));

      assertThat(csv.rows()).isEqualTo(2000);
      assertThat(csv.pair()).isEqualTo(CurrencyPair.of("eurusd"));
      assertThat(lines(csv))
          .startsWith("2014-05-01T00:00:00Z 1.38681 1.386915 1.386745 1.386915 43.0")
          .endsWith("2014-05-02T11:09:00Z 1.38604 1.386075 1.386 1.38603 17.0")
          .isEqualTo(lines(histData))
          .isEqualTo(lines(mt5))
          .isEqualTo(lines(dukascopy));
    }

    @Test
    void gzipIsRecognisedByContentAndNotByName() {
      String text = HEADER + GOOD;

      assertThat(lines(reader(BarFormat.CSV).read(write(folder, "eurusd.csv", gzip(text)))))
          .isEqualTo(lines(reader(BarFormat.CSV).read(write(folder, "eurusd.csv.gz", text))));
    }

    @Test
    void columnsOfGenericCsvMayStandInAnyOrderAndCase() {
      assertThat(
              lines(
                  readCsv(
                      "Volume,Close,Low,High,Open,TIME\n5,1.2,1.0,1.3,1.1,2024-07-01T00:00Z\n")))
          .containsExactly("2024-07-01T00:00:00Z 1.1 1.3 1.0 1.2 5.0");
    }

    @Test
    void lineEndingsQuotesAndAMissingLastOneDoNotMatter() {
      List<String> expected = lines(readCsv(HEADER + GOOD));

      assertThat(lines(readCsv((HEADER + GOOD).replace("\n", "\r\n")))).isEqualTo(expected);
      assertThat(lines(readCsv((HEADER + GOOD).trim()))).isEqualTo(expected);
      assertThat(lines(readCsv(HEADER + GOOD + "\n"))).isEqualTo(expected);
      assertThat(lines(readCsv(HEADER + "\"2024-07-01T00:00:00Z\",\"1.1\",1.3,1.0,1.2,5\n")))
          .isEqualTo(expected);
    }

    @Test
    void aByteOrderMarkIsSkipped() {
      assertThat(lines(readCsv('\uFEFF' + HEADER + GOOD))).isEqualTo(lines(readCsv(HEADER + GOOD)));
      assertThat(
              reader(BarFormat.HISTDATA)
                  .read(write(folder, "eurusd.csv", "\uFEFF20140430 190000;1.1;1.3;1.0;1.2;0\n"))
                  .rows())
          .isEqualTo(1);
    }

    @Test
    void pricesAreTheNearestDoubles() {
      Bars bars =
          readCsv(
              HEADER
                  + "2024-07-01T00:00:00Z,0.8496453366696294,150.123456789012345,1e-3,1.5E+2,0\n");

      assertThat(bars.open(0)).isEqualTo(0.8496453366696294);
      assertThat(bars.high(0)).isEqualTo(150.123456789012345);
      assertThat(bars.low(0)).isEqualTo(0.001);
      assertThat(bars.close(0)).isEqualTo(150);
    }

    @Test
    void aFileMayHaveMoreBarsThanTheFirstBufferHolds() {
      String many =
          IntStream.range(0, 70_000)
              .mapToObj(
                  i ->
                      Instant.parse("2024-01-01T00:00:00Z").plusSeconds(60L * i)
                          + ",1,2,1,1,"
                          + i
                          + "\n")
              .collect(Collectors.joining("", HEADER, ""));

      Bars bars = readCsv(many);

      assertThat(bars.rows()).isEqualTo(70_000);
      assertThat(bars.volume(69_999)).isEqualTo(69_999);
      assertThat(bars.axis().instant(69_999)).isEqualTo(Instant.parse("2024-02-18T14:39:00Z"));
    }
  }

  @Nested
  class Zones {

    @ParameterizedTest
    @CsvSource({
      "2024-07-01T12:00:00Z, 2024-07-01T12:00:00Z",
      "2024-07-01T12:00Z, 2024-07-01T12:00:00Z",
      "2024-07-01 12:00:00Z, 2024-07-01T12:00:00Z",
      "2024-07-01T12:00:00.25Z, 2024-07-01T12:00:00.250Z",
      "2024-07-01T12:00:00.000001+00, 2024-07-01T12:00:00.000001Z",
      "2024-07-01T12:00:00+02:00, 2024-07-01T10:00:00Z",
      "2024-07-01T12:00:00-0530, 2024-07-01T17:30:00Z",
      "2024-07-01T12:00:00, 2024-07-01T09:00:00Z",
      "2024-01-01T12:00:00, 2024-01-01T10:00:00Z",
    })
    void isoTimesUseTheirOffsetOrElseTheGivenZone(String text, Instant expected) {
      Bars bars =
          reader(BarFormat.CSV)
              .zone(EET)
              .read(write(folder, "eurusd.csv", HEADER + text + ",1.1,1.3,1.0,1.2,5\n"));

      assertThat(bars.axis().instant(0)).isEqualTo(expected);
    }

    @Test
    void aLocalIsoTimeWithoutAZoneRefusesTheFileAtOnce() {
      String local = GOOD.replace("Z", "");

      assertOnlyProblem(refusalOf(BarFormat.CSV, HEADER + local + local), 2, "no zone is given");
    }

    @Test
    void metaTraderNeedsAZone() {
      assertThatThrownBy(() -> reader(BarFormat.MT5).read(resource(BarFiles.MT5)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("zone is not set")
          .hasMessageContaining("broker");
    }

    @Test
    void histDataIsUtcMinusFiveInSummerTooAndNothingElse() {
      Bars bars =
          reader(BarFormat.HISTDATA)
              .read(
                  write(
                      folder,
                      "eurusd.csv",
                      "20140115 120000;1.1;1.3;1.0;1.2;0\n20140715 120000;1.1;1.3;1.0;1.2;0\n"));

      assertThat(bars.axis().instant(0)).isEqualTo(Instant.parse("2014-01-15T17:00:00Z"));
      assertThat(bars.axis().instant(1)).isEqualTo(Instant.parse("2014-07-15T17:00:00Z"));
      assertThatThrownBy(() -> reader(BarFormat.HISTDATA).zone(ZoneId.of("America/New_York")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("America/New_York")
          .hasMessageContaining("UTC-5");
      assertThat(reader(BarFormat.HISTDATA).zone(ZoneOffset.ofHours(-5))).isNotNull();
    }

    @Test
    void dukascopyIsUtcUnlessItsHeaderSaysLocalTime() {
      String bar = "01.07.2014 12:00:00.000,1.1,1.3,1.0,1.2,5\n";
      String gmt = "Gmt time,Open,High,Low,Close,Volume\n" + bar;
      String local = "Local time,Open,High,Low,Close,Volume\n" + bar;
      String localWithOffset = local.replace(".000,", ".000 GMT+0200,");

      assertThat(
              reader(BarFormat.DUKASCOPY).read(write(folder, "eurusd.csv", gmt)).axis().instant(0))
          .isEqualTo(Instant.parse("2014-07-01T12:00:00Z"));
      assertOnlyProblem(refusalOf(BarFormat.DUKASCOPY, local), 2, "no zone is given");
      assertThat(
              reader(BarFormat.DUKASCOPY)
                  .zone(EET)
                  .read(write(folder, "eurusd.csv", local))
                  .axis()
                  .instant(0))
          .isEqualTo(Instant.parse("2014-07-01T09:00:00Z"));
      assertThat(
              reader(BarFormat.DUKASCOPY)
                  .read(write(folder, "eurusd.csv", localWithOffset))
                  .axis()
                  .instant(0))
          .isEqualTo(Instant.parse("2014-07-01T10:00:00Z"));
      assertOnlyProblem(
          refusalOf(reader(BarFormat.DUKASCOPY).zone(EET), write(folder, "eurusd.csv", gmt)),
          1,
          "the header says Gmt time, but the zone is given as EET");
    }

    @Test
    void aLocalTimeThatDaylightSavingSkipsOrRepeatsIsRefused() {
      BarFileReader reader = reader(BarFormat.CSV).zone(ZoneId.of("America/New_York"));
      String bar = ",1.1,1.3,1.0,1.2,5\n";

      assertOnlyProblem(
          refusalOf(reader, write(folder, "eurusd.csv", HEADER + "2024-03-10T02:30:00" + bar)),
          2,
          "does not exist in America/New_York");
      assertOnlyProblem(
          refusalOf(reader, write(folder, "eurusd.csv", HEADER + "2023-11-05T01:30:00" + bar)),
          2,
          "is ambiguous in America/New_York");
      assertThat(
              reader
                  .read(write(folder, "eurusd.csv", HEADER + "2023-11-05T01:30:00-05:00" + bar))
                  .axis()
                  .instant(0))
          .isEqualTo(Instant.parse("2023-11-05T06:30:00Z"));
    }
  }

  @Nested
  class Pairs {

    @ParameterizedTest
    @ValueSource(
        strings = {
          "eurusd.csv.gz",
          "EURUSD.csv",
          "DAT_ASCII_EURUSD_M1_2014.csv",
          "EURUSD_M1_201405010300_201405160259.csv",
          "EURUSD_Candlestick_1_M_MID_01.05.2014-15.05.2014.csv",
          "EURUSD.ecn_M1.csv",
          "eurusd-eurusd.csv"
        })
    void thePairIsReadFromTheFileName(String name) {
      assertThat(reader(BarFormat.CSV).read(write(folder, name, HEADER + GOOD)).pair())
          .isEqualTo(CurrencyPair.of("eurusd"));
    }

    @ParameterizedTest
    @CsvSource({
      "usdtry.csv, unknown pair usdtry",
      "usdeur.csv, the universe quotes it as eurusd",
      "bars.csv, holds no currency pair",
      "eurusd_gbpusd.csv, holds several pairs",
      "eureur.csv, holds no currency pair",
    })
    void aNameThatDoesNotTellOneKnownPairIsRefused(String name, String reason) {
      assertOnlyProblem(
          refusalOf(reader(BarFormat.CSV), write(folder, name, HEADER + GOOD)), 0, reason);
    }

    @Test
    void aGivenPairIsUsedWhateverTheName() {
      Path file = write(folder, "bars.csv", HEADER + GOOD);

      assertThat(reader(BarFormat.CSV).read(file, CurrencyPair.of("gbpjpy")).pair())
          .isEqualTo(CurrencyPair.of("gbpjpy"));
      assertThatThrownBy(() -> reader(BarFormat.CSV).read(file, CurrencyPair.of("usdtry")))
          .isInstanceOf(BarFileException.class)
          .hasMessageContaining("unknown pair usdtry");
    }
  }

  @Nested
  class Refusals {

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "2024-07-01T00:01:00Z,1.1,1.3,1.0,1.2 | the line has 5 fields; expected 6",
          "2024-07-01T00:01:00Z,1.1,1.3,1.0,1.2,5,6 | the line has 7 fields; expected 6",
          "2024-07-01T00:01:00Z;1.1;1.3;1.0;1.2;5 | the line has 1 fields; expected 6",
          "2024-07-01T00:01:00Z,\"1,1\",1.3,1.0,1.2,5 | open '1,1' is not a decimal number",
          "2024-07-01T00:01:00Z,1.1,0x1p0,1.0,1.2,5 | high '0x1p0' is not a decimal number",
          "2024-07-01T00:01:00Z,1.1,1.3,NaN,1.2,5 | low 'NaN' is not a decimal number",
          "2024-07-01T00:01:00Z,1.1,Infinity,1.0,1.2,5 | high 'Infinity' is not a decimal number",
          "2024-07-01T00:01:00Z,1.1,1.3,1.0,1.2d,5 | close '1.2d' is not a decimal number",
          "2024-07-01T00:01:00Z,1.1,1.3,1.0, 1.2,5 | close ' 1.2' is not a decimal number",
          "2024-07-01T00:01:00Z,.,1.3,1.0,1.2,5 | open '.' is not a decimal number",
          "2024-07-01T00:01:00Z,1e,1.3,1.0,1.2,5 | open '1e' is not a decimal number",
          "2024-07-01T00:01:00Z,,1.3,1.0,1.2,5 | open is missing",
          "2024-07-01T00:01:00Z,1.1,1e999,1.0,1.2,5 | high 1e999 is too large to be finite",
          "2024-07-01T00:01:00Z,1.1,1.3,0,1.2,5 | low is 0; a price must be positive",
          "2024-07-01T00:01:00Z,1.1,1.3,1.0,-1.2,5 | close is -1.2; a price must be positive",
          "2024-07-01T00:01:00Z,1.1,1.0,1.3,1.2,5 | high 1.0 is below low 1.3",
          "2024-07-01T00:01:00Z,0.9,1.3,1.0,1.2,5 | open 0.9 is outside low to high, 1.0 to 1.3",
          "2024-07-01T00:01:00Z,1.1,1.3,1.0,1.4,5 | close 1.4 is outside low to high, 1.0 to 1.3",
          "2024-07-01T00:01:00Z,1.1,1.3,1.0,1.2,-5 | volume is -5; it cannot be negative",
          "2024-07-01T00:01:00Z,1.1,1.3,1.0,1.2,n/a | volume 'n/a' is not a decimal number",
          "2024-07-01T00:00:00Z,1.1,1.3,1.0,1.2,5 | time 2024-07-01T00:00:00Z is a duplicate",
          "2024-06-30T23:59:00Z,1.1,1.3,1.0,1.2,5 | time 2024-06-30T23:59:00Z goes back",
          "2024-07-32T00:00:00Z,1.1,1.3,1.0,1.2,5 | has no such day",
          "2024-07-01T24:00:00Z,1.1,1.3,1.0,1.2,5 | is not an ISO time",
          "2024-07-01T00:60:00Z,1.1,1.3,1.0,1.2,5 | is not an ISO time",
          "2024-07-01,1.1,1.3,1.0,1.2,5 | is not an ISO time",
          "2024-07-01T00:01:00.0000001Z,1.1,1.3,1.0,1.2,5 | is not an ISO time",
          "2024-07-01T00:01:00Zulu,1.1,1.3,1.0,1.2,5 | is not an ISO time",
          "1719792060,1.1,1.3,1.0,1.2,5 | is not an ISO time",
          "1970-12-31T23:59:00Z,1.1,1.3,1.0,1.2,5 | is out of range; expected 1971-01-01T00:00:00Z to 2024-08-02T12:00:00Z",
          "2024-08-02T12:01:00Z,1.1,1.3,1.0,1.2,5 | is out of range; expected 1971-01-01T00:00:00Z to 2024-08-02T12:00:00Z",
        })
    void aBadLineIsNamedWithItsReason(String bad, String reason) {
      String after = GOOD.replace("00:00:00Z", "00:02:00Z");

      assertOnlyProblem(refusalOf(BarFormat.CSV, HEADER + GOOD + bad + "\n" + after), 3, reason);
    }

    @Test
    void theOnlyTimesRefusedAsTooLateAreMoreThanADayAhead() {
      assertThat(
              readCsv(HEADER + GOOD.replace("2024-07-01T00:00:00Z", "2024-08-02T12:00:00Z")).rows())
          .isEqualTo(1);
    }

    @Test
    void anEmptyLineBetweenBarsIsNamed() {
      assertOnlyProblem(
          refusalOf(BarFormat.CSV, HEADER + GOOD + "\n" + GOOD.replace("00:00:00Z", "00:02:00Z")),
          3,
          "the line is empty");
    }

    @Test
    void everyBadLineIsNamedNotOnlyTheFirst() {
      BarFileException refusal =
          refusalOf(
              BarFormat.CSV,
              HEADER
                  + GOOD
                  + "2024-07-01T00:01:00Z,0,1.3,1.0,1.2,5\n"
                  + "2024-07-01T00:02:00Z,1.1,1.3,1.0,1.2,5\n"
                  + "nonsense\n"
                  + "2024-07-01T00:02:00Z,1.1,1.3,1.0,1.2,5\n");

      assertThat(refusal.problems())
          .extracting(BarFileException.Problem::line)
          .containsExactly(3L, 5L, 6L);
      assertThat(refusal.problemCount()).isEqualTo(3);
      assertThat(refusal)
          .hasMessageContaining("3 problems")
          .hasMessageContaining("line 3: open is 0; a price must be positive")
          .hasMessageContaining("line 6: time 2024-07-01T00:02:00Z is a duplicate");
    }

    @Test
    void theMessageShowsTheFirstProblemsAndCountsTheRest() {
      String bad =
          IntStream.range(0, BarFileException.KEPT + 5)
              .mapToObj(i -> "nonsense\n")
              .collect(Collectors.joining());

      BarFileException refusal = refusalOf(BarFormat.CSV, HEADER + bad);

      assertThat(refusal.problemCount()).isEqualTo(BarFileException.KEPT + 5);
      assertThat(refusal.problems()).hasSize(BarFileException.KEPT);
      assertThat(refusal)
          .hasMessageContaining("line 21: ")
          .hasMessageContaining("and 9985 more")
          .message()
          .doesNotContain("line 22: ");
    }

    @Test
    void realBarsWithOpensAndClosesOutsideLowToHighAreRefused() {
      BarFileException refusal =
          refusalOf(reader(BarFormat.CSV), resource("negative/audcad.csv.gz"));

      assertThat(refusal.problemCount()).isEqualTo(89);
      assertThat(refusal.problems().get(0).toString())
          .isEqualTo(
              "line 2: open 0.8496453366696294 is outside low to high, 0.8498402744225795 to 0.8505074828487684");
    }

    @ParameterizedTest
    @EnumSource(BarFormat.class)
    void anEmptyFileIsRefused(BarFormat format) {
      BarFileReader reader = format == BarFormat.MT5 ? reader(format).zone(EET) : reader(format);

      assertOnlyProblem(
          refusalOf(reader, write(folder, "eurusd.csv", "")), 0, "the file has no bars");
      assertOnlyProblem(
          refusalOf(reader, write(folder, "eurusd.csv", "\n")), 0, "the file has no bars");
      assertOnlyProblem(
          refusalOf(reader, write(folder, "eurusd.csv", gzip(""))), 0, "the file has no bars");
    }

    @Test
    void aHeaderWithoutBarsIsRefused() {
      assertOnlyProblem(refusalOf(BarFormat.CSV, HEADER), 0, "the file has no bars");
    }

    @ParameterizedTest
    @EnumSource(
        value = BarFormat.class,
        names = {"CSV", "MT5", "DUKASCOPY"})
    void aMissingOrOtherHeaderIsRefusedAtOnce(BarFormat format) {
      BarFileReader reader = format == BarFormat.MT5 ? reader(format).zone(EET) : reader(format);

      assertOnlyProblem(
          refusalOf(reader, write(folder, "eurusd.csv", GOOD + GOOD)),
          1,
          "the header is '2024-07-01");
      assertOnlyProblem(
          refusalOf(reader, write(folder, "eurusd.csv", "time,open,high,low,last,volume\n" + GOOD)),
          1,
          "the header is 'time,open,high,low,last,volume'");
    }

    @ParameterizedTest
    @EnumSource(BarFormat.class)
    void theRefusalSaysWhatTheFormatExpects(BarFormat format) {
      BarFileReader reader = format == BarFormat.MT5 ? reader(format).zone(EET) : reader(format);

      assertThat(refusalOf(reader, write(folder, "eurusd.csv", "nonsense\n")))
          .hasMessageContaining("Expected for " + format.id() + ": " + format.expectation());
    }

    @Test
    void otherFormatsNameBadLinesToo() {
      assertOnlyProblem(
          refusalOf(BarFormat.HISTDATA, "20140430 190060;1.1;1.3;1.0;1.2;0\n"),
          1,
          "is not YYYYMMDD HHMMSS");
      assertOnlyProblem(
          refusalOf(
              reader(BarFormat.MT5).zone(EET),
              write(
                  folder,
                  "eurusd.csv",
                  "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\r\n"
                      + "2014.05.01\t03:00:00\t1.1\t1.3\t1.0\t1.2\t5\t0\t1\r\n"
                      + "2014.05.01\t03:01:00\t1.1\t1.3\t1.0\t1.2\t5\t0\tx\r\n")),
          3,
          "spread 'x' is not a decimal number");
      assertOnlyProblem(
          refusalOf(
              BarFormat.DUKASCOPY,
              "Gmt time,Open,High,Low,Close,Volume\n01.05.2014 00:00:00,1.1,1.3,1.0,1.2,5\n"),
          2,
          "is not dd.MM.yyyy HH:mm:ss.SSS");
    }

    @Test
    void aTruncatedGzipFileIsRefusedAtTheLineWhereItEnds() {
      byte[] whole =
          gzip(
              IntStream.range(0, 1440)
                  .mapToObj(
                      i ->
                          Instant.parse("2024-07-01T00:00:00Z").plusSeconds(60L * i)
                              + ",1,2,1,1,5\n")
                  .collect(Collectors.joining("", HEADER, "")));
      BarFileReader reader = reader(BarFormat.CSV);

      BarFileException half =
          refusalOf(reader, write(folder, "eurusd.csv.gz", Arrays.copyOf(whole, whole.length / 2)));
      BarFileException almost =
          refusalOf(reader, write(folder, "eurusd.csv.gz", Arrays.copyOf(whole, whole.length - 1)));

      assertThat(half.problems()).singleElement();
      assertThat(half.problems().get(0).line()).isBetween(1L, 1440L);
      assertThat(half).hasMessageContaining("the file is truncated");
      assertThat(almost).hasMessageContaining("the file is truncated");
    }

    @Test
    void aDamagedGzipFileIsRefused() {
      byte[] bytes = gzip(HEADER + GOOD);
      bytes[bytes.length - 6] ^= 1;

      assertThat(refusalOf(reader(BarFormat.CSV), write(folder, "eurusd.csv.gz", bytes)))
          .hasMessageContaining("the gzip stream is damaged");
    }

    @Test
    void aGzipFileThatGoesOnWithSomethingElseIsRefused() {
      byte[] first = gzip(HEADER + GOOD);
      byte[] damaged = gzip(GOOD.replace("T00:00", "T00:01"));
      damaged[0] ^= 1;
      for (byte[] second :
          List.of(new byte[] {0}, GOOD.getBytes(StandardCharsets.UTF_8), damaged)) {
        assertThat(
                refusalOf(
                    reader(BarFormat.CSV),
                    write(folder, "eurusd.csv", concatenated(first, second))))
            .hasMessageContaining("what follows the end of the compressed text is not gzip");
      }
      assertThat(
              refusalOf(
                  reader(BarFormat.CSV),
                  write(folder, "eurusd.csv", concatenated(first, Arrays.copyOf(gzip(GOOD), 15)))))
          .hasMessageContaining("the file is truncated");
    }

    @Test
    void theMembersOfAGzipFileAreOneText() {
      byte[] file =
          concatenated(
              concatenated(gzip(HEADER + GOOD.substring(0, 10)), gzip("")),
              gzip(GOOD.substring(10)));

      assertThat(lines(reader(BarFormat.CSV).read(write(folder, "eurusd.csv", file))))
          .isEqualTo(lines(readCsv(HEADER + GOOD)));
    }

    private static byte[] concatenated(byte[] first, byte[] second) {
      byte[] both = Arrays.copyOf(first, first.length + second.length);
      System.arraycopy(second, 0, both, first.length, second.length);
      return both;
    }

    @Test
    void longAndUnprintableValuesAreShownShortAndInEscapes() {
      String line = GOOD.replace("1.1", "1.1\u001b[31m" + "x".repeat(1_000_000));

      BarFileException refusal = refusalOf(BarFormat.CSV, HEADER + line.repeat(5));

      assertThat(refusal.problemCount()).isEqualTo(5);
      assertThat(refusal.problems().get(0).reason())
          .startsWith("open '1.1\\u001b[31mxxx")
          .endsWith("... (1000008 characters)' is not a decimal number");
    }

    @ParameterizedTest
    @CsvSource({
      "histdata, 20140430 190000+02;1.1;1.3;1.0;1.2;5",
      "histdata, 20140430 190000Z;1.1;1.3;1.0;1.2;5",
      "dukascopy, '01.05.2014 00:00:00.000+02,1.1,1.3,1.0,1.2,5'",
      "dukascopy, '01.05.2014 00:00:00.000 GMT+02,1.1,1.3,1.0,1.2,5'",
      "csv, '2024-07-01T12:00+18:01,1.1,1.3,1.0,1.2,5'",
    })
    void anOffsetThatTheFormatDoesNotHaveIsRefused(String id, String line) {
      BarFormat format = BarFormat.of(id);
      String header =
          switch (format) {
            case CSV -> HEADER;
            case DUKASCOPY -> "Gmt time,Open,High,Low,Close,Volume\n";
            default -> "";
          };

      assertOnlyProblem(refusalOf(format, header + line), header.isEmpty() ? 1 : 2, "' is not ");
    }

    @Test
    void bytesThatAreNotUtf8AreNamedWithTheirLine() {
      byte[] latin1 =
          (HEADER + GOOD + "2024-07-01T00:01:00Z,1.1\u00a0,1.3,1.0,1.2,5\n")
              .getBytes(StandardCharsets.ISO_8859_1);

      assertOnlyProblem(
          refusalOf(reader(BarFormat.CSV), write(folder, "eurusd.csv", latin1)),
          3,
          "bytes that are not UTF-8");
    }

    @Test
    void aQuoteThatIsNeverClosedIsRefused() {
      assertThat(
              refusalOf(
                  BarFormat.CSV, HEADER + GOOD + "\"2024-07-01T00:01:00Z,1.1,1.3,1.0,1.2,5\n"))
          .hasMessageContaining("line 3: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"", "\"5", "2024-07-01T00:01:00Z,1.1,1.3,1.0,1.2,\"57"})
    void aFileThatEndsInsideAQuotedFieldIsRefused(String end) {
      assertThat(refusalOf(BarFormat.CSV, HEADER + GOOD + end)).hasMessageContaining("line 3: ");
    }

    @Test
    void aMissingFileAndAFolderAreRefused() {
      assertThat(refusalOf(reader(BarFormat.CSV), folder.resolve("eurusd.csv")))
          .hasMessageContaining("there is no such file");
      assertThatThrownBy(() -> reader(BarFormat.CSV).read(folder, CurrencyPair.of("eurusd")))
          .isInstanceOf(BarFileException.class)
          .hasMessageContaining("cannot be read");
    }
  }

  @Nested
  class Settings {

    @Test
    void everySettingIsGivenOnce() {
      assertThatThrownBy(() -> reader(BarFormat.CSV).zone(EET).zone(ZoneOffset.UTC))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("zone was already set to EET");
      assertThatThrownBy(() -> reader(BarFormat.CSV).clock(NOW))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("clock was already set");
    }

    @Test
    void formatsAreFoundByTheirIds() {
      assertThat(BarFormat.values())
          .extracting(BarFormat::id)
          .containsExactly("csv", "histdata", "mt5", "dukascopy");
      for (BarFormat format : BarFormat.values()) {
        assertThat(BarFormat.of(format.id())).isEqualTo(format);
      }
      assertThatThrownBy(() -> BarFormat.of("mt4"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("'mt4' is not a bar format; expected one of csv, histdata, mt5, dukascopy");
    }
  }
}
