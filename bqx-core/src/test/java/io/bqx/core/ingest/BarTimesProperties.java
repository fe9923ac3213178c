package io.bqx.core.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Times of every format agree with java.time's reading of the same text. */
class BarTimesProperties {

  @Provide
  Arbitrary<LocalDateTime> localTimes() {
    return Arbitraries.longs()
        .between(0, 2_000_000_000L)
        .map(s -> LocalDateTime.ofEpochSecond(s, 0, ZoneOffset.UTC));
  }

  @Provide
  Arbitrary<ZoneId> zones() {
    return Arbitraries.of(
            "EET", "America/New_York", "Europe/London", "UTC", "Asia/Kolkata", "+03:00")
        .map(ZoneId::of);
  }

  @Property
  void isoTimesWithAnOffsetAreExact(
      @ForAll("localTimes") LocalDateTime time, @ForAll("zones") ZoneId zone)
      throws BadLineException {
    var offset = time.atZone(zone).toOffsetDateTime();

    assertThat(
            new BarTimes(null)
                .iso(offset.format(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSxxx"))))
        .isEqualTo(micros(offset.toInstant()));
  }

  @Property
  void localTimesHaveOneInstantOrAreRefused(
      @ForAll("localTimes") LocalDateTime time, @ForAll("zones") ZoneId zone)
      throws BadLineException {
    BarTimes times = new BarTimes(zone);
    String iso = time.format(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss"));
    List<ZoneOffset> offsets = zone.getRules().getValidOffsets(time);
    if (offsets.size() != 1) {
      assertThatThrownBy(() -> times.iso(iso)).isInstanceOf(BadLineException.class);
      return;
    }
    long expected = micros(time.toInstant(offsets.get(0)));

    assertThat(times.iso(iso)).isEqualTo(expected);
    assertThat(times.histData(time.format(DateTimeFormatter.ofPattern("yyyyMMdd HHmmss"))))
        .isEqualTo(expected);
    assertThat(
            times.metaTrader(
                time.format(DateTimeFormatter.ofPattern("yyyy.MM.dd")),
                time.format(DateTimeFormatter.ofPattern("HH:mm:ss"))))
        .isEqualTo(expected);
    assertThat(
            times.dukascopy(
                time.format(DateTimeFormatter.ofPattern("dd.MM.yyyy HH:mm:ss.SSS")), true))
        .isEqualTo(expected);
  }

  private static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }
}
