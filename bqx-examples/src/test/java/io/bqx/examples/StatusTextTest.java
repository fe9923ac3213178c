package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.Scope;
import io.bqx.core.run.JobStatus;
import io.bqx.core.run.JobStatus.Failure;
import io.bqx.core.run.JobStatus.StageMonth;
import java.time.YearMonth;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StatusTextTest {

  private static final YearMonth JULY = YearMonth.of(2024, 7);
  private static final YearMonth AUGUST = YearMonth.of(2024, 8);

  private static JobStatus status(Failure... failures) {
    return new JobStatus(
        List.of(
            new StageMonth("2.3", JULY, 26, 2, 0, 0), new StageMonth("2.3", AUGUST, 0, 0, 0, 28)),
        List.of(),
        0,
        Optional.empty(),
        List.of(failures));
  }

  @Test
  void everyReasonOfAFailureIsNamedOnceWithWhatItKeepsFromBeingDone() {
    List<String> lines =
        StatusText.lines(
            status(
                new Failure(JULY, List.of(Scope.named("eurusd")), "no lock"),
                new Failure(
                    JULY, List.of(Scope.named("gbpusd"), Scope.named("usdjpy")), "no memory"),
                new Failure(AUGUST, List.of(), "m1_eurusd cannot be read")));

    assertThat(lines)
        .contains(
            "Failed: 2024-07, eurusd: no lock",
            "Failed: 2024-07, gbpusd and 1 more: no memory",
            "Failed: 2024-08, the whole month: m1_eurusd cannot be read");
  }

  @Test
  void withoutFailuresNoneIsNamed() {
    assertThat(StatusText.lines(status())).noneMatch(line -> line.startsWith("Failed"));
  }
}
