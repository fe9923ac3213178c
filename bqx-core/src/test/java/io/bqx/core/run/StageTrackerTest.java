package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.BqxException;
import io.bqx.core.track.StageCompletion;
import io.bqx.core.track.StageCompletion.Validation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class StageTrackerTest {

  private final List<StageCompletion> told = Collections.synchronizedList(new ArrayList<>());

  @Test
  void everyStageThatTheRunCompletesIsToldOnceWithWhatTheLedgerHas() {
    try (SmallMarket market = SmallMarket.create("tracked")) {
      RunReport report = market.job().tracker(told::add).run();

      assertThat(told)
          .extracting(StageCompletion::stage)
          .containsExactly("1.5", "2.11", "2.12", "2.14", "2.3", "2.4", "2.16B");
      assertThat(told).allMatch(c -> c.partitions() == 9 && c.validation() == Validation.NOT_MADE);
      long rows = told.get(0).rows();
      assertThat(rows).isPositive();
      assertThat(told).allMatch(c -> c.rows() > 0 && c.rows() <= rows);
      assertThat(report.warnings()).isEmpty();

      told.clear();
      market.job().tracker(told::add).run();
      assertThat(told).isEmpty();
    }
  }

  @Test
  void aRunThatValidatesTellsWhatItFoundAndHasItInTheReport() {
    try (SmallMarket market = SmallMarket.create("tracked_valid")) {
      RunReport report = market.job().validating().tracker(told::add).run();

      assertThat(report.validation().orElseThrow().passed()).isTrue();
      assertThat(report.exitCode()).isZero();
      assertThat(told).hasSize(7).allMatch(c -> c.validation() == Validation.PASSED);

      market
          .sql()
          .execute(
              "UPDATE %s.reg_bqx_eurusd SET usd_basket_index = 7 WHERE usd_basket_index IS NOT NULL"
                  .formatted(market.schema()));
      RunReport broken = market.job().validating().run();
      assertThat(broken.isComplete()).isTrue();
      assertThat(broken.validation().orElseThrow().passed()).isFalse();
      assertThat(broken.exitCode()).isEqualTo(1);
    }
  }

  @Test
  void aTrackerThatFailsIsAWarningAndTheOthersAreStillTold() {
    try (SmallMarket market = SmallMarket.create("tracked_badly")) {
      RunReport report =
          market
              .job()
              .stages("1.5", "2.11")
              .tracker(
                  completion -> {
                    throw new BqxException("no ink for " + completion.stage());
                  })
              .tracker(told::add)
              .run();

      assertThat(report.exitCode()).isZero();
      assertThat(report.warnings()).containsExactly("no ink for 1.5", "no ink for 2.11");
      assertThat(told).hasSize(2);
    }
  }

  @Test
  void aStageThatIsNotCompleteIsNotTold() {
    try (SmallMarket market = SmallMarket.create("tracked_failing")) {
      market
          .sql()
          .execute(
              "UPDATE %s.m1_eurusd SET close = -1 WHERE time = '2024-09-01 00:50'"
                  .formatted(market.schema()));

      RunReport report = market.job().validating().tracker(told::add).run();

      assertThat(report.exitCode()).isEqualTo(1);
      assertThat(report.validation()).isEmpty();
      assertThat(told).isEmpty();
    }
  }

  @Test
  void ofTwoRunsThatShareTheWorkOneTells() {
    try (SmallMarket market = SmallMarket.create("tracked_twice")) {
      CompletableFuture<RunReport> other =
          CompletableFuture.supplyAsync(() -> market.job().tracker(told::add).run());
      market.job().tracker(told::add).run();
      other.join();

      assertThat(told).extracting(StageCompletion::stage).doesNotHaveDuplicates().hasSize(7);
    }
  }
}
