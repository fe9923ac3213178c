package io.bqx.aws.interruption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.aws.testing.ManualTime;
import io.bqx.aws.testing.StubMetadata;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InterruptionWatcherTest {

  private final StubMetadata stub = StubMetadata.start();
  private final ManualTime time = ManualTime.at("2024-08-01T12:00:00Z");
  private final List<String> heard = new ArrayList<>();
  private final List<String> cancelled = new ArrayList<>();

  private final InterruptionListener listener =
      new InterruptionListener() {
        @Override
        public void interrupted(SpotInterruption interruption) {
          heard.add("interrupted until " + interruption.deadline());
        }

        @Override
        public void budgetSpent(SpotInterruption interruption) {
          heard.add("spent at " + time.instant());
        }

        @Override
        public void rebalanceRecommended(Instant since) {
          heard.add("rebalance since " + since);
        }

        @Override
        public void unreadable(String reason) {
          heard.add("unreadable");
        }
      };

  @AfterEach
  void stop() {
    stub.close();
  }

  private InterruptionWatcher watch() {
    return InterruptionWatcher.of(InstanceMetadata.at(stub.endpoint(), time))
        .listener(listener)
        .time(time, time.scheduler())
        .watch(cancelled::add);
  }

  private void announce(String at) {
    stub.put(StubMetadata.ACTION, "{\"action\": \"terminate\", \"time\": \"" + at + "\"}");
  }

  private long looks() {
    return stub.requests().stream().filter(r -> r.endsWith(StubMetadata.ACTION)).count();
  }

  @Test
  void itLooksAtOnceAndThenEveryFiveSeconds() {
    try (InterruptionWatcher watcher = watch()) {
      time.advance(Duration.ofSeconds(4));
      assertThat(looks()).isEqualTo(1);
      time.advance(Duration.ofSeconds(57));
      assertThat(looks()).isEqualTo(13);
      assertThat(watcher.interruption()).isEmpty();
      assertThat(heard).isEmpty();
      assertThat(cancelled).isEmpty();
    }
  }

  @Test
  void aNoticeCancelsTheRunOnceAndNamesTheReason() {
    try (InterruptionWatcher watcher = watch()) {
      time.advance(Duration.ofSeconds(12));
      announce("2024-08-01T12:02:12Z");
      time.advance(Duration.ofSeconds(30));
      String reason =
          "Spot interruption noticed at 2024-08-01T12:00:15Z, EC2 will terminate this machine at 2024-08-01T12:02:12Z";
      assertThat(cancelled).containsExactly(reason);
      assertThat(watcher.interruption()).map(SpotInterruption::reason).contains(reason);
      assertThat(looks()).isEqualTo(4);
    }
  }

  @Test
  void aRunThatHasNotEndedAfter110SecondsIsToBeAbandoned() {
    try (InterruptionWatcher watcher = watch()) {
      announce("2024-08-01T12:02:05Z");
      time.advance(Duration.ofSeconds(109));
      assertThat(heard).containsExactly("interrupted until 2024-08-01T12:01:50Z");
      time.advance(Duration.ofMinutes(5));
      assertThat(heard)
          .containsExactly(
              "interrupted until 2024-08-01T12:01:50Z", "spent at 2024-08-01T12:01:50Z");
      assertThat(watcher.interruption()).isPresent();
    }
  }

  @Test
  void theLastTenSecondsBeforeTheAnnouncedTimeAreNotUsed() {
    try (InterruptionWatcher watcher = watch()) {
      announce("2024-08-01T12:01:00Z");
      time.advance(Duration.ofMinutes(2));
      assertThat(heard).contains("spent at 2024-08-01T12:00:50Z");
      assertThat(watcher.interruption()).isPresent();
    }
  }

  @Test
  void aNoticeThatIsReadTooLateLeavesNoTime() {
    try (InterruptionWatcher watcher = watch()) {
      announce("2024-08-01T11:59:00Z");
      time.advance(Duration.ofSeconds(1));
      assertThat(heard)
          .containsExactly(
              "interrupted until 2024-08-01T12:00:00Z", "spent at 2024-08-01T12:00:00Z");
      assertThat(watcher.interruption()).isPresent();
    }
  }

  @Test
  void aRunThatEndsInTimeIsNotAbandoned() {
    InterruptionWatcher watcher = watch();
    announce("2024-08-01T12:02:05Z");
    time.advance(Duration.ofSeconds(20));
    watcher.close();
    time.advance(Duration.ofMinutes(5));
    assertThat(heard).containsExactly("interrupted until 2024-08-01T12:01:50Z");
    assertThat(time.isShutDown()).isTrue();
  }

  @Test
  void aRecommendationToRebalanceIsToldOnceAndCancelsNothing() {
    try (InterruptionWatcher watcher = watch()) {
      stub.put(StubMetadata.REBALANCE, "{\"noticeTime\": \"2024-08-01T11:58:00Z\"}");
      time.advance(Duration.ofMinutes(1));
      stub.put(StubMetadata.REBALANCE, "{\"noticeTime\": \"2024-08-01T12:00:30Z\"}");
      time.advance(Duration.ofMinutes(1));
      assertThat(heard)
          .containsExactly(
              "rebalance since 2024-08-01T11:58:00Z", "rebalance since 2024-08-01T12:00:30Z");
      assertThat(cancelled).isEmpty();
      assertThat(watcher.interruption()).isEmpty();
    }
  }

  @Test
  void metadataThatCannotBeReadAreToldOnceAndTriedAgain() {
    try (InterruptionWatcher watcher = watch()) {
      stub.answerAllWith(503);
      time.advance(Duration.ofSeconds(30));
      assertThat(heard).containsExactly("unreadable");
      stub.answerAllWith(0);
      time.advance(Duration.ofSeconds(10));
      stub.answerAllWith(503);
      time.advance(Duration.ofSeconds(10));
      stub.answerAllWith(0);
      announce("2024-08-01T12:05:00Z");
      time.advance(Duration.ofSeconds(10));
      assertThat(heard).startsWith("unreadable", "unreadable").hasSize(3);
      assertThat(cancelled).hasSize(1);
      assertThat(watcher.interruption()).isPresent();
    }
  }

  @Test
  void timesThatAreNotPositiveAreRefused() {
    InterruptionWatcher.Builder builder =
        InterruptionWatcher.of(InstanceMetadata.at(stub.endpoint()));
    assertThatThrownBy(() -> builder.interval(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("interval is PT0S; it must be positive");
    assertThatThrownBy(() -> builder.budget(Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("budget");
  }
}
