package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.aws.cost.MachineTime;
import io.bqx.aws.cost.StageHours;
import io.bqx.aws.interruption.InstanceMetadata;
import io.bqx.aws.interruption.InterruptionListener;
import io.bqx.aws.interruption.InterruptionWatcher;
import io.bqx.aws.interruption.SpotInterruption;
import io.bqx.aws.testing.StubMetadata;
import io.bqx.core.ingest.BarFormat;
import io.bqx.core.ingest.BarImport;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.run.PartitionOutcome;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.run.Phase2;
import io.bqx.core.run.Run;
import io.bqx.core.run.RunListener;
import io.bqx.core.run.RunProgress;
import io.bqx.core.run.RunReport;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** Runs on a machine that EC2 takes back, with its metadata service played by an HTTP server. */
class InterruptedRunTest {

  private static final YearMonth JULY = YearMonth.of(2024, 7);
  private static final int PARTITIONS = 10;

  private final GuardedServer server = GuardedServer.get();
  private final String database = server.newDatabase("interrupted");
  private final StubMetadata metadata = StubMetadata.start();

  @TempDir private Path folder;

  @BeforeEach
  void importBars() {
    Path bars =
        FewPairs.bars(
            SyntheticMarket.of(FewPairs.TEN).months(1).rowsPerMonth(20), folder.resolve("bars"));
    BarImport.into(sessions()).format(BarFormat.CSV).folder(bars).run();
    metadata.put("instance-id", "i-0123456789abcdef0");
  }

  @AfterEach
  void stop() {
    metadata.close();
  }

  private PGSimpleDataSource sessions() {
    PGSimpleDataSource sessions = new PGSimpleDataSource();
    sessions.setUrl(server.jdbcUrl(database));
    sessions.setUser(GuardedServer.SUPERUSER);
    return sessions;
  }

  private void announce(Instant time) {
    metadata.put(StubMetadata.ACTION, "{\"action\": \"terminate\", \"time\": \"" + time + "\"}");
  }

  private Phase2 job() {
    return Phase2.on(sessions()).universe(FewPairs.TEN).months(JULY, JULY).workers(2);
  }

  private CommandRun run() {
    return CommandRun.of(
        Map.of("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.endpoint().toString()),
        "run",
        "--from=2024-07",
        "--to=2024-07",
        "--workers=2",
        "--watch-interruption",
        "--user=postgres",
        "--jdbc-url=" + server.jdbcUrl(database));
  }

  @Test
  void aNoticeInTheMiddleEndsTheRunInOrderAndTheNextOneGoesOn() throws InterruptedException {
    CountDownLatch noticed = new CountDownLatch(1);
    InterruptionListener told =
        new InterruptionListener() {
          @Override
          public void interrupted(SpotInterruption interruption) {
            noticed.countDown();
          }
        };
    RunListener announceAfterFive =
        new RunListener() {
          @Override
          public void partitionFinished(PartitionOutcome outcome, RunProgress progress) {
            if (progress.finished() == 5) {
              announce(Instant.now().plusSeconds(120));
              awaitNotice(noticed);
            }
          }
        };
    RunReport report;
    Optional<String> reason;
    Instant started = Instant.now();
    Run run = job().listener(announceAfterFive).start();
    try (InterruptionWatcher watcher =
        InterruptionWatcher.of(InstanceMetadata.at(metadata.endpoint()))
            .interval(Duration.ofMillis(10))
            .listener(told)
            .watch(run)) {
      report = run.await();
      reason = watcher.interruption().map(SpotInterruption::reason);
    }

    assertThat(reason).isPresent();
    assertThat(report.failures()).isEmpty();
    assertThat(report.counts()).containsOnlyKeys(State.DONE, State.CANCELLED);
    assertThat(report.counts().get(State.DONE)).isBetween(5L, 7L);
    assertThat(report.outcomes())
        .filteredOn(o -> o.state() == State.CANCELLED)
        .allSatisfy(o -> assertThat(o.message().orElseThrow()).endsWith(": " + reason.get()));
    assertThat(server.query(database, "SELECT state || ': ' || message FROM bqx.ledger_runs"))
        .singleElement()
        .asString()
        .startsWith("cancelled: ")
        .endsWith(reason.get());

    RunReport rest = job().run();
    assertThat(rest.exitCode()).isZero();
    assertThat(rest.counts().get(State.DONE) + report.counts().get(State.DONE))
        .isEqualTo(PARTITIONS);
    assertThat(job().validate().failures()).isEmpty();

    MachineTime machine = MachineTime.between(started, Instant.now());
    Map<String, Duration> hours =
        StageHours.of(
            new Ledger(sessions(), "bqx", Duration.ofSeconds(30)).entries(JULY, JULY), machine);
    assertThat(hours)
        .containsOnlyKeys("1.5", "2.11", "2.12", "2.14", "2.3", "2.4", "2.16B")
        .allSatisfy((stage, time) -> assertThat(time).isPositive());
    assertThat(hours.values().stream().reduce(Duration.ZERO, Duration::plus))
        .isLessThanOrEqualTo(machine.elapsed());
  }

  private static void awaitNotice(CountDownLatch noticed) {
    try {
      assertThat(noticed.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void theCommandSaysThatAndWhyItWasInterrupted() {
    announce(Instant.now().plusSeconds(120));
    CommandRun interrupted = run();
    assertThat(interrupted.exitCode()).as(interrupted.output()).isEqualTo(1);
    assertThat(interrupted.err())
        .contains("bqx: watching for a Spot interruption of i-0123456789abcdef0")
        .contains("bqx: Spot interruption noticed at ", "what is in hand is finished until ");
    assertThat(interrupted.out())
        .contains(" cancelled")
        .contains("Interrupted: Spot interruption noticed at ", "EC2 will terminate this machine");
  }

  @Test
  void aRunThatCannotEndInTimeIsAbandoned() throws SQLException {
    try (Connection reader = sessions().getConnection();
        Statement statement = reader.createStatement()) {
      reader.setAutoCommit(false);
      statement.execute("LOCK TABLE bqx.m1_eurusd IN ACCESS EXCLUSIVE MODE");
      announce(Instant.now().minusSeconds(1));
      CommandRun abandoned = run();
      assertThat(abandoned.exitCode()).as(abandoned.output()).isEqualTo(1);
      assertThat(abandoned.err()).contains("bqx: no time is left");
      assertThat(abandoned.out()).contains("Interrupted: ").doesNotContain("partitions in");
    }
  }

  @Test
  void whereThereAreNoMetadataTheRunGoesOnUnwatched() {
    metadata.close();
    CommandRun unwatched = run();
    assertThat(unwatched.exitCode()).as(unwatched.output()).isZero();
    assertThat(unwatched.err())
        .contains("bqx: interruptions are not watched. Cannot read a token")
        .contains("This is no machine of EC2");
    assertThat(unwatched.out()).contains("10 done").doesNotContain("Interrupted");
  }
}
