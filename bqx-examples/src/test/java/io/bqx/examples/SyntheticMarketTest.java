package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.features.Bars;
import io.bqx.features.Currency;
import io.bqx.features.CurrencyPair;
import io.bqx.features.MarketPanel;
import io.bqx.features.Triangle;
import io.bqx.features.Universe;
import java.math.BigDecimal;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalTime;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SyntheticMarketTest {

  private static final YearMonth JULY = YearMonth.of(2024, 7);
  private static final YearMonth MARCH = YearMonth.of(2025, 3);
  private static final ZoneId NEW_YORK = ZoneId.of("America/New_York");

  private static final SyntheticMarket MARKET =
      SyntheticMarket.of(Universe.g8()).seed(11).from(JULY);

  @Test
  void aMonthHasBarsOfEveryPairInUniverseOrder() {
    assertThat(month(MARKET).stream().map(Bars::pair))
        .containsExactlyElementsOf(Universe.g8().pairs());
  }

  @Test
  void theSameSettingsGiveTheSameBars() {
    assertThat(text(MARKET.rowsPerMonth(300).months(2)))
        .isEqualTo(text(MARKET.rowsPerMonth(300).months(2)));
  }

  @Test
  void theFirstBarsOfSeedOneNeverChange() {
    Bars eurusd =
        byPair(SyntheticMarket.of(Universe.g8()).rowsPerMonth(3)).get(CurrencyPair.of("eurusd"));
    assertThat(text(eurusd))
        .isEqualTo(
            """
            eurusd 2024-07-01T00:00:00Z 1.07999 1.08004 1.07998 1.08003 6.0
            eurusd 2024-07-01T00:01:00Z 1.08003 1.08009 1.07998 1.08008 7.0
            eurusd 2024-07-01T00:02:00Z 1.08008 1.08023 1.08007 1.08016 9.0
            """);
  }

  @Test
  void anotherSeedGivesOtherBars() {
    assertThat(text(MARKET.rowsPerMonth(300).months(1)))
        .isNotEqualTo(text(MARKET.seed(12).rowsPerMonth(300).months(1)));
  }

  @Test
  void aSliceIsTheBeginningOfTheFullMonth() {
    List<Bars> slice = month(MARKET.rowsPerMonth(500));
    List<Bars> full = month(MARKET);
    for (int p = 0; p < slice.size(); p++) {
      assertThat(slice.get(p).rows()).isBetween(350, 500);
      assertThat(text(full.get(p))).startsWith(text(slice.get(p)));
    }
  }

  @Test
  void aSliceOfALaterMonthDoesNotDependOnTheSizeOfEarlierSlices() {
    List<SyntheticMarket.Month> small = MARKET.rowsPerMonth(10).months(3).stream().toList();
    List<SyntheticMarket.Month> large = MARKET.rowsPerMonth(400).months(3).stream().toList();
    assertThat(text(large.get(2).bars().get(5))).startsWith(text(small.get(2).bars().get(5)));
  }

  @Test
  void timesAreWholeMinutesOfTheMonthAndIncreaseStrictly() {
    for (SyntheticMarket.Month month : MARKET.months(2).stream().toList()) {
      for (Bars bars : month.bars()) {
        for (int row = 0; row < bars.rows(); row++) {
          ZonedDateTime time = bars.axis().instant(row).atZone(ZoneOffset.UTC);
          assertThat(YearMonth.from(time)).isEqualTo(month.month());
          assertThat(bars.axis().epochMicros(row) % 60_000_000).isZero();
          assertThat(row == 0 || bars.axis().epochMicros(row) > bars.axis().epochMicros(row - 1))
              .isTrue();
        }
      }
    }
  }

  @Test
  void thereAreNoBarsBetweenFridayAndSundayEveningInNewYorkThroughTheChangeOfClocks() {
    for (Bars bars : month(MARKET.from(MARCH))) {
      for (int row = 0; row < bars.rows(); row++) {
        ZonedDateTime time = bars.axis().instant(row).atZone(NEW_YORK);
        assertThat(isOpen(time)).as("%s", time).isTrue();
      }
    }
  }

  @Test
  void theWeekBeginsOneUtcHourEarlierAfterTheChangeOfClocks() {
    List<String> openings =
        Arrays.stream(TradingHours.minutesOf(MARCH))
            .filter(minute -> !contains(TradingHours.minutesOf(MARCH), minute - 1))
            .mapToObj(
                minute ->
                    ZonedDateTime.ofInstant(Instant.ofEpochSecond(60 * minute), ZoneOffset.UTC))
            .map(time -> time.toLocalDate() + " " + time.toLocalTime())
            .toList();
    assertThat(openings)
        .containsExactly(
            "2025-03-02 22:00",
            "2025-03-09 21:00",
            "2025-03-16 21:00",
            "2025-03-23 21:00",
            "2025-03-30 21:00");
  }

  @Test
  void lowIsBelowAndHighAboveOpenAndClose() {
    for (Bars bars : month(MARKET)) {
      for (int row = 0; row < bars.rows(); row++) {
        double lower = Math.min(bars.open(row), bars.close(row));
        double upper = Math.max(bars.open(row), bars.close(row));
        assertThat(bars.low(row) > 0 && bars.low(row) <= lower && bars.high(row) >= upper)
            .as("%s row %d", bars.pair(), row)
            .isTrue();
        assertThat(bars.volume(row)).isGreaterThanOrEqualTo(1);
      }
    }
  }

  @Test
  void aBarOpensWhereTheMinuteBeforeClosed() {
    for (Bars bars : month(MARKET.rowsPerMonth(2000))) {
      for (int row = 1; row < bars.rows(); row++) {
        if (bars.axis().epochMicros(row) - bars.axis().epochMicros(row - 1) == 60_000_000) {
          assertThat(bars.open(row)).isEqualTo(bars.close(row - 1));
        }
      }
    }
  }

  @Test
  void pricesHaveFiveDecimalsAndYenPricesThree() {
    for (Bars bars : month(MARKET.rowsPerMonth(500))) {
      int decimals = bars.pair().quote().equals(Currency.JPY) ? 3 : 5;
      for (int row = 0; row < bars.rows(); row++) {
        assertThat(BigDecimal.valueOf(bars.close(row)).scale()).isLessThanOrEqualTo(decimals);
      }
    }
  }

  @Test
  void pricesAreNearTheOnesOfTheRealMarket() {
    Map<CurrencyPair, Bars> bars = byPair(MARKET.rowsPerMonth(100));
    assertThat(bars.get(CurrencyPair.of("eurusd")).close(0)).isBetween(1.07, 1.09);
    assertThat(bars.get(CurrencyPair.of("usdjpy")).close(0)).isBetween(149.0, 151.0);
    assertThat(bars.get(CurrencyPair.of("audnzd")).close(0)).isBetween(1.08, 1.12);
  }

  @Test
  void aYearOfEurUsdStaysWithinThirtyPercentOfItsFirstPrice() {
    List<Bars> months =
        MARKET.rowsPerMonth(30).stream().map(month -> month.bars().get(14)).toList();
    assertThat(months)
        .hasSize(12)
        .allSatisfy(bars -> assertThat(bars.pair()).hasToString("eurusd"));
    double first = months.get(0).close(0);
    assertThat(months).allSatisfy(bars -> assertThat(bars.close(0) / first).isBetween(0.7, 1.3));
  }

  @Test
  void crossesAgreeWithinAFewThousandthsOfAPercentButNotExactly() {
    MarketPanel panel = closes(MARKET.rowsPerMonth(4000));
    for (Triangle triangle : Universe.g8().triangles()) {
      double[] mispricing =
          IntStream.range(0, panel.rows())
              .mapToDouble(row -> mispricingPercent(triangle, panel, row))
              .filter(value -> !Double.isNaN(value))
              .sorted()
              .toArray();
      assertThat(mispricing[mispricing.length / 2])
          .as("median of %s", triangle)
          .isBetween(0.0008, 0.004);
      assertThat(mispricing[mispricing.length - 1]).as("largest of %s", triangle).isLessThan(0.3);
    }
  }

  @Test
  void everyPairMissesMinutesAndPairsDiffer() {
    int open = TradingHours.minutesOf(JULY).length;
    List<Double> missing =
        month(MARKET).stream().map(bars -> 100.0 * (open - bars.rows()) / open).toList();
    assertThat(missing).allSatisfy(percent -> assertThat(percent).isBetween(0.01, 6.0));
    assertThat(missing.stream().mapToDouble(d -> d).max().orElseThrow())
        .isGreaterThan(3 * missing.stream().mapToDouble(d -> d).min().orElseThrow());
  }

  @Test
  void theLondonAfternoonMovesMoreThanTheHourAfterNewYorkCloses() {
    Bars eurusd = byPair(MARKET).get(CurrencyPair.of("eurusd"));
    assertThat(meanRange(eurusd, 14)).isGreaterThan(2 * meanRange(eurusd, 22));
  }

  @Test
  void anyUniverseHasAMarket() {
    List<Currency> order = Stream.of("EUR", "GBP", "USD", "SEK", "NOK").map(Currency::of).toList();
    Universe nordic = Universe.of(order, order);
    assertThat(month(SyntheticMarket.of(nordic).rowsPerMonth(50)).stream().map(Bars::pair))
        .containsExactlyElementsOf(nordic.pairs());
  }

  @Test
  void aMarketWithoutMonthsOrRowsIsRefused() {
    assertThatThrownBy(() -> MARKET.months(0)).hasMessage("A market needs at least 1 month, not 0");
    assertThatThrownBy(() -> MARKET.rowsPerMonth(0))
        .hasMessage("A month needs at least 1 row, not 0");
  }

  private static boolean isOpen(ZonedDateTime newYork) {
    boolean evening = !newYork.toLocalTime().isBefore(LocalTime.of(17, 0));
    if (newYork.getDayOfWeek() == DayOfWeek.FRIDAY) {
      return !evening;
    }
    return newYork.getDayOfWeek() == DayOfWeek.SUNDAY
        ? evening
        : newYork.getDayOfWeek() != DayOfWeek.SATURDAY;
  }

  private static boolean contains(long[] sorted, long value) {
    return Arrays.binarySearch(sorted, value) >= 0;
  }

  private static double mispricingPercent(Triangle triangle, MarketPanel panel, int row) {
    Currency one = triangle.currencies().get(0);
    Currency two = triangle.currencies().get(1);
    Currency three = triangle.currencies().get(2);
    double around =
        rate(panel, one, two, row) * rate(panel, two, three, row) * rate(panel, three, one, row);
    return 100 * Math.abs(around - 1);
  }

  private static MarketPanel closes(SyntheticMarket market) {
    return MarketPanel.align(
        market.universe(),
        month(market).stream().collect(Collectors.toMap(Bars::pair, Bars::closes)));
  }

  private static double rate(MarketPanel panel, Currency from, Currency to, int row) {
    CurrencyPair pair = panel.universe().pairOf(from, to).orElseThrow();
    double close = panel.value(pair, row);
    return pair.base().equals(from) ? close : 1 / close;
  }

  private static double meanRange(Bars bars, int utcHour) {
    return IntStream.range(0, bars.rows())
        .filter(row -> bars.axis().instant(row).atZone(ZoneOffset.UTC).getHour() == utcHour)
        .mapToDouble(row -> bars.high(row) - bars.low(row))
        .average()
        .orElseThrow();
  }

  private static List<Bars> month(SyntheticMarket market) {
    return market.months(1).stream().findFirst().orElseThrow().bars();
  }

  private static Map<CurrencyPair, Bars> byPair(SyntheticMarket market) {
    return month(market).stream().collect(Collectors.toMap(Bars::pair, Function.identity()));
  }

  private static String text(SyntheticMarket market) {
    return market.stream()
        .flatMap(month -> month.bars().stream())
        .map(SyntheticMarketTest::text)
        .collect(Collectors.joining());
  }

  private static String text(Bars bars) {
    StringBuilder text = new StringBuilder();
    for (int row = 0; row < bars.rows(); row++) {
      text.append(bars.pair()).append(' ').append(bars.axis().instant(row));
      text.append(' ').append(bars.open(row)).append(' ').append(bars.high(row));
      text.append(' ').append(bars.low(row)).append(' ').append(bars.close(row));
      text.append(' ').append(bars.volume(row)).append('\n');
    }
    return text.toString();
  }
}
