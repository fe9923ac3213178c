package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.retry.Retries;
import io.bqx.core.run.UndisturbedMarket.Step;
import io.bqx.core.testing.TcpProxy;
import io.bqx.core.testing.TcpProxy.Flow;
import io.bqx.core.testing.TcpProxy.Link;
import io.bqx.core.testing.TcpProxy.Way;
import io.bqx.core.testing.TestDatabase;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Connections are cut, slowed to a byte a second and silenced, in both directions or in one, at
 * random moments of runs with a watchdog: each ends, and with everything done or a plain failure.
 */
class NetworkFaultsTest {

  private static final Retries QUICK =
      Retries.of(40, Duration.ofMillis(50), Duration.ofMillis(300));
  private static final int FAULTS_PER_RUN = 3;
  private static final Duration OUTAGE = Duration.ofMillis(1500);

  private enum Fault {
    RESET,
    RESET_OF_ALL,
    HALF_OPEN,
    LOST_TO_SERVER,
    LOST_TO_CLIENT,
    BYTE_PER_SECOND_TO_SERVER,
    BYTE_PER_SECOND_TO_CLIENT,
    OUTAGE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  private final FaultTally tally = new FaultTally("network");
  private final Random random = tally.random();
  private final int first = random.nextInt(Fault.values().length);
  private final FaultedMarket market = new FaultedMarket(tally, random, TestDatabase.pool());
  private final ScheduledExecutorService end = Executors.newSingleThreadScheduledExecutor();

  @AfterEach
  void close() {
    end.shutdownNow();
    market.close();
  }

  @Test
  void networkFaultsLoseDuplicateMixAndLeaveNothing() throws IOException, SQLException {
    int wanted = FaultTally.count(4, 64);
    while (tally.faults() < wanted) {
      Step step = market.anyStep();
      int events = market.undisturbed(step).allEvents();
      try (TcpProxy proxy = TcpProxy.start()) {
        PGSimpleDataSource sessions = proxy.dataSource();
        sessions.setLoginTimeout(1);
        RunReport report =
            market.run(
                step,
                sessions,
                (event, connection) -> {
                  synchronized (random) {
                    if (tally.faults() < wanted && random.nextInt(events) < FAULTS_PER_RUN) {
                      disturb(proxy);
                    }
                  }
                },
                QUICK);
        finish(step, report);
      }
    }
    tally.report();
  }

  private void disturb(TcpProxy proxy) {
    List<Link> links = proxy.links();
    if (links.isEmpty()) {
      return;
    }
    Link link = links.get(random.nextInt(links.size()));
    Fault fault = Fault.values()[(first + tally.faults()) % Fault.values().length];
    tally.fault(fault);
    switch (fault) {
      case RESET -> link.reset();
      case RESET_OF_ALL -> links.forEach(Link::reset);
      case HALF_OPEN -> link.silence();
      case LOST_TO_SERVER -> link.set(Way.TO_SERVER, Flow.LOST);
      case LOST_TO_CLIENT -> link.set(Way.TO_CLIENT, Flow.LOST);
      case BYTE_PER_SECOND_TO_SERVER -> link.set(Way.TO_SERVER, Flow.SLOW);
      case BYTE_PER_SECOND_TO_CLIENT -> link.set(Way.TO_CLIENT, Flow.SLOW);
      case OUTAGE -> {
        proxy.setOut(true);
        end.schedule(() -> proxy.setOut(false), OUTAGE.toMillis(), TimeUnit.MILLISECONDS);
      }
      default -> throw new IllegalStateException(fault.toString());
    }
  }

  private void finish(Step step, RunReport report) {
    if (report.exitCode() == 0) {
      market.finished(step, report);
      return;
    }
    assertThat(report.failures())
        .isNotEmpty()
        .allSatisfy(failure -> assertThat(failure.message().orElse("")).isNotBlank());
    tally.count("runs that failed");
    market.interrupted(step);
    market.finished(step, market.runWithoutFaults(step));
  }
}
