package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.Scope;
import io.bqx.core.run.PartitionOutcome;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.run.RunProgress;
import io.bqx.core.watch.Stall;
import io.bqx.features.CurrencyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LiveViewTest {

  private static final Scope EURUSD = Scope.of(CurrencyPair.of("eurusd"));
  private static final Scope GBPUSD = Scope.of(CurrencyPair.of("gbpusd"));
  private static final YearMonth JULY = YearMonth.of(2024, 7);

  private final RecordedScreen screen = new RecordedScreen();
  private Instant now = Instant.parse("2024-07-22T10:00:00Z");
  private final LiveView view = new LiveView(screen, () -> now);

  private static RunProgress progress(int finished, int failed, long rows) {
    return new RunProgress(
        4,
        finished,
        failed,
        rows,
        rows * 2000,
        Duration.ofSeconds(20),
        finished == 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(90)));
  }

  private static PartitionOutcome outcome(Scope scope, State state, String message) {
    return new PartitionOutcome(
        scope,
        JULY,
        state,
        state == State.DONE ? List.of("2.3", "2.4") : List.of(),
        1000,
        2_000_000,
        Duration.ofSeconds(5),
        0,
        Optional.ofNullable(message));
  }

  @Test
  void beforeTheRunBeginsThereIsNothingToSee() {
    view.draw();

    assertThat(screen.shown).isEmpty();
  }

  @Test
  void aRunInHandShowsBarSpeedStagesAndWhatIsInHand() {
    view.runStarted(progress(0, 0, 0));
    view.partitionStarted(EURUSD, JULY, List.of("2.3", "2.4"));
    view.partitionStarted(GBPUSD, JULY, List.of("2.3", "2.4"));
    now = now.plusSeconds(10);
    view.partitionFinished(outcome(EURUSD, State.DONE, null), progress(1, 0, 1000));

    assertThat(screen.last())
        .containsExactly(
            "[##########------------------------------] 1 of 4 partitions, 25 % 1 min 30 s left",
            "1,000 rows, 50 rows/s, lately 100 rows/s, 2.0 MB",
            "stages: 2.3: 1, 2.4: 1",
            "in hand: gbpusd 2024-07 10 s");
    now = now.plusSeconds(2);
    view.draw();
    assertThat(screen.last()).last().isEqualTo("in hand: gbpusd 2024-07 12 s");
  }

  @Test
  void whatGoesWrongIsCountedAndFailuresAndStallsStay() {
    view.runStarted(progress(0, 0, 0));
    view.retrying(EURUSD, JULY, 2, "connection lost");
    view.waiting("gbpusd 2024-07 waits for a lock");
    assertThat(screen.last())
        .contains(
            "trouble: 1 retry, 0 stalls; last eurusd 2024-07: attempt 2 after a passing fault: connection lost",
            "waiting: gbpusd 2024-07 waits for a lock");

    view.stalled(
        new Stall(
            Optional.empty(),
            Optional.of(JULY),
            "reading its bars",
            Duration.ofSeconds(60),
            List.of(),
            Stall.Action.REPORTED));
    view.partitionFinished(outcome(EURUSD, State.FAILED, "no room"), progress(1, 1, 0));
    view.partitionFinished(outcome(GBPUSD, State.UP_TO_DATE, null), progress(2, 1, 0));

    assertThat(screen.printed).hasSize(2);
    assertThat(screen.printed.get(0)).startsWith("stalled: 2024-07 has made no progress for 60 s");
    assertThat(screen.printed.get(1)).isEqualTo("failed: eurusd 2024-07: no room");
    assertThat(screen.last())
        .noneMatch(line -> line.startsWith("waiting"))
        .anyMatch(line -> line.endsWith("1 failed"))
        .contains("stages: 1 partition up to date");
  }

  @Test
  void afterItIsClosedNothingIsDrawn() {
    view.runStarted(progress(0, 0, 0));
    view.close();
    int before = screen.shown.size();
    view.draw();

    assertThat(screen.closed).isTrue();
    assertThat(screen.shown).hasSize(before);
  }
}
