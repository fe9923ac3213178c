package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.ledger.ClaimInfo;
import io.bqx.core.ledger.RunId;
import io.bqx.core.run.JobStatus;
import io.bqx.core.run.JobStatus.StageMonth;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class StatusWatchTest {

  private static final YearMonth JULY = YearMonth.of(2024, 7);

  private final Deque<JobStatus> looks = new ArrayDeque<>();
  private final RecordedScreen screen = new RecordedScreen();

  private static JobStatus status(int done, boolean working) {
    List<ClaimInfo> claims =
        working
            ? List.of(
                new ClaimInfo(
                    JULY,
                    "11@one",
                    new RunId(new UUID(0, 1)),
                    1,
                    Instant.EPOCH,
                    Duration.ZERO,
                    Instant.EPOCH,
                    false,
                    false))
            : List.of();
    return new JobStatus(
        List.of(
            new StageMonth("2.3", JULY, done, 0, working ? 28 - done : 0, working ? 0 : 28 - done)),
        claims,
        100,
        Optional.empty(),
        List.of());
  }

  private void follow(StatusWatch.Pause pause) throws InterruptedException {
    new StatusWatch(looks::remove, screen).follow(pause);
  }

  @Test
  void theWatchEndsWithTheRun() throws InterruptedException {
    looks.addAll(List.of(status(0, true), status(20, true), status(28, true), status(28, false)));
    follow(() -> false);

    assertThat(looks).isEmpty();
    assertThat(screen.last())
        .contains("Everything is done; 'bqx plan' says whether something is due again");
  }

  @Test
  void aMomentWithoutAClaimIsNotTheEnd() throws InterruptedException {
    looks.addAll(
        List.of(
            status(10, true),
            status(10, false),
            status(12, true),
            status(12, false),
            status(12, false)));
    follow(() -> false);

    assertThat(looks).isEmpty();
    assertThat(screen.last()).anyMatch(line -> line.startsWith("No worker is running"));
  }

  @Test
  void aRequestToStopEndsIt() throws InterruptedException {
    looks.addAll(List.of(status(10, true), status(11, true)));
    follow(() -> true);

    assertThat(looks).hasSize(1);
  }

  @Test
  void withoutATerminalLinesArePrintedWhenTheyChange() {
    StringWriter out = new StringWriter();
    Screen lines = new ChangedLines(new PrintWriter(out));
    lines.show(List.of("head", "", "1 of 2"));
    lines.show(List.of("head", "", "1 of 2"));
    lines.show(List.of("head", "", "2 of 2"));
    lines.close();

    assertThat(out.toString().lines()).containsExactly("head", "1 of 2", "2 of 2");
  }
}
