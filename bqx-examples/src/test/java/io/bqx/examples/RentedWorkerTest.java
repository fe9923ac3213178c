package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.aws.AwsClients;
import io.bqx.aws.Waiting;
import io.bqx.aws.cost.SpotPriceHistory;
import io.bqx.aws.cost.Usd;
import io.bqx.aws.s3.S3Address;
import io.bqx.aws.s3.S3Destination;
import io.bqx.aws.testing.StubMetadata;
import io.bqx.aws.testing.TestAws;
import io.bqx.aws.testing.TestNetwork;
import io.bqx.aws.worker.Decision;
import io.bqx.aws.worker.RunOrder;
import io.bqx.aws.worker.RunStep;
import io.bqx.aws.worker.StepRecord;
import io.bqx.aws.worker.TerminationOrder;
import io.bqx.aws.worker.Worker;
import io.bqx.aws.worker.WorkerInterruption;
import io.bqx.aws.worker.WorkerListener;
import io.bqx.aws.worker.WorkerRunReport;
import io.bqx.aws.worker.WorkerSpec;
import io.bqx.core.export.ExportDestination;
import io.bqx.core.export.ParquetExport;
import io.bqx.core.ingest.BarFormat;
import io.bqx.core.ingest.BarImport;
import io.bqx.core.ledger.Ledger;
import io.bqx.core.report.ReportFolder;
import io.bqx.core.report.WorkPlan;
import io.bqx.core.run.Phase2;
import io.bqx.features.CurrencyPair;
import io.bqx.features.Universe;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceAttributeName;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;

/**
 * The whole life of a run on a rented machine: AWS is an emulator, Aurora an embedded PostgreSQL,
 * and each machine a JVM that is started by the unit of the machine's own user data. The first
 * machine is taken away in the middle of its work.
 */
class RentedWorkerTest {

  private static final YearMonth JULY = YearMonth.of(2024, 7);
  private static final CurrencyPair[] EXPORTED = {
    CurrencyPair.of("eurusd"), CurrencyPair.of("usdjpy")
  };
  private static final int WORKERS = 2;

  /** The key of the lock that holds back the pairs in whose midst the machine is taken away. */
  private static final int HELD_BACK = 4711;

  private static final Usd PRICE_PER_HOUR = Usd.of("360");

  @TempDir private Path folder;

  private final String name = "rehearsal-" + Integer.toHexString(UUID.randomUUID().hashCode());
  private final GuardedServer server = GuardedServer.get();
  private final String database = server.newDatabase("rehearsal");
  private final StubMetadata metadata = StubMetadata.start();
  private final ExecutorService power = Executors.newCachedThreadPool();
  private final Map<String, BootedMachine> machines = new LinkedHashMap<>();
  private final List<Future<?>> boots = new ArrayList<>();
  private AwsClients clients;
  private Connection holdingBack;

  @BeforeEach
  void furnish() throws IOException, SQLException {
    clients = TestAws.clients();
    clients.s3().createBucket(request -> request.bucket(name));
    metadata.put("instance-id", "i-0123456789abcdef0");
    Path bars = Files.createDirectory(folder.resolve("bars"));
    try (BarFiles files = new BarFiles(bars)) {
      SyntheticMarket.of(Universe.g8()).months(1).rowsPerMonth(20).stream()
          .forEach(month -> month.bars().forEach(files::add));
    }
    BarImport.into(sessions()).format(BarFormat.CSV).folder(bars).run();
    holdBackTheRest();
  }

  @AfterEach
  void tearDown() throws Exception {
    for (BootedMachine machine : machines.values()) {
      machine.kill();
    }
    power.shutdownNow();
    metadata.close();
    holdingBack.close();
    clients.close();
  }

  @Test
  void aRunLosesItsMachineInTheMiddleAndComesToItsEndOnAnotherOne() throws Exception {
    Path jar = jar();
    WorkerSpec spec = spec(jar);
    Path reports = folder.resolve("report");
    List<String> decisions = new ArrayList<>();
    WorkerRunReport report;
    List<BigDecimal> costs;
    try (ExportDestination place =
        S3Destination.at(S3Address.of("s3://" + name + "/features")).client(clients.s3()).build()) {
      Worker worker =
          Worker.with(clients)
              .spec(spec)
              .stateFile(folder.resolve("state.json"))
              .waiting(new Attended())
              .listener(
                  new WorkerListener() {
                    @Override
                    public void decided(Decision decision) {
                      decisions.add(decision.what());
                    }
                  })
              .database(sessions())
              .ledger(job()::status)
              .cost((machine, time) -> Optional.of(prices().cost(time)));

      report =
          worker.run(
              RunOrder.builder()
                  .jar(jar)
                  .validation(job()::validate)
                  .export(
                      ParquetExport.on(sessions())
                          .months(JULY, JULY)
                          .pairs(EXPORTED)
                          .workers(WORKERS)
                          .to(place))
                  .report(
                      () ->
                          job().report(WorkPlan.ofDefaults().plannedPrice(new BigDecimal("0.45"))),
                      ReportFolder.at(reports))
                  .termination(TerminationOrder.ofDefaults().confirmedBy("TERMINATE"))
                  .build());
      costs = worker.machinesUsed().stream().map(use -> use.usd().orElseThrow()).toList();
    }

    assertThat(report.state().steps())
        .extracting(StepRecord::step)
        .as(decisions.toString())
        .containsExactly(RunStep.values());
    assertThat(report.state().steps()).allMatch(step -> step.finished().isPresent());
    assertThat(report.validation().orElseThrow().passed()).isTrue();
    assertThat(report.termination().orElseThrow().leftovers()).isEmpty();

    List<String> ids = List.copyOf(machines.keySet());
    assertThat(ids).hasSize(2);
    WorkerInterruption lost = report.state().interruptions().get(0);
    assertThat(report.state().interruptions()).hasSize(1);
    assertThat(lost.instance()).isEqualTo(ids.get(0));
    assertThat(lost.done()).isPositive();
    assertThat(lost.unfinished()).isPositive();
    assertThat(lost.resumed().orElseThrow()).isAfterOrEqualTo(lost.noticed());

    assertNothingRuns(ids);
    assertThatTheReportAddsUp(
        JSON.std.mapFrom(Files.readString(reports.resolve("report.json"))), ids, costs);
    assertThat(Files.readString(reports.resolve("report.md")))
        .contains("## Interruptions", "## Machines", ids.get(0));
    assertThat(Files.readString(reports.resolve("report.html")))
        .contains("<h2>Interruptions</h2>", ids.get(1));
    assertThatTheCommandFindsNothingLeftToDo(reports, ids);
    assertThatTheCommandsTellWhatWas(ids);
    assertThat(
            clients
                .s3()
                .getObjectAsBytes(
                    request ->
                        request.bucket(name).key("logs/" + name + "/" + ids.get(1) + "/run.end"))
                .asString(StandardCharsets.UTF_8))
        .endsWith(" success 0\n");
  }

  private void assertThatTheCommandFindsNothingLeftToDo(Path reports, List<String> ids) {
    CommandRun planned = workerRun(reports, "--dry-run");
    assertThat(planned.exitCode()).as(planned.output()).isZero();
    assertThat(planned.out()).isEqualTo("Nothing would be changed\n");

    CommandRun again = workerRun(reports, "--confirm", "TERMINATE");
    assertThat(again.exitCode()).as(again.output()).isZero();
    assertThat(again.err()).contains("its machine given back before; nothing is rented");
    assertThat(again.out())
        .contains("supervise", "terminate", ids.get(0), ids.get(1), "total")
        .contains(reports.resolve("report.html").toString())
        .endsWith("Nothing is rented\n");
    assertThat(instances()).hasSize(2);
  }

  private void assertThatTheCommandsTellWhatWas(List<String> ids) throws IOException {
    CommandRun status = command("worker", "status", "--spec", "worker.yaml");
    assertThat(status.exitCode()).as(status.output()).isZero();
    assertThat(status.out()).contains("lost machines    1, the last one: terminated", "last step");

    Path again = folder.resolve("again");
    CommandRun report = command("report", "--worker", "worker.yaml", "--out", again.toString());
    assertThat(report.exitCode()).as(report.output()).isZero();
    assertThat(Files.readString(again.resolve("report.md")))
        .contains("## Interruptions", ids.get(0), ids.get(1), "| total |");
  }

  private CommandRun workerRun(Path reports, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "worker",
                "run",
                "--spec",
                "worker.yaml",
                "--export",
                "s3://" + name + "/features",
                "--report",
                reports.toString()));
    words.addAll(List.of(more));
    return command(words.toArray(String[]::new));
  }

  /** A command about the worker and its database; {@code worker.yaml} is in the test's folder. */
  private CommandRun command(String... words) {
    List<String> all = new ArrayList<>();
    for (String word : words) {
      all.add(word.equals("worker.yaml") ? folder.resolve(word).toString() : word);
    }
    all.addAll(
        List.of(
            "--state",
            folder.resolve("state.json").toString(),
            "--jdbc-url",
            server.jdbcUrl(database),
            "--user",
            GuardedServer.SUPERUSER));
    return CommandRun.of(
        Map.of(
            "AWS_REGION", "us-east-1",
            "AWS_ACCESS_KEY_ID", "test",
            "AWS_SECRET_ACCESS_KEY", "test",
            "AWS_ENDPOINT_URL", TestAws.endpoint().toString()),
        all.toArray(String[]::new));
  }

  private void assertNothingRuns(List<String> ids) throws Exception {
    for (Future<?> boot : boots) {
      boot.get(30, TimeUnit.SECONDS);
    }
    assertThat(machines.values()).noneMatch(BootedMachine::isJobAlive);
    assertThat(instances())
        .extracting(Instance::instanceId)
        .containsExactlyInAnyOrderElementsOf(ids);
    assertThat(instances())
        .allMatch(instance -> instance.state().name() == InstanceStateName.TERMINATED);
    assertThat(
            clients
                .ec2()
                .describeSpotInstanceRequests(
                    request ->
                        request.filters(
                            filter("tag:bqx:worker", name), filter("state", "open", "active")))
                .spotInstanceRequests())
        .isEmpty();
    assertThat(
            server.query(
                "postgres",
                "SELECT application_name FROM pg_stat_activity WHERE datname = '"
                    + database
                    + "' AND pid <> "
                    + server.query("postgres", "SELECT pg_backend_pid()").get(0)
                    + " AND state <> 'idle'"))
        .isEmpty();
    assertThat(
            server.query(database, "SELECT state FROM bqx.ledger_claims WHERE state = 'running'"))
        .isEmpty();
  }

  private static void assertThatTheReportAddsUp(
      Map<String, Object> report, List<String> ids, List<BigDecimal> costs) {
    assertThat(report).containsEntry("complete", true);
    List<Map<String, Object>> rented = rows(report, "machines");
    assertThat(rented).extracting(row -> row.get("id")).isEqualTo(ids);
    assertThat(rented.get(0).get("lost")).asString().startsWith("terminated");
    assertThat(rented.get(1).get("lost")).isNull();

    Map<String, Object> stopped = rows(report, "interruptions").get(0);
    assertThat(rows(report, "interruptions")).hasSize(1);
    assertThat(stopped).containsEntry("ending", "killed").containsEntry("machine", ids.get(0));
    assertThat((int) stopped.get("repeated_partitions_at_most")).isBetween(1, WORKERS);
    assertThat(number(stopped, "standstill_seconds")).isPositive();
    assertThat(
            Duration.between(
                    Instant.parse((String) stopped.get("at")),
                    Instant.parse((String) stopped.get("resumed")))
                .toMillis())
        .isCloseTo((long) (1000 * number(stopped, "standstill_seconds")), within(1L));

    Map<String, Map<String, Object>> plan =
        rows(report, "plan").stream()
            .collect(Collectors.toMap(row -> (String) row.get("name"), row -> row));
    assertThat(plan).containsOnlyKeys("foundation", "tier1", "interruptions", "rest", "total");
    for (String figure :
        List.of("planned_seconds", "actual_seconds", "planned_usd", "actual_usd")) {
      double parts =
          plan.entrySet().stream()
              .filter(row -> !row.getKey().equals("total"))
              .mapToDouble(row -> number(row.getValue(), figure))
              .sum();
      assertThat(parts).as(figure).isCloseTo(number(plan.get("total"), figure), within(1e-6));
    }
    assertThat(number(plan.get("total"), "actual_seconds"))
        .isCloseTo(rented.stream().mapToDouble(row -> number(row, "seconds")).sum(), within(0.01));
    assertThat(number(plan.get("total"), "actual_usd"))
        .isCloseTo(costs.stream().mapToDouble(BigDecimal::doubleValue).sum(), within(0.01));
    assertThat(number(plan.get("interruptions"), "actual_usd")).isPositive();
    assertThat(number(stopped, "usd"))
        .isCloseTo(number(plan.get("interruptions"), "actual_usd"), within(1.0));
    double planned = number(plan.get("total"), "planned_seconds");
    assertThat(number(plan.get("total"), "time_variance_percent"))
        .isCloseTo(
            100 * (number(plan.get("total"), "actual_seconds") - planned) / planned, within(1e-6));
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> rows(Map<String, Object> report, String key) {
    return (List<Map<String, Object>>) report.get(key);
  }

  private static double number(Map<String, Object> row, String key) {
    return ((Number) row.get(key)).doubleValue();
  }

  /**
   * Time by this machine's clock, but no pause is long: what is waited for happens in it. Machines
   * are switched on when the emulator has granted them, and the first one is taken away.
   */
  private final class Attended implements Waiting {

    private static final long LONGEST_PAUSE_MILLIS = 200;

    @Override
    public Instant now() {
      return Instant.now();
    }

    @Override
    public void pause(Duration time) {
      instances().stream()
          .filter(instance -> instance.state().name() == InstanceStateName.RUNNING)
          .map(Instance::instanceId)
          .filter(id -> !machines.containsKey(id))
          .forEach(RentedWorkerTest.this::switchOn);
      if (machines.size() == 1 && isTheRestBegun()) {
        takeAway(machines.values().iterator().next());
      }
      awaitAnEnd(Math.min(time.toMillis(), LONGEST_PAUSE_MILLIS));
    }
  }

  /** Until a machine has ended what it does, or for a moment. */
  private void awaitAnEnd(long millis) {
    try {
      if (boots.isEmpty() || boots.get(boots.size() - 1).isDone()) {
        return;
      }
      boots.get(boots.size() - 1).get(millis, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new AssertionError("A machine does not boot", e);
    }
  }

  private void switchOn(String id) {
    BootedMachine machine =
        new BootedMachine(id, folder.resolve(id), TestAws.endpoint(), metadata.endpoint());
    machines.put(id, machine);
    String userData =
        new String(
            Base64.getDecoder()
                .decode(
                    clients
                        .ec2()
                        .describeInstanceAttribute(
                            request ->
                                request.instanceId(id).attribute(InstanceAttributeName.USER_DATA))
                        .userData()
                        .value()),
            StandardCharsets.UTF_8);
    boots.add(
        power.submit(
            () -> {
              machine.boot(userData);
              return null;
            }));
  }

  /** As EC2 does, and as if as much time passed then as another machine takes to come. */
  private void takeAway(BootedMachine machine) {
    try {
      machine.kill();
      clients.ec2().terminateInstances(request -> request.instanceIds(machine.id()));
      holdingBack.close();
      server.execute(
          database,
          "UPDATE bqx.ledger_claims SET lease_until = clock_timestamp() WHERE state = 'running'");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Every pair from eurusd on. */
  private void holdBackTheRest() throws SQLException {
    new Ledger(sessions(), "bqx", Duration.ofSeconds(30)).create();
    server.execute(
        database,
        """
        CREATE FUNCTION hold_back() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.pair >= 'eurusd' THEN
            PERFORM pg_advisory_xact_lock_shared(%d);
          END IF;
          RETURN NEW;
        END $$
        """
            .formatted(HELD_BACK));
    server.execute(
        database,
        "CREATE TRIGGER hold_back BEFORE INSERT ON bqx.ledger_partitions FOR EACH ROW EXECUTE"
            + " FUNCTION hold_back()");
    holdingBack = server.connect(database, GuardedServer.SUPERUSER);
    try (Statement statement = holdingBack.createStatement()) {
      statement.execute("SELECT pg_advisory_lock(" + HELD_BACK + ")");
    }
  }

  /** A partition that is held back is in hand and cannot be stored. */
  private boolean isTheRestBegun() {
    return !server
        .query(
            database,
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = "
                + HELD_BACK
                + " AND NOT granted")
        .isEmpty();
  }

  private List<Instance> instances() {
    return clients
        .ec2()
        .describeInstances(request -> request.filters(filter("tag:bqx:worker", name)))
        .reservations()
        .stream()
        .flatMap(reservation -> reservation.instances().stream())
        .toList();
  }

  private static Filter filter(String name, String... values) {
    return Filter.builder().name(name).values(values).build();
  }

  private SpotPriceHistory prices() {
    return SpotPriceHistory.of("a machine", Map.of(Instant.EPOCH, PRICE_PER_HOUR));
  }

  private Phase2 job() {
    return Phase2.on(sessions()).months(JULY, JULY);
  }

  private PGSimpleDataSource sessions() {
    PGSimpleDataSource sessions = new PGSimpleDataSource();
    sessions.setUrl(server.jdbcUrl(database));
    sessions.setUser(GuardedServer.SUPERUSER);
    return sessions;
  }

  private WorkerSpec spec(Path jar) throws Exception {
    TestNetwork network = TestNetwork.create(clients, name);
    try (SecretsManagerClient secrets =
        SecretsManagerClient.builder()
            .endpointOverride(TestAws.endpoint())
            .region(Region.US_EAST_1)
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
            .build()) {
      secrets.createSecret(
          request ->
              request
                  .name(name + "/database")
                  .secretString(
                      "{\"username\": \"postgres\", \"password\": \"%s\"}"
                          .formatted(GuardedServer.PASSWORD)));
    }
    Path file =
        Files.writeString(
            folder.resolve("worker.yaml"),
            """
            name: %1$s
            subnets: [%2$s]
            security-groups: [%3$s]
            key-pair: %1$s
            instance-profile: %1$s
            ssh-cidr: %4$s
            job:
              jar: s3://%1$s/bqx.jar
              jar-sha256: %5$s
              jdbc-url: %6$s
              secret: %1$s/database
              arguments: --from 2024-07 --to 2024-07
              workers: %7$d
              logs: s3://%1$s/logs
            """
                .formatted(
                    name,
                    network.subnet(),
                    network.workers(),
                    TestNetwork.OPERATORS,
                    HexFormat.of()
                        .formatHex(
                            MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar))),
                    server.jdbcUrl(database),
                    WORKERS));
    return WorkerSpec.fromFile(file);
  }

  /** What the build makes of these classes only after the tests: they are where they are now. */
  private Path jar() throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Bqx.class.getName());
    manifest
        .getMainAttributes()
        .put(
            Attributes.Name.CLASS_PATH,
            Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toUri().toString())
                .collect(Collectors.joining(" ")));
    Path jar = folder.resolve("bqx.jar");
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream content = new JarOutputStream(out, manifest)) {
      content.finish();
    }
    return jar;
  }
}
