package io.bqx.core.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bqx.core.catalog.TableFamily;
import io.bqx.features.CurrencyPair;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class IntervalsTest {

  private static Rewrite at(long fromSecond, long toSecond, String worker) {
    return SampleReport.rewrite(TableFamily.BQX, CurrencyPair.of("eurusd"), SampleReport.JULY)
        .between(
            SampleReport.START.plusSeconds(fromSecond), SampleReport.START.plusSeconds(toSecond))
        .by(worker, 0)
        .build();
  }

  @Test
  void timeAtWorkLeavesPausesOutAndCountsWhatHappensAtOnceOnce() {
    assertThat(Intervals.busy(List.of(at(0, 10, "a"), at(5, 12, "b"), at(60, 61, "a"))))
        .isEqualTo(Duration.ofSeconds(13));
    assertThat(Intervals.busy(List.of())).isZero();
  }

  @Test
  void eachRewriteIsInTheFirstLaneOfItsWorkerThatIsFree() {
    List<Rewrite> placed =
        Intervals.inLanes(
            List.of(at(0, 10, "a"), at(1, 3, "a"), at(3, 5, "a"), at(4, 6, "a"), at(2, 4, "b")));

    assertThat(placed).extracting(Rewrite::lane).containsExactly(0, 1, 0, 1, 2);
    assertThat(placed.get(2).worker()).isEqualTo("b");
  }

  @Test
  void thePaceSpreadsTheRowsOfAPartitionOverItsTimeAndLosesNone() {
    List<PacePoint> pace = Intervals.pace(List.of(at(0, 8, "a"), at(4, 8, "b")), 4);

    assertThat(pace).extracting(PacePoint::width).containsOnly(Duration.ofSeconds(2));
    assertThat(pace)
        .extracting(PacePoint::rowsPerSecond)
        .containsExactly(125.0, 125.0, 375.0, 375.0);
    assertThat(pace.stream().mapToDouble(p -> p.rowsPerSecond() * 2).sum())
        .isCloseTo(2000, within(1e-6));
  }

  @Test
  void aPartitionThatTookNoTimeIsNotLost() {
    assertThat(Intervals.pace(List.of(at(0, 0, "a"), at(0, 4, "a")), 2))
        .first()
        .satisfies(point -> assertThat(point.rowsPerSecond()).isCloseTo(750, within(1e-3)));
  }
}
