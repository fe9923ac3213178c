package io.bqx.core.run;

import io.bqx.core.retry.Retries;
import io.bqx.core.run.UndisturbedMarket.Step;
import io.bqx.core.testing.RestartableServer;
import io.bqx.core.testing.RestartableServer.Shutdown;
import java.time.Duration;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The server is stopped and started in the middle of runs, which go on by themselves. */
class RestartFaultsTest {

  private static final Retries QUICK =
      Retries.of(200, Duration.ofMillis(50), Duration.ofMillis(300));

  private final FaultTally tally = new FaultTally("restart of the server");
  private final RestartableServer server = RestartableServer.start();
  private final Random random = tally.random();
  private final FaultedMarket market = new FaultedMarket(tally, random, server.dataSource());
  private final ExecutorService restarter = Executors.newSingleThreadExecutor();

  @AfterEach
  void close() {
    restarter.shutdownNow();
    market.close();
    server.close();
  }

  @Test
  void restartsLoseDuplicateMixAndLeaveNothing() throws InterruptedException, ExecutionException {
    int wanted = FaultTally.count(2, 20);
    while (tally.faults() < wanted) {
      Step step = market.anyStep();
      AtomicReference<Future<?>> restart = new AtomicReference<>();
      int events = market.undisturbed(step).allEvents();
      RunReport report =
          market.run(
              step,
              server.dataSource(),
              (event, connection) -> {
                synchronized (random) {
                  boolean away = restart.get() != null && !restart.get().isDone();
                  if (!away && tally.faults() < wanted && random.nextInt(events) < 2) {
                    Shutdown how = Shutdown.values()[random.nextInt(2)];
                    tally.fault(RunMoment.of(event));
                    tally.count(how.toString().toLowerCase(Locale.ROOT));
                    restart.set(restarter.submit(() -> server.restart(how)));
                  }
                }
              },
              QUICK);
      if (restart.get() != null) {
        restart.get().get();
      }
      market.finished(step, report);
    }
    tally.report();
  }
}
