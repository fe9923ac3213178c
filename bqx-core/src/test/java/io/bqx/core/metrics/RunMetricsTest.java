package io.bqx.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.catalog.Scope;
import io.bqx.core.run.PartitionOutcome;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.run.RunListener;
import io.bqx.core.run.RunProgress;
import io.bqx.core.run.RunReport;
import io.bqx.features.CurrencyPair;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RunMetricsTest {

  private static final Scope EURUSD = Scope.of(CurrencyPair.of("eurusd"));
  private static final YearMonth JULY = YearMonth.of(2024, 7);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final RunListener metrics = RunMetrics.in(registry);

  private static RunProgress progress(int finished) {
    return new RunProgress(
        4,
        finished,
        0,
        100L * finished,
        0,
        Duration.ofSeconds(10),
        finished == 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(30)));
  }

  private double gauge(String name) {
    return registry.get(name).gauge().value();
  }

  @Test
  void aRunMovesTheMeters() {
    metrics.runStarted(progress(0));
    metrics.partitionStarted(EURUSD, JULY, List.of("2.3"));
    assertThat(gauge("bqx.running")).isEqualTo(1);
    assertThat(gauge("bqx.partitions.in.hand")).isEqualTo(1);
    assertThat(gauge("bqx.remaining.time")).isNaN();

    metrics.retrying(EURUSD, JULY, 2, "lost connection");
    metrics.partitionFinished(
        new PartitionOutcome(
            EURUSD,
            JULY,
            State.DONE,
            List.of("2.3"),
            100,
            5000,
            Duration.ofSeconds(2),
            1,
            Optional.empty()),
        progress(1));
    assertThat(gauge("bqx.partitions.in.hand")).isZero();
    assertThat(gauge("bqx.partitions.remaining")).isEqualTo(3);
    assertThat(gauge("bqx.remaining.time")).isEqualTo(30);
    assertThat(registry.get("bqx.rows").counter().count()).isEqualTo(100);
    assertThat(registry.get("bqx.bytes").counter().count()).isEqualTo(5000);
    assertThat(registry.get("bqx.retries").counter().count()).isEqualTo(1);
    assertThat(registry.get("bqx.partitions").tag("state", "done").counter().count()).isEqualTo(1);
    assertThat(registry.get("bqx.partition.time").timer().totalTime(TimeUnit.SECONDS)).isEqualTo(2);

    metrics.runFinished(
        new RunReport(
            "1",
            List.of(),
            Instant.EPOCH,
            Duration.ofSeconds(3),
            Optional.empty(),
            Optional.empty(),
            List.of()));
    assertThat(gauge("bqx.running")).isZero();
  }

  @Test
  void ofSeveralListenersEachHearsEvenIfOneFails() {
    RunListener failing =
        new RunListener() {
          @Override
          public void runStarted(RunProgress progress) {
            throw new IllegalStateException("deaf");
          }
        };

    assertThatThrownBy(() -> RunListener.all(failing, metrics).runStarted(progress(0)))
        .hasMessage("deaf");
    assertThat(gauge("bqx.running")).isEqualTo(1);
  }
}
