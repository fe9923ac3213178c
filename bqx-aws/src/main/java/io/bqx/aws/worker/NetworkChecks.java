package io.bqx.aws.worker;

import io.bqx.aws.AwsCallException;
import io.bqx.aws.AwsClients;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.ec2.model.AuthorizeSecurityGroupIngressRequest;
import software.amazon.awssdk.services.ec2.model.DescribeRouteTablesRequest;
import software.amazon.awssdk.services.ec2.model.DescribeSecurityGroupsRequest;
import software.amazon.awssdk.services.ec2.model.DescribeSubnetsRequest;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.IpPermission;
import software.amazon.awssdk.services.ec2.model.IpRange;
import software.amazon.awssdk.services.ec2.model.PrefixListId;
import software.amazon.awssdk.services.ec2.model.Route;
import software.amazon.awssdk.services.ec2.model.RouteState;
import software.amazon.awssdk.services.ec2.model.RouteTable;
import software.amazon.awssdk.services.ec2.model.SecurityGroup;
import software.amazon.awssdk.services.ec2.model.Subnet;
import software.amazon.awssdk.services.ec2.model.UserIdGroupPair;

/** What a preflight looks at in the network. */
final class NetworkChecks {

  private static final String ROUTE = "way to the internet";
  private static final String SSH = "port 22";
  private static final String DATABASE = "database port";

  /** The filter for the route table that a subnet has of its own. */
  static final String OF_SUBNET = "association.subnet-id";

  private static final int SSH_PORT = 22;
  private static final int DATABASE_PORT = 5432;
  private static final String EVERYWHERE = "0.0.0.0/0";
  private static final String ALL_PROTOCOLS = "-1";

  private final AwsClients clients;
  private final WorkerSpec spec;
  private final Surroundings surroundings;

  NetworkChecks(AwsClients clients, WorkerSpec spec, Surroundings surroundings) {
    this.clients = clients;
    this.spec = spec;
    this.surroundings = surroundings;
  }

  static DescribeSubnetsRequest subnets(List<String> ids) {
    return DescribeSubnetsRequest.builder().subnetIds(ids).build();
  }

  List<Subnet> subnets() {
    DescribeSubnetsRequest request = subnets(surroundings.subnets());
    return Calls.make(
            "Cannot look at " + String.join(", ", surroundings.subnets()),
            () -> clients.ec2().describeSubnets(request))
        .subnets();
  }

  PreflightCheck route(Subnet subnet) {
    String name = ROUTE + " of " + subnet.subnetId();
    Optional<String> gateway = internetGateway(subnet);
    boolean publicAddresses = Boolean.TRUE.equals(subnet.mapPublicIpOnLaunch());
    if (gateway.isPresent() && publicAddresses) {
      return PreflightCheck.pass(name, "routes to " + gateway.get() + ", assigns public addresses");
    }
    return PreflightCheck.fail(
        name,
        gateway.map(id -> "routes to " + id).orElse("has no route to an internet gateway")
            + (publicAddresses ? ", assigns public addresses" : ", assigns no public addresses"),
        gateway.isPresent()
            ? "Have the subnet assign public addresses (MapPublicIpOnLaunch), or name a public"
                + " subnet"
            : "Add a route " + EVERYWHERE + " to an internet gateway, or name a public subnet");
  }

  private Optional<String> internetGateway(Subnet subnet) {
    List<RouteTable> own = routeTables(OF_SUBNET, subnet.subnetId());
    List<RouteTable> tables =
        own.isEmpty()
            ? routeTables("vpc-id", subnet.vpcId()).stream()
                .filter(
                    table ->
                        table.associations().stream()
                            .anyMatch(association -> Boolean.TRUE.equals(association.main())))
                .toList()
            : own;
    return tables.stream()
        .flatMap(table -> table.routes().stream())
        .filter(route -> EVERYWHERE.equals(route.destinationCidrBlock()))
        .filter(route -> route.state() != RouteState.BLACKHOLE)
        .map(Route::gatewayId)
        .filter(id -> id != null && id.startsWith("igw-"))
        .findFirst();
  }

  static DescribeRouteTablesRequest routes(String filter, String value) {
    return DescribeRouteTablesRequest.builder()
        .filters(Filter.builder().name(filter).values(value).build())
        .build();
  }

  private List<RouteTable> routeTables(String filter, String value) {
    DescribeRouteTablesRequest request = routes(filter, value);
    return Calls.make(
        "Cannot look at the routes of " + value,
        () -> clients.ec2().describeRouteTablesPaginator(request).routeTables().stream().toList());
  }

  /**
   * Whether port 22 is open to the given block of addresses, and nothing to anybody else; blocks of
   * private addresses do not count, and the addresses in a prefix list are not known.
   */
  PreflightCheck ssh() {
    List<SecurityGroup> groups = groups(surroundings.securityGroups());
    String names = String.join(", ", surroundings.securityGroups());
    Optional<Cidr> wanted = spec.sshCidr().map(Cidr::of);
    List<String> tooWide = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    boolean open = false;
    for (SecurityGroup group : groups) {
      for (IpPermission rule : group.ipPermissions()) {
        for (IpRange range : rule.ipRanges()) {
          Cidr admitted = Cidr.of(range.cidrIp());
          open |= covers(rule, SSH_PORT) && wanted.map(admitted::contains).orElse(false);
          if (!admitted.isPrivate() && wanted.map(cidr -> !cidr.contains(admitted)).orElse(true)) {
            tooWide.add(ports(rule) + " to " + range.cidrIp() + " by " + group.groupId());
          }
        }
        rule.prefixListIds().stream().map(PrefixListId::prefixListId).forEach(unknown::add);
        rule.ipv6Ranges()
            .forEach(
                range ->
                    tooWide.add(
                        ports(rule) + " to " + range.cidrIpv6() + " by " + group.groupId()));
      }
    }
    if (!tooWide.isEmpty()) {
      return PreflightCheck.fail(
          SSH,
          "open wider than "
              + spec.sshCidr().orElse("to nobody, as no ssh-cidr is named")
              + ": "
              + String.join("; ", tooWide),
          "Remove these rules, or narrow them to your own addresses");
    }
    if (!unknown.isEmpty()) {
      return PreflightCheck.warn(
          SSH,
          "open to " + String.join(", ", unknown) + ", whose addresses are not looked at",
          "See that these prefix lists hold no addresses but your own");
    }
    if (wanted.isEmpty()) {
      return PreflightCheck.warn(
          SSH,
          "no ssh-cidr is named, and nothing is open",
          "Nobody can log in. If somebody is to, name ssh-cidr and admit it to port 22 in "
              + names);
    }
    return open
        ? PreflightCheck.pass(SSH, "open to " + spec.sshCidr().get() + " and to nobody else")
        : PreflightCheck.fail(
            SSH,
            "not open to " + spec.sshCidr().get(),
            "Admit " + spec.sshCidr().get() + " to port 22 in " + names);
  }

  /**
   * Whether the database's security group admits the worker.
   *
   * @param fix whether to add the rule if it does not
   */
  PreflightCheck database(boolean fix) {
    if (spec.databaseSecurityGroup().isEmpty()) {
      return PreflightCheck.warn(
          DATABASE,
          "no database-security-group is named",
          "Name it, so that it can be seen whether it admits the worker to port " + DATABASE_PORT);
    }
    String id = spec.databaseSecurityGroup().get();
    SecurityGroup group = groups(List.of(id)).get(0);
    List<Cidr> networks = subnets().stream().map(subnet -> Cidr.of(subnet.cidrBlock())).toList();
    for (IpPermission rule : group.ipPermissions()) {
      if (!covers(rule, DATABASE_PORT)) {
        continue;
      }
      Optional<String> admitted =
          rule.userIdGroupPairs().stream()
              .map(pair -> pair.groupId())
              .filter(surroundings.securityGroups()::contains)
              .findFirst();
      if (admitted.isPresent()) {
        return PreflightCheck.pass(DATABASE, id + " admits " + admitted.get());
      }
      Optional<String> block =
          rule.ipRanges().stream()
              .map(IpRange::cidrIp)
              .filter(cidr -> networks.stream().allMatch(Cidr.of(cidr)::contains))
              .findFirst();
      if (block.isPresent()) {
        return PreflightCheck.pass(
            DATABASE, id + " admits " + block.get() + ", in which all subnets are");
      }
    }
    return fix ? admit(id) : refused(id);
  }

  private PreflightCheck refused(String group) {
    return PreflightCheck.fail(
        DATABASE,
        group
            + " does not admit "
            + surroundings.securityGroups().get(0)
            + " to port "
            + DATABASE_PORT,
        "Add that rule, or have it added by --fix");
  }

  private AuthorizeSecurityGroupIngressRequest missingRule() {
    return admission(
        spec.databaseSecurityGroup().orElseThrow(), surroundings.securityGroups().get(0), spec);
  }

  /** The request for the rule by which the database's group admits the worker's. */
  static AuthorizeSecurityGroupIngressRequest admission(
      String databaseGroup, String workerGroup, WorkerSpec spec) {
    return AuthorizeSecurityGroupIngressRequest.builder()
        .groupId(databaseGroup)
        .ipPermissions(
            IpPermission.builder()
                .ipProtocol("tcp")
                .fromPort(DATABASE_PORT)
                .toPort(DATABASE_PORT)
                .userIdGroupPairs(
                    UserIdGroupPair.builder()
                        .groupId(workerGroup)
                        .description("bqx worker " + spec.name())
                        .build())
                .build())
        .build();
  }

  private PreflightCheck admit(String group) {
    try {
      Calls.make(
          "Cannot add the rule to " + group,
          () -> clients.ec2().authorizeSecurityGroupIngress(missingRule()));
    } catch (AwsCallException e) {
      if (!e.code().equals("InvalidPermission.Duplicate")) {
        throw e;
      }
    }
    return PreflightCheck.pass(
        DATABASE,
        String.format(
            Locale.ROOT,
            "added to %s: %s may connect to port %d",
            group,
            surroundings.securityGroups().get(0),
            DATABASE_PORT));
  }

  static DescribeSecurityGroupsRequest rules(List<String> groups) {
    return DescribeSecurityGroupsRequest.builder().groupIds(groups).build();
  }

  private List<SecurityGroup> groups(List<String> ids) {
    DescribeSecurityGroupsRequest request = rules(ids);
    return Calls.make(
            "Cannot look at " + String.join(", ", ids),
            () -> clients.ec2().describeSecurityGroups(request))
        .securityGroups();
  }

  private static boolean covers(IpPermission rule, int port) {
    return rule.ipProtocol().equals(ALL_PROTOCOLS)
        || rule.ipProtocol().equals("tcp") && rule.fromPort() <= port && port <= rule.toPort();
  }

  private static String ports(IpPermission rule) {
    if (rule.ipProtocol().equals(ALL_PROTOCOLS)) {
      return "everything";
    }
    return List.of(rule.fromPort(), rule.toPort()).stream()
        .distinct()
        .map(String::valueOf)
        .collect(Collectors.joining("-", rule.ipProtocol() + " ", ""));
  }
}
