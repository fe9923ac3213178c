package io.bqx.aws.worker;

import io.bqx.aws.AwsCallException;
import io.bqx.aws.AwsClients;
import io.bqx.aws.Waiting;
import io.bqx.aws.cost.Market;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ec2.model.Subnet;

/** Looks at everything that a launch and a run depend on; changes nothing unless asked to. */
final class Preflight {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final String DATABASE = "database";

  private final AwsClients clients;
  private final WorkerSpec spec;
  private final Optional<DataSource> dataSource;
  private final Waiting waiting;

  Preflight(AwsClients clients, WorkerSpec spec, Optional<DataSource> dataSource, Waiting waiting) {
    this.clients = clients;
    this.spec = spec;
    this.dataSource = dataSource;
    this.waiting = waiting;
  }

  /**
   * Looks at everything.
   *
   * @param fix whether to add the rule by which the database's security group admits the worker
   */
  PreflightReport examine(boolean fix) {
    Surroundings surroundings = Surroundings.of(clients, spec);
    NetworkChecks network = new NetworkChecks(clients, spec, surroundings);
    MachineChecks machine = new MachineChecks(clients, spec, surroundings, waiting);
    List<Subnet> subnets = network.subnets();
    List<PreflightCheck> checks = new ArrayList<>();
    for (Subnet subnet : subnets) {
      checks.add(
          checked("way to the internet of " + subnet.subnetId(), () -> network.route(subnet)));
    }
    checks.add(checked("port 22", network::ssh));
    checks.add(checked("database port", () -> network.database(fix)));
    checks.add(checked("key pair", machine::keyPair));
    checks.add(checked("instance profile", machine::instanceProfile));
    checks.add(checked("type offered", () -> machine.offered(subnets)));
    boolean spot = spec.market() == Market.SPOT;
    if (spot) {
      checks.add(
          checked("vCPU quota spot", () -> machine.quota(Market.SPOT, !spec.fallbackToOnDemand())));
    }
    if (!spot || spec.fallbackToOnDemand()) {
      checks.add(checked("vCPU quota on-demand", () -> machine.quota(Market.ON_DEMAND, !spot)));
    }
    if (spot) {
      checks.add(checked("Spot price", () -> machine.spotPrice(subnets)));
    }
    checks.add(checked("image", machine::architecture));
    checks.add(database());
    return new PreflightReport(checks);
  }

  /**
   * The calls that it would make, without a call: what only AWS knows stands in parentheses.
   *
   * @param fix whether it would add the rule by which the database's security group admits the
   *     worker
   */
  static List<PlannedCall> plan(WorkerSpec spec, boolean fix, Instant now) {
    List<PlannedCall> calls = new ArrayList<>();
    boolean named = spec.image().startsWith("/");
    if (named) {
      calls.add(PlannedCall.of("ssm", Surroundings.parameter(spec.image())));
    }
    calls.add(
        PlannedCall.of(
            "ec2", Surroundings.image(named ? "(the one of the parameter)" : spec.image())));
    spec.likeInstance().ifPresent(id -> calls.add(PlannedCall.of("ec2", Machines.look(id))));
    String model = "(of " + spec.likeInstance().orElse("") + ")";
    List<String> subnets = spec.subnets().isEmpty() ? List.of(model) : spec.subnets();
    List<String> groups = spec.securityGroups().isEmpty() ? List.of(model) : spec.securityGroups();
    calls.add(PlannedCall.of("ec2", NetworkChecks.subnets(subnets)));
    subnets.forEach(
        subnet ->
            calls.add(
                PlannedCall.of("ec2", NetworkChecks.routes(NetworkChecks.OF_SUBNET, subnet))));
    calls.add(PlannedCall.of("ec2", NetworkChecks.rules(groups)));
    spec.databaseSecurityGroup()
        .ifPresent(
            group -> {
              calls.add(PlannedCall.of("ec2", NetworkChecks.rules(List.of(group))));
              if (fix) {
                calls.add(fix(group, groups.get(0), spec));
              }
            });
    spec.keyPair().ifPresent(name -> calls.add(PlannedCall.of("ec2", MachineChecks.keyPair(name))));
    calls.add(PlannedCall.of("iam", MachineChecks.profile(spec)));
    calls.add(PlannedCall.of("ec2", MachineChecks.offers(spec)));
    calls.add(PlannedCall.of("ec2", MachineChecks.typesRequest(spec.instanceTypes())));
    calls.add(PlannedCall.of("ec2", MachineChecks.running()));
    for (Market market : Candidate.markets(spec)) {
      calls.add(PlannedCall.of("servicequotas", MachineChecks.quotaRequest(market)));
    }
    if (spec.market() == Market.SPOT) {
      calls.add(
          PlannedCall.of(
              "ec2", MachineChecks.prices(spec, List.of("(those of the subnets)"), now)));
    }
    return calls;
  }

  private static PlannedCall fix(String databaseGroup, String workerGroup, WorkerSpec spec) {
    return PlannedCall.of(
        "ec2",
        NetworkChecks.admission(databaseGroup, workerGroup, spec),
        "only if no rule admits the worker");
  }

  /** The call that would add the missing rule. */
  PlannedCall fix() {
    return fix(
        spec.databaseSecurityGroup().orElseThrow(),
        Surroundings.of(clients, spec).securityGroups().get(0),
        spec);
  }

  /** What cannot be looked at is not the end of the preflight. */
  private static PreflightCheck checked(String name, Supplier<PreflightCheck> check) {
    try {
      return check.get();
    } catch (AwsCallException e) {
      return notFoundOut(name, e);
    } catch (SdkException e) {
      return notFoundOut(name, AwsCallException.of("Cannot look", e));
    }
  }

  private static PreflightCheck notFoundOut(String name, AwsCallException failure) {
    return PreflightCheck.warn(
        name,
        failure.code().isEmpty() ? "not found out" : "not found out: " + failure.code(),
        failure.getMessage());
  }

  private PreflightCheck database() {
    return dataSource.map(Preflight::asked).orElseGet(this::connected);
  }

  private static PreflightCheck asked(DataSource source) {
    try (Connection connection = source.getConnection()) {
      return connection.isValid((int) CONNECT_TIMEOUT.toSeconds())
          ? PreflightCheck.pass(
              DATABASE,
              "answers: PostgreSQL " + connection.getMetaData().getDatabaseProductVersion())
          : PreflightCheck.fail(
              DATABASE, "takes connections, but does not answer", "Look at the server");
    } catch (SQLException e) {
      return PreflightCheck.fail(
          DATABASE,
          "SQLSTATE " + e.getSQLState() + ": " + e.getMessage(),
          "Look at the address, the user, the password and the database's security group");
    }
  }

  private PreflightCheck connected() {
    Properties address = Driver.parseURL(spec.job().jdbcUrl(), null);
    if (address == null) {
      return PreflightCheck.fail(
          DATABASE,
          "the address cannot be understood",
          "Write job.jdbc-url as jdbc:postgresql://HOST:5432/DATABASE");
    }
    String host = PGProperty.PG_HOST.getOrDefault(address).split(",")[0];
    int port = Integer.parseInt(PGProperty.PG_PORT.getOrDefault(address).split(",")[0]);
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), (int) CONNECT_TIMEOUT.toMillis());
      return PreflightCheck.pass(
          DATABASE, String.format(Locale.ROOT, "takes connections at %s:%d", host, port));
    } catch (IOException e) {
      return PreflightCheck.fail(
          DATABASE,
          String.format(Locale.ROOT, "no connection to %s:%d: %s", host, port, e.getMessage()),
          "See that it runs and that its security group admits this machine as well");
    }
  }
}
