package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.Layout;
import io.bqx.core.retry.Retries;
import io.bqx.core.run.UndisturbedMarket.Step;
import io.bqx.core.testing.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The server ends sessions of a run at random moments, one of them, mostly one at work, or all at
 * once; the run goes on by itself.
 */
class BackendFaultsTest {

  private static final String APPLICATION = "bqx-backend-faults-test";
  private static final int FAULTS_PER_RUN = 8;
  private static final Retries QUICK =
      Retries.of(100, Duration.ofMillis(10), Duration.ofMillis(50));

  private FaultTally tally;
  private Random random;
  private FaultedMarket market;
  private final DSLContext administrator =
      DSL.using(TestDatabase.dataSource(), SQLDialect.POSTGRES);
  private final ExecutorService assassin = Executors.newSingleThreadExecutor();

  @AfterEach
  void close() {
    assassin.shutdownNow();
    market.close();
  }

  static Stream<Layout> layouts() {
    return FaultTally.some(1, Layout.values());
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void terminatedBackendsLoseDuplicateMixAndLeaveNothing(Layout layout)
      throws InterruptedException {
    tally = new FaultTally("pg_terminate_backend in the " + layout + " layout");
    random = tally.random();
    market = new FaultedMarket(tally, random, TestDatabase.pool(), layout);
    int wanted = FaultTally.count(8, layout == Layout.WIDE ? 200 : 100);
    PGSimpleDataSource sessions = (PGSimpleDataSource) TestDatabase.dataSource();
    sessions.setApplicationName(APPLICATION);
    while (tally.faults() < wanted) {
      Step step = market.anyStep();
      int events = market.undisturbed(step).allEvents();
      RunReport report =
          market.run(
              step,
              sessions,
              (event, connection) -> {
                synchronized (random) {
                  if (tally.faults() < wanted && random.nextInt(events) < FAULTS_PER_RUN) {
                    boolean all = random.nextInt(5) == 0;
                    double which = random.nextDouble();
                    assassin.execute(() -> terminate(all, which));
                  }
                }
              },
              QUICK);
      market.finished(step, report);
    }
    assassin.shutdown();
    assertThat(assassin.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    tally.report();
  }

  private void terminate(boolean all, double which) {
    List<Record> sessions =
        new ArrayList<>(
            administrator.fetch(
                "SELECT pid, query FROM pg_stat_activity WHERE application_name = {0}"
                    + " ORDER BY state = 'active' DESC, query LIKE 'COPY%' DESC, pid",
                DSL.val(APPLICATION)));
    if (!all && !sessions.isEmpty()) {
      sessions =
          Collections.singletonList(sessions.get((int) (which * which * which * sessions.size())));
    }
    int ended = 0;
    for (Record session : sessions) {
      if (administrator
          .fetchValue("SELECT pg_terminate_backend({0})", DSL.val(session.get(0, Integer.class)))
          .equals(true)) {
        tally.fault(RunMoment.of(session.get(1, String.class)));
        ended++;
      }
    }
    if (ended > 1) {
      tally.count("bursts");
    }
  }
}
