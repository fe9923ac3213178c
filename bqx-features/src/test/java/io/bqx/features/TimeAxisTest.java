package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class TimeAxisTest {

  private static final long HOUR = 3_600_000_000L;
  private static final long DAY = 24 * HOUR;
  private static final long JULY = GoldenVectors.epochMicros("2024-07-01T00:00:00Z");
  private static final long AUGUST = GoldenVectors.epochMicros("2024-08-01T00:00:00Z");

  @Example
  void knowsItsRowsByTime() {
    TimeAxis axis = TimeAxis.of(JULY, JULY + HOUR, JULY + 3 * HOUR);
    assertThat(axis.rows()).isEqualTo(3);
    assertThat(axis.epochMicros(1)).isEqualTo(JULY + HOUR);
    assertThat(axis.instant(1)).isEqualTo(Instant.parse("2024-07-01T01:00:00Z"));
    assertThat(axis.indexOf(JULY + 3 * HOUR)).isEqualTo(2);
    assertThat(axis.indexOf(JULY + 2 * HOUR)).isEqualTo(-3);
    assertThat(axis.toEpochMicros()).containsExactly(JULY, JULY + HOUR, JULY + 3 * HOUR);
    assertThat(axis).hasToString("TimeAxis[3 rows, 2024-07-01T00:00:00Z to 2024-07-01T03:00:00Z]");
    assertThat(TimeAxis.of()).hasToString("TimeAxis[0 rows]");
  }

  @Example
  void doesNotShareTheCallersArrayUnlessItWraps() {
    long[] times = {JULY, JULY + HOUR};
    TimeAxis axis = TimeAxis.of(times);
    times[0] = 0;
    axis.toEpochMicros()[1] = 0;
    assertThat(axis)
        .isEqualTo(TimeAxis.of(JULY, JULY + HOUR))
        .hasSameHashCodeAs(TimeAxis.of(JULY, JULY + HOUR));
  }

  @Example
  void refusesTimesThatStandStillOrGoBackAndNamesTheRow() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TimeAxis.of(JULY, JULY + HOUR, JULY + HOUR))
        .withMessageContaining("row 2 is at 2024-07-01T01:00:00Z");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TimeAxis.wrapping(new long[] {JULY}, -1))
        .withMessageContaining("ordinalOfFirstRow is -1");
  }

  @Example
  void countsRowsWithinTheCalendarMonth() {
    TimeAxis axis =
        TimeAxis.wrapping(new long[] {AUGUST - 2 * HOUR, AUGUST - HOUR, AUGUST, AUGUST + DAY}, 700);
    assertThat(
            new int[] {
              axis.ordinalInMonth(0),
              axis.ordinalInMonth(1),
              axis.ordinalInMonth(2),
              axis.ordinalInMonth(3)
            })
        .containsExactly(700, 701, 0, 1);
  }

  @Example
  void sumsRestartAtMultiplesOfTheWindowWithinEachMonth() {
    TimeAxis axis = TimeAxis.wrapping(times(AUGUST - 5 * HOUR, 12), 2);
    assertThat(axis.restarts(3)).containsExactly(1, 4, 5, 8, 11);
    assertThat(axis.restarts(100)).containsExactly(5);
    assertThat(TimeAxis.of().restarts(3)).isEmpty();
  }

  @Property
  void everyWindowHoldsARestartRow(
      @ForAll("axes") TimeAxis axis, @ForAll @IntRange(min = 2, max = 50) int w) {
    int[] restarts = axis.restarts(w);
    assertThat(restarts).isSorted().doesNotHaveDuplicates();
    for (int t = w - 1; t < axis.rows(); t++) {
      int last = t;
      assertThat(Arrays.stream(restarts).anyMatch(row -> row > last - w && row <= last)).isTrue();
    }
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void aSliceRestartsAtTheSameRowsAsTheWhole(
      @ForAll("axes") TimeAxis axis,
      @ForAll @IntRange(min = 2, max = 50) int w,
      @ForAll @IntRange(max = 399) int one,
      @ForAll @IntRange(max = 399) int other) {
    int from = Math.min(one, other) % (axis.rows() + 1);
    int to = Math.max(from, Math.max(one, other) % (axis.rows() + 1));
    TimeAxis slice = axis.slice(from, to);
    assertThat(slice.rows()).isEqualTo(to - from);
    assertThat(Arrays.stream(slice.restarts(w)).map(row -> row + from).toArray())
        .containsExactly(
            Arrays.stream(axis.restarts(w)).filter(row -> row >= from && row < to).toArray());
  }

  @Provide
  Arbitrary<TimeAxis> axes() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 400), Arbitraries.integers().between(0, 700))
        .as((rows, ordinal) -> TimeAxis.wrapping(times(JULY + ordinal * HOUR, rows), ordinal));
  }

  private static long[] times(long start, int rows) {
    long[] times = new long[rows];
    Arrays.setAll(times, row -> start + row * HOUR);
    return times;
  }
}
