package io.bqx.aws.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.aws.AwsClients;
import io.bqx.aws.testing.StubAws;
import io.bqx.aws.testing.TestAws;
import io.bqx.aws.testing.TestNetwork;
import io.bqx.aws.testing.TestTime;
import io.bqx.aws.worker.PreflightCheck.Verdict;
import io.bqx.core.BqxException;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

class PreflightTest {

  /** On a network that an emulator of AWS holds. */
  @Nested
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  class OnANetwork {

    private AwsClients clients;
    private TestNetwork network;

    @BeforeAll
    void create() {
      clients = TestAws.clients();
      network = TestNetwork.create(clients, "bqx-" + UUID.randomUUID());
    }

    @AfterAll
    void close() {
      if (clients != null) {
        clients.close();
      }
    }

    @Test
    void whatIsInOrderPasses() {
      PreflightReport report = report(spec());

      assertThat(check(report, "way to the internet of " + network.subnet()))
          .satisfies(check -> assertThat(check.verdict()).isEqualTo(Verdict.PASS))
          .satisfies(check -> assertThat(check.found()).startsWith("routes to igw-"));
      assertThat(check(report, "port 22").found())
          .isEqualTo("open to 203.0.113.0/24 and to nobody else");
      assertThat(check(report, "key pair").verdict()).isEqualTo(Verdict.PASS);
      assertThat(check(report, "instance profile").found())
          .isEqualTo(network.name() + " exists, with the role " + network.name());
      assertThat(check(report, "type offered").found()).isEqualTo("c7i.8xlarge in us-east-1a");
      assertThat(check(report, "image"))
          .satisfies(check -> assertThat(check.verdict()).isEqualTo(Verdict.PASS))
          .satisfies(check -> assertThat(check.found()).contains("is for x86_64"));
    }

    @Test
    void theMissingRuleOfTheDatabaseIsAddedOnceAndThatIsSaid() {
      String group = newGroup();
      WorkerSpec own = with(group);
      assertThat(check(report(own), "database port"))
          .satisfies(check -> assertThat(check.verdict()).isEqualTo(Verdict.FAIL))
          .satisfies(
              check ->
                  assertThat(check.found())
                      .isEqualTo(group + " does not admit " + network.workers() + " to port 5432"));
      assertThat(worker(own).plannedFix())
          .singleElement()
          .satisfies(
              call ->
                  assertThat(call.toString())
                      .startsWith("ec2:AuthorizeSecurityGroupIngress GroupId=" + group)
                      .contains("FromPort=5432", network.workers()));

      PreflightCheck fixed = check(worker(own).preflightAndFix(), "database port");

      assertThat(fixed.verdict()).isEqualTo(Verdict.PASS);
      assertThat(fixed.found())
          .isEqualTo("added to " + group + ": " + network.workers() + " may connect to port 5432");
      assertThat(check(worker(own).preflightAndFix(), "database port").found())
          .isEqualTo(group + " admits " + network.workers());
    }

    @Test
    void aDatabaseThatAdmitsTheWholeNetworkPasses() {
      String group = newGroup();
      TestNetwork.open(clients, group, 5432, "10.7.0.0/16");

      assertThat(check(report(with(group)), "database port").found())
          .isEqualTo(group + " admits 10.7.0.0/16, in which all subnets are");
    }

    @Test
    void whatIsOpenToMoreThanTheOperatorsFails() {
      String group = newGroup();
      TestNetwork.open(clients, group, 22, "0.0.0.0/0");

      PreflightCheck check =
          check(report(builder(group).sshCidr("203.0.113.0/24").build()), "port 22");

      assertThat(check.verdict()).isEqualTo(Verdict.FAIL);
      assertThat(check.found())
          .isEqualTo("open wider than 203.0.113.0/24: tcp 22 to 0.0.0.0/0 by " + group);
      assertThat(check.remedy()).startsWith("Remove these rules");
    }

    @Test
    void anOperatorWhoIsNotAdmittedIsNamed() {
      PreflightCheck check =
          check(report(builder(newGroup()).sshCidr("203.0.113.7/32").build()), "port 22");

      assertThat(check.verdict()).isEqualTo(Verdict.FAIL);
      assertThat(check.found()).isEqualTo("not open to 203.0.113.7/32");
    }

    @Test
    void aSubnetWithoutAWayToTheInternetFails() {
      String vpc =
          clients.ec2().createVpc(request -> request.cidrBlock("10.8.0.0/16")).vpc().vpcId();
      String subnet =
          clients
              .ec2()
              .createSubnet(request -> request.vpcId(vpc).cidrBlock("10.8.1.0/24"))
              .subnet()
              .subnetId();
      WorkerSpec spec =
          WorkerSpec.named("phase2")
              .subnets(subnet)
              .securityGroups(network.workers())
              .instanceProfile("does-not-exist")
              .keyPair("does-not-exist")
              .job(TestSpecs.job())
              .build();

      PreflightReport report = report(spec);

      assertThat(check(report, "way to the internet of " + subnet))
          .isEqualTo(
              new PreflightCheck(
                  "way to the internet of " + subnet,
                  Verdict.FAIL,
                  "has no route to an internet gateway, assigns no public addresses",
                  "Add a route 0.0.0.0/0 to an internet gateway, or name a public subnet"));
      assertThat(check(report, "key pair").found())
          .isEqualTo("does-not-exist does not exist in us-east-1");
      assertThat(check(report, "instance profile").found())
          .isEqualTo("does-not-exist does not exist");
      assertThat(report.passed()).isFalse();
    }

    @Test
    void theNetworkOfAnotherMachineIsTaken() {
      String image =
          clients
              .ec2()
              .describeImages(request -> request.owners("amazon"))
              .images()
              .get(0)
              .imageId();
      String resident =
          clients
              .ec2()
              .runInstances(
                  request ->
                      request
                          .imageId(image)
                          .instanceType("t3.small")
                          .minCount(1)
                          .maxCount(1)
                          .subnetId(network.subnet())
                          .securityGroupIds(network.workers())
                          .keyName(network.name()))
              .instances()
              .get(0)
              .instanceId();
      WorkerSpec spec =
          WorkerSpec.named("phase2")
              .likeInstance(resident)
              .instanceProfile(network.name())
              .job(TestSpecs.job())
              .build();

      PreflightReport report = report(spec);

      assertThat(check(report, "way to the internet of " + network.subnet()).verdict())
          .isEqualTo(Verdict.PASS);
      assertThat(check(report, "key pair").found()).isEqualTo(network.name() + " exists");
    }

    private String newGroup() {
      String vpc =
          clients
              .ec2()
              .describeSubnets(request -> request.subnetIds(network.subnet()))
              .subnets()
              .get(0)
              .vpcId();
      String name = "bqx-" + UUID.randomUUID();
      return clients
          .ec2()
          .createSecurityGroup(request -> request.vpcId(vpc).groupName(name).description(name))
          .groupId();
    }

    private WorkerSpec spec() {
      return with(network.database());
    }

    private WorkerSpec with(String databaseGroup) {
      return builder(network.workers())
          .sshCidr(TestNetwork.OPERATORS)
          .databaseSecurityGroup(databaseGroup)
          .build();
    }

    private WorkerSpec.Builder builder(String group) {
      return WorkerSpec.named("phase2")
          .subnets(network.subnet())
          .securityGroups(group)
          .keyPair(network.name())
          .instanceProfile(network.name())
          .job(TestSpecs.job());
    }

    private PreflightReport report(WorkerSpec spec) {
      return worker(spec).preflight();
    }

    private Worker worker(WorkerSpec spec) {
      return Worker.with(clients).spec(spec);
    }
  }

  /** With answers that no emulator gives. */
  @Nested
  class WithAnswersOfAws {

    private static final String SUBNET =
        "<subnetSet><item><subnetId>subnet-0123456789abcdef0</subnetId><vpcId>vpc-0123456789abcdef0</vpcId><cidrBlock>10.7.1.0/24</cidrBlock><availabilityZone>us-east-1a</availabilityZone><mapPublicIpOnLaunch>true</mapPublicIpOnLaunch></item></subnetSet>";

    @Test
    void aQuotaWithRoomPassesAndOneWithoutFails() {
      assertThat(quota(64, UnaryOperator.identity()))
          .isEqualTo(
              PreflightCheck.pass(
                  "vCPU quota spot", "32 vCPUs wanted, 32 in use, quota L-34B43A08 is 64"));
      assertThat(quota(48, builder -> builder.fallbackToOnDemand(false)))
          .isEqualTo(
              PreflightCheck.fail(
                  "vCPU quota spot",
                  "32 vCPUs wanted, 32 in use, quota L-34B43A08 is 48",
                  "Raise the quota L-34B43A08 of Amazon EC2 in Service Quotas, or terminate something"));
      assertThat(quota(48, UnaryOperator.identity()).verdict()).isEqualTo(Verdict.WARN);
    }

    @Test
    void aSpotPriceBelowTheMaximumPassesAndOneAboveDoesNot() {
      assertThat(price("0.60", "0.4100", "0.4200").verdict()).isEqualTo(Verdict.PASS);
      assertThat(price("0.60", "0.4100", "0.7000"))
          .satisfies(check -> assertThat(check.verdict()).isEqualTo(Verdict.WARN))
          .satisfies(
              check ->
                  assertThat(check.found())
                      .isEqualTo(
                          "us-east-1a 0.4100 USD/h (highest of the hour 0.7000); at most 0.60"));
      assertThat(price("0.60", "0.7000", "0.4100"))
          .satisfies(check -> assertThat(check.verdict()).isEqualTo(Verdict.WARN))
          .satisfies(
              check -> assertThat(check.remedy()).startsWith("The launch will take an On-Demand"));
    }

    @Test
    void theQuotaOfAnotherFamilyIsNotGuessed() {
      PreflightCheck check = quota(64, builder -> builder.instanceTypes("p4d.24xlarge"));

      assertThat(check.verdict()).isEqualTo(Verdict.WARN);
      assertThat(check.found()).contains("a family with a quota of its own");
    }

    @Test
    void anImageForAnotherArchitectureFails() {
      try (StubAws aws = aws();
          AwsClients clients = aws.clients()) {
        aws.imageArchitecture("arm64");

        assertThat(check(preflight(clients, UnaryOperator.identity()), "image").found())
            .isEqualTo(StubAws.IMAGE + " is for arm64, c7i.8xlarge is x86_64");
      }
    }

    @Test
    void aRouteToAGatewayThatIsGoneIsNoWayToTheInternet() {
      assertThat(route("active").found())
          .isEqualTo("routes to igw-0123456789abcdef0, assigns public addresses");
      assertThat(route("blackhole").found())
          .isEqualTo("has no route to an internet gateway, assigns public addresses");
    }

    private PreflightCheck route(String state) {
      try (StubAws aws = aws();
          AwsClients clients = aws.clients()) {
        aws.answer(
            "DescribeRouteTables",
            content ->
                "<routeTableSet><item><routeSet><item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-0123456789abcdef0</gatewayId><state>%s</state></item></routeSet></item></routeTableSet>"
                    .formatted(state));
        return check(
            preflight(clients, UnaryOperator.identity()),
            "way to the internet of " + TestSpecs.SUBNET_A);
      }
    }

    @Test
    void addressesInAPrefixListAreNotKnown() {
      try (StubAws aws = aws();
          AwsClients clients = aws.clients()) {
        aws.answer(
            "DescribeSecurityGroups",
            content ->
                "<securityGroupInfo><item><groupId>%s</groupId><ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22</toPort><prefixListIds><item><prefixListId>pl-0123456789abcdef0</prefixListId></item></prefixListIds></item></ipPermissions></item></securityGroupInfo>"
                    .formatted(TestSpecs.WORKER_GROUP));

        PreflightCheck check = check(preflight(clients, UnaryOperator.identity()), "port 22");

        assertThat(check.verdict()).isEqualTo(Verdict.WARN);
        assertThat(check.found())
            .isEqualTo("open to pl-0123456789abcdef0, whose addresses are not looked at");
      }
    }

    @Test
    void whatMayNotBeLookedAtIsSaidAndTheOthersAreLookedAt() {
      try (StubAws aws = aws();
          AwsClients clients = aws.clients()) {
        aws.fail("DescribeInstanceTypeOfferings", "UnauthorizedOperation");

        PreflightCheck check = check(preflight(clients, UnaryOperator.identity()), "type offered");

        assertThat(check.verdict()).isEqualTo(Verdict.WARN);
        assertThat(check.found()).isEqualTo("not found out: UnauthorizedOperation");
        assertThat(check.remedy()).contains("attach the policy of docs/aws-policies.md");
      }
    }

    @Test
    void expiredCredentialsEndThePreflight() {
      try (StubAws aws = aws();
          AwsClients clients = aws.clients()) {
        aws.fail("DescribeImages", "ExpiredToken");

        assertThatThrownBy(() -> preflight(clients, UnaryOperator.identity()))
            .isInstanceOf(BqxException.class)
            .hasMessageContaining("The credentials have expired");
      }
    }

    @Test
    void aDatabaseWhosePortAnswersPassesAndOneThatDoesNotFails() throws IOException {
      try (StubAws aws = aws();
          AwsClients clients = aws.clients()) {
        try (ServerSocket database = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
          int port = database.getLocalPort();
          assertThat(check(database(clients, port), "database").found())
              .isEqualTo("takes connections at 127.0.0.1:" + port);
        }
        PreflightCheck refused = check(database(clients, 1), "database");
        assertThat(refused.verdict()).isEqualTo(Verdict.FAIL);
        assertThat(refused.found()).startsWith("no connection to 127.0.0.1:1: ");
      }
    }

    private PreflightReport database(AwsClients clients, int port) {
      WorkerJob plain = TestSpecs.job();
      WorkerJob job =
          new WorkerJob(
              plain.jar(),
              plain.jarSha256(),
              "jdbc:postgresql://127.0.0.1:" + port + "/fx",
              plain.secret(),
              List.of(),
              1,
              plain.logs());
      return Worker.with(clients)
          .spec(TestSpecs.builder("phase2", job).image(StubAws.IMAGE).build())
          .preflight();
    }

    private PreflightCheck quota(int limit, UnaryOperator<WorkerSpec.Builder> change) {
      try (StubAws aws = aws();
          AwsClients clients = aws.clients()) {
        aws.answer("GetServiceQuota", content -> "{\"Quota\":{\"Value\":%d.0}}".formatted(limit));
        aws.machine("i-0123456789abcdef0", "t3.8xlarge", Map.of());
        aws.answer(
            "DescribeInstances",
            content ->
                content.replace(
                    "<clientToken>", "<instanceLifecycle>spot</instanceLifecycle><clientToken>"));
        return check(preflight(clients, change), "vCPU quota spot");
      }
    }

    private PreflightCheck price(String most, String now, String before) {
      try (StubAws aws = aws();
          AwsClients clients = aws.clients()) {
        aws.answer(
            "DescribeSpotPriceHistory",
            content ->
                "<spotPriceHistorySet>"
                    + entry(before, "2025-03-03T07:20:00Z")
                    + entry(now, "2025-03-03T07:50:00Z")
                    + "</spotPriceHistorySet>");
        return check(
            preflight(clients, builder -> builder.maxPrice(new BigDecimal(most))), "Spot price");
      }
    }

    private String entry(String price, String since) {
      return "<item><availabilityZone>us-east-1a</availabilityZone><spotPrice>%s</spotPrice><timestamp>%s</timestamp></item>"
          .formatted(price, since);
    }

    private StubAws aws() {
      StubAws aws = new StubAws();
      aws.answer("DescribeSubnets", content -> SUBNET);
      return aws;
    }

    private PreflightReport preflight(
        AwsClients clients, UnaryOperator<WorkerSpec.Builder> change) {
      return Worker.with(clients)
          .spec(change.apply(TestSpecs.builder("phase2").image(StubAws.IMAGE)).build())
          .waiting(new TestTime())
          .preflight();
    }
  }

  private static PreflightCheck check(PreflightReport report, String name) {
    return report.checks().stream()
        .filter(check -> check.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("No check " + name + " in " + report));
  }
}
