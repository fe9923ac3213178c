package io.bqx.aws.worker;

import io.bqx.aws.AwsCallException;
import io.bqx.aws.AwsClients;
import io.bqx.aws.Waiting;
import io.bqx.aws.cost.Market;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.ec2.model.DescribeInstanceTypeOfferingsRequest;
import software.amazon.awssdk.services.ec2.model.DescribeInstanceTypesRequest;
import software.amazon.awssdk.services.ec2.model.DescribeInstancesRequest;
import software.amazon.awssdk.services.ec2.model.DescribeKeyPairsRequest;
import software.amazon.awssdk.services.ec2.model.DescribeSpotPriceHistoryRequest;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceLifecycleType;
import software.amazon.awssdk.services.ec2.model.InstanceType;
import software.amazon.awssdk.services.ec2.model.InstanceTypeInfo;
import software.amazon.awssdk.services.ec2.model.InstanceTypeOffering;
import software.amazon.awssdk.services.ec2.model.LocationType;
import software.amazon.awssdk.services.ec2.model.SpotPrice;
import software.amazon.awssdk.services.ec2.model.Subnet;
import software.amazon.awssdk.services.iam.model.GetInstanceProfileRequest;
import software.amazon.awssdk.services.iam.model.InstanceProfile;
import software.amazon.awssdk.services.iam.model.NoSuchEntityException;
import software.amazon.awssdk.services.servicequotas.model.GetServiceQuotaRequest;

/** What a preflight looks at about the machine: access, type, quota, price, image. */
final class MachineChecks {

  static final String SPOT_QUOTA = "L-34B43A08";
  static final String ON_DEMAND_QUOTA = "L-1216C47A";

  private static final String KEY_PAIR = "key pair";
  private static final String PROFILE = "instance profile";
  private static final String OFFERED = "type offered";
  private static final String PRICE = "Spot price";
  private static final String ARCHITECTURE = "image";
  private static final String LINUX = "Linux/UNIX";

  /** The families that the two quotas are about: A, C, D, H, I, M, R, T and Z. */
  private static final Pattern STANDARD =
      Pattern.compile("(?!hpc|inf|mac|trn)[acdhimrtz][a-z0-9-]*\\..*");

  private final AwsClients clients;
  private final WorkerSpec spec;
  private final Surroundings surroundings;
  private final Waiting waiting;

  MachineChecks(AwsClients clients, WorkerSpec spec, Surroundings surroundings, Waiting waiting) {
    this.clients = clients;
    this.spec = spec;
    this.surroundings = surroundings;
    this.waiting = waiting;
  }

  PreflightCheck keyPair() {
    if (surroundings.keyPair().isEmpty()) {
      return PreflightCheck.warn(
          KEY_PAIR, "none is named", "Nobody can log in; name key-pair if somebody is to");
    }
    String name = surroundings.keyPair().get();
    DescribeKeyPairsRequest request = keyPair(name);
    try {
      Calls.make(
          "Cannot look at the key pair " + name, () -> clients.ec2().describeKeyPairs(request));
      return PreflightCheck.pass(KEY_PAIR, name + " exists");
    } catch (AwsCallException e) {
      if (!e.code().equals("InvalidKeyPair.NotFound")) {
        throw e;
      }
      return PreflightCheck.fail(
          KEY_PAIR,
          name + " does not exist in " + clients.region(),
          "Create or import it in this region, or name another one");
    }
  }

  static DescribeKeyPairsRequest keyPair(String name) {
    return DescribeKeyPairsRequest.builder().keyNames(name).build();
  }

  static GetInstanceProfileRequest profile(WorkerSpec spec) {
    return GetInstanceProfileRequest.builder().instanceProfileName(spec.instanceProfile()).build();
  }

  PreflightCheck instanceProfile() {
    String name = spec.instanceProfile();
    GetInstanceProfileRequest request = profile(spec);
    InstanceProfile profile;
    try {
      profile = clients.iam().getInstanceProfile(request).instanceProfile();
    } catch (NoSuchEntityException e) {
      return PreflightCheck.fail(
          PROFILE,
          name + " does not exist",
          "Create it with a role that has the worker's policy of docs/aws-policies.md");
    }
    return profile.roles().isEmpty()
        ? PreflightCheck.fail(
            PROFILE,
            name + " has no role",
            "Add a role that has the worker's policy of docs/aws-policies.md")
        : PreflightCheck.pass(
            PROFILE, name + " exists, with the role " + profile.roles().get(0).roleName());
  }

  static DescribeInstanceTypeOfferingsRequest offers(WorkerSpec spec) {
    return DescribeInstanceTypeOfferingsRequest.builder()
        .locationType(LocationType.AVAILABILITY_ZONE)
        .filters(Filter.builder().name("instance-type").values(spec.instanceTypes()).build())
        .build();
  }

  PreflightCheck offered(List<Subnet> subnets) {
    DescribeInstanceTypeOfferingsRequest request = offers(spec);
    List<String> offered =
        Calls.make(
            "Cannot look where " + String.join(", ", spec.instanceTypes()) + " is offered",
            () ->
                clients
                    .ec2()
                    .describeInstanceTypeOfferingsPaginator(request)
                    .instanceTypeOfferings()
                    .stream()
                    .map(MachineChecks::place)
                    .toList());
    List<String> there = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (String type : spec.instanceTypes()) {
      for (Subnet subnet : subnets) {
        String place = type + " in " + subnet.availabilityZone();
        (offered.contains(place) ? there : missing).add(place);
      }
    }
    if (there.isEmpty()) {
      return PreflightCheck.fail(
          OFFERED,
          "not offered: " + String.join(", ", missing),
          "Name subnets in other zones, or another instance-type");
    }
    return missing.isEmpty()
        ? PreflightCheck.pass(OFFERED, String.join(", ", there))
        : PreflightCheck.warn(
            OFFERED,
            String.join(", ", there) + "; not offered: " + String.join(", ", missing),
            "The launch passes over the places where it is not offered");
  }

  private static String place(InstanceTypeOffering offering) {
    return offering.instanceTypeAsString() + " in " + offering.location();
  }

  /**
   * Whether the quota of a market leaves room for the machine.
   *
   * @param needed whether the launch fails without it
   */
  PreflightCheck quota(Market market, boolean needed) {
    String name = "vCPU quota " + market;
    String type = spec.instanceTypes().get(0);
    if (!STANDARD.matcher(type).matches()) {
      return PreflightCheck.warn(
          name,
          type + " is of a family with a quota of its own, which is not looked at",
          "Look at the quotas of Amazon EC2 in Service Quotas");
    }
    String code = quotaOf(market);
    int wanted = instanceTypes(List.of(type)).get(0).vCpuInfo().defaultVCpus();
    int used = runningVcpus(market);
    double limit =
        Calls.make(
                "Cannot look at the quota " + code,
                () -> clients.quotas().getServiceQuota(quotaRequest(market)))
            .quota()
            .value();
    String found =
        String.format(
            Locale.ROOT, "%d vCPUs wanted, %d in use, quota %s is %.0f", wanted, used, code, limit);
    if (used + wanted <= limit) {
      return PreflightCheck.pass(name, found);
    }
    String remedy =
        "Raise the quota " + code + " of Amazon EC2 in Service Quotas, or terminate something";
    return needed
        ? PreflightCheck.fail(name, found, remedy)
        : PreflightCheck.warn(name, found, remedy);
  }

  private static String quotaOf(Market market) {
    return market == Market.SPOT ? SPOT_QUOTA : ON_DEMAND_QUOTA;
  }

  static GetServiceQuotaRequest quotaRequest(Market market) {
    return GetServiceQuotaRequest.builder().serviceCode("ec2").quotaCode(quotaOf(market)).build();
  }

  static DescribeInstancesRequest running() {
    return DescribeInstancesRequest.builder()
        .filters(Filter.builder().name("instance-state-name").values("pending", "running").build())
        .build();
  }

  private int runningVcpus(Market market) {
    DescribeInstancesRequest request = running();
    Map<String, Long> counts =
        Calls.make(
                "Cannot count the running machines",
                () ->
                    clients.ec2().describeInstancesPaginator(request).reservations().stream()
                        .flatMap(reservation -> reservation.instances().stream())
                        .toList())
            .stream()
            .filter(instance -> market == marketOf(instance))
            .map(Instance::instanceTypeAsString)
            .filter(type -> STANDARD.matcher(type).matches())
            .collect(Collectors.groupingBy(type -> type, TreeMap::new, Collectors.counting()));
    if (counts.isEmpty()) {
      return 0;
    }
    return instanceTypes(List.copyOf(counts.keySet())).stream()
        .mapToInt(
            type ->
                type.vCpuInfo().defaultVCpus() * counts.get(type.instanceTypeAsString()).intValue())
        .sum();
  }

  private static Market marketOf(Instance instance) {
    return instance.instanceLifecycle() == InstanceLifecycleType.SPOT
        ? Market.SPOT
        : Market.ON_DEMAND;
  }

  private List<InstanceTypeInfo> instanceTypes(List<String> types) {
    return instanceTypes(clients, types);
  }

  static List<InstanceTypeInfo> instanceTypes(AwsClients clients, List<String> types) {
    DescribeInstanceTypesRequest request = typesRequest(types);
    return Calls.make(
        "Cannot look at the instance type " + String.join(", ", types),
        () ->
            clients.ec2().describeInstanceTypesPaginator(request).instanceTypes().stream()
                .toList());
  }

  static DescribeInstanceTypesRequest typesRequest(List<String> types) {
    return DescribeInstanceTypesRequest.builder().instanceTypesWithStrings(types).build();
  }

  /** The prices of the last hour in these zones. */
  static DescribeSpotPriceHistoryRequest prices(
      WorkerSpec spec, Collection<String> zones, Instant now) {
    return DescribeSpotPriceHistoryRequest.builder()
        .instanceTypes(InstanceType.fromValue(spec.instanceTypes().get(0)))
        .productDescriptions(LINUX)
        .startTime(now.minus(Duration.ofHours(1)))
        .endTime(now)
        .filters(Filter.builder().name("availability-zone").values(zones).build())
        .build();
  }

  /** The price per zone now and at its highest within the last hour, against the maximum. */
  PreflightCheck spotPrice(List<Subnet> subnets) {
    String type = spec.instanceTypes().get(0);
    TreeSet<String> zones =
        subnets.stream()
            .map(Subnet::availabilityZone)
            .collect(Collectors.toCollection(TreeSet::new));
    DescribeSpotPriceHistoryRequest request = prices(spec, zones, waiting.now());
    Map<String, List<SpotPrice>> byZone =
        Calls.make(
                "Cannot look at the Spot prices of " + type,
                () ->
                    clients
                        .ec2()
                        .describeSpotPriceHistoryPaginator(request)
                        .spotPriceHistory()
                        .stream()
                        .toList())
            .stream()
            .collect(
                Collectors.groupingBy(
                    SpotPrice::availabilityZone, TreeMap::new, Collectors.toList()));
    return judged(type, byZone);
  }

  private PreflightCheck judged(String type, Map<String, List<SpotPrice>> byZone) {
    if (byZone.isEmpty()) {
      return PreflightCheck.warn(
          PRICE,
          "there is no price of " + type + " in these zones",
          "It may not be offered as Spot there; name other subnets");
    }
    List<String> found = new ArrayList<>();
    boolean anyNow = false;
    boolean allOfTheHour = true;
    for (Map.Entry<String, List<SpotPrice>> zone : byZone.entrySet()) {
      BigDecimal current =
          price(
              zone.getValue().stream()
                  .max(Comparator.comparing(SpotPrice::timestamp))
                  .orElseThrow());
      BigDecimal highest =
          zone.getValue().stream()
              .map(MachineChecks::price)
              .max(Comparator.naturalOrder())
              .orElseThrow();
      found.add(
          String.format(
              Locale.ROOT,
              "%s %s USD/h (highest of the hour %s)",
              zone.getKey(),
              current.toPlainString(),
              highest.toPlainString()));
      anyNow |= isWithin(current);
      allOfTheHour &= isWithin(highest);
    }
    String text =
        String.join(", ", found)
            + spec.maxPrice().map(most -> "; at most " + most.toPlainString()).orElse("");
    if (anyNow) {
      return allOfTheHour
          ? PreflightCheck.pass(PRICE, text)
          : PreflightCheck.warn(
              PRICE,
              text,
              "The price passes the maximum at times: raise max-price or leave it out");
    }
    return spec.fallbackToOnDemand()
        ? PreflightCheck.warn(
            PRICE, text, "The launch will take an On-Demand machine: raise max-price to avoid it")
        : PreflightCheck.fail(
            PRICE, text, "Raise max-price or leave it out, or allow fallback-to-on-demand");
  }

  private boolean isWithin(BigDecimal price) {
    return spec.maxPrice().map(most -> price.compareTo(most) <= 0).orElse(true);
  }

  private static BigDecimal price(SpotPrice entry) {
    return new BigDecimal(entry.spotPrice());
  }

  PreflightCheck architecture() {
    String image = surroundings.image().imageId();
    String architecture = surroundings.image().architectureAsString();
    Optional<InstanceTypeInfo> unable =
        instanceTypes(spec.instanceTypes()).stream()
            .filter(
                type ->
                    !type.processorInfo().supportedArchitecturesAsStrings().contains(architecture))
            .findFirst();
    return unable
        .map(
            type ->
                PreflightCheck.fail(
                    ARCHITECTURE,
                    String.format(
                        Locale.ROOT,
                        "%s is for %s, %s is %s",
                        image,
                        architecture,
                        type.instanceTypeAsString(),
                        String.join(", ", type.processorInfo().supportedArchitecturesAsStrings())),
                    "Name an image for the type's architecture, or another instance-type"))
        .orElseGet(
            () ->
                PreflightCheck.pass(
                    ARCHITECTURE,
                    String.format(
                        Locale.ROOT,
                        "%s (%s) is for %s, as is %s",
                        image,
                        surroundings.image().name(),
                        architecture,
                        String.join(", ", spec.instanceTypes()))));
  }
}
