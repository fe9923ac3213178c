package io.bqx.aws.testing;

import io.bqx.aws.AwsClients;
import io.bqx.aws.testing.StubServer.Answer;
import io.bqx.aws.testing.StubServer.Request;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;

/**
 * As much of EC2 as a launch, a termination and a resize need, with every fault that a test wants:
 * errors by their code, machines that AWS does not show yet, states that do not change. It speaks
 * the query protocol over HTTP.
 *
 * <p>A machine that was launched or started is pending at the next look and running from then on.
 */
public final class StubAws implements AutoCloseable {

  /** The image that every machine has. */
  public static final String IMAGE = "ami-0123456789abcdef0";

  private static final String NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";

  /** The state that follows at the next look. */
  private static final Map<String, String> NEXT =
      Map.of(
          "pending", "running",
          "stopping", "stopped",
          "shutting-down", "terminated");

  /** A call that was made. */
  public record Call(String action, Map<String, String> parameters) {

    /** The value of a parameter, as in {@code InstanceId.1}. */
    public String get(String parameter) {
      return parameters.getOrDefault(parameter, "");
    }
  }

  /** A machine of this account. */
  public static final class StubMachine {

    /** Its id. */
    public final String id;

    private final Map<String, String> tags = new TreeMap<>();
    private String state = "pending";
    private String reason = "";
    private String type;
    private String market;
    private String subnet = "subnet-0123456789abcdef0";
    private String token = "";
    private String launched;
    private int hiddenLooks;
    private boolean stuck;

    private StubMachine(String id, String type, String market) {
      this.id = id;
      this.type = type;
      this.market = market;
    }

    /** Sets its state and keeps it there, whatever is ordered. */
    public void stickIn(String stuckState) {
      state = stuckState;
      stuck = true;
    }

    /** Lets it go on from the state in which it stuck. */
    public void release() {
      stuck = false;
    }

    /** Sets its state, and why it is in it. */
    public void become(String newState, String why) {
      state = newState;
      reason = why;
    }

    /** Its state. */
    public String state() {
      return state;
    }

    /** Its type. */
    public String type() {
      return type;
    }

    /** Adds or changes a tag. */
    public void tag(String key, String value) {
      tags.put(key, value);
    }
  }

  private final StubServer server = StubServer.start(this::answer);
  private final List<Call> calls = new ArrayList<>();
  private final Map<String, StubMachine> machines = new LinkedHashMap<>();
  private final Map<String, Deque<String>> faults = new HashMap<>();
  private final Map<String, UnaryOperator<String>> answers = new HashMap<>();
  private final Map<String, String> objects = new HashMap<>();
  private final List<String> openSpotRequests = new ArrayList<>();
  private final Map<String, Runnable> launches = new HashMap<>();
  private String nextMarket = "";
  private String nextReason = "";
  private String imageArchitecture = "x86_64";
  private String failedChecksOf = "";
  private String address = "203.0.113.7";
  private String snapshotState = "completed";
  private int hiddenLooks;
  private int created;
  private TestTime time = new TestTime();

  @Override
  public void close() {
    server.close();
  }

  /** Where it listens. */
  public URI endpoint() {
    return server.endpoint();
  }

  /** Clients of it that repeat nothing by themselves. */
  public AwsClients clients() {
    return builder()
        .override(
            ClientOverrideConfiguration.builder()
                .retryStrategy(DefaultRetryStrategy.doNotRetry())
                .build())
        .build();
  }

  /** Clients of it that repeat what the SDK repeats. */
  public AwsClients repeatingClients() {
    return builder().build();
  }

  private AwsClients.Builder builder() {
    return AwsClients.builder()
        .endpoint(endpoint())
        .region(Region.US_EAST_1)
        .credentials(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")));
  }

  /** The clock by which machines are launched. */
  public synchronized void time(TestTime clock) {
    time = clock;
  }

  /**
   * Answers the next calls of an action with errors, in this order, and in the usual way
   * afterwards; an empty code answers one call in the usual way.
   */
  public synchronized void fail(String action, String... codes) {
    faults.computeIfAbsent(action, key -> new ArrayDeque<>()).addAll(List.of(codes));
  }

  /** Puts another content in the place of an action's usual answer. */
  public synchronized void answer(String action, UnaryOperator<String> content) {
    answers.put(action, content);
  }

  /** Gives the next machine on another market than asked for. */
  public synchronized void giveAs(String market) {
    nextMarket = market;
  }

  /** Ends the next machine before it runs. */
  public synchronized void endNextWith(String reason) {
    nextReason = reason;
  }

  /** Has something happen when the machine of an id is launched. */
  public synchronized void onLaunch(String id, Runnable event) {
    launches.put(id, event);
  }

  /** Does not show new machines for that many looks. */
  public synchronized void hideNew(int looks) {
    hiddenLooks = looks;
  }

  /** What the image is made for. */
  public synchronized void imageArchitecture(String architecture) {
    imageArchitecture = architecture;
  }

  /** Machines of a type do not pass their status checks. */
  public synchronized void failChecksOf(String type) {
    failedChecksOf = type;
  }

  /** The public address of all machines. */
  public synchronized void address(String publicAddress) {
    address = publicAddress;
  }

  /** The state of all snapshots. */
  public synchronized void snapshotState(String state) {
    snapshotState = state;
  }

  /** Adds an object to S3, by its path {@code bucket/key}. */
  public synchronized void object(String path, String content) {
    objects.put(path, content);
  }

  /** Adds a machine that runs already. */
  public synchronized StubMachine machine(String id, String type, Map<String, String> tags) {
    StubMachine machine = new StubMachine(id, type, "on-demand");
    machine.state = "running";
    machine.launched = time.now().toString();
    machine.tags.putAll(tags);
    machines.put(id, machine);
    return machine;
  }

  /** Adds a Spot request that is open. */
  public synchronized void openSpotRequest(String id) {
    openSpotRequests.add(id);
  }

  /** The machines of this account, in the order in which they were made. */
  public synchronized List<StubMachine> machines() {
    return List.copyOf(machines.values());
  }

  /** All calls so far. */
  public synchronized List<Call> calls() {
    return List.copyOf(calls);
  }

  /** The calls of an action so far. */
  public synchronized List<Call> calls(String action) {
    return calls.stream().filter(call -> call.action().equals(action)).toList();
  }

  private synchronized Answer answer(Request request) {
    if (request.method().equals("GET")) {
      return object(request.path().substring(1));
    }
    if (request.header("X-Amz-Target").isPresent()) {
      return json(request.action().orElseThrow());
    }
    Map<String, String> parameters = StubServer.form(request.body());
    Call call = new Call(parameters.get("Action"), parameters);
    calls.add(call);
    String fault = faults.getOrDefault(call.action(), new ArrayDeque<>()).poll();
    if (fault != null && !fault.isEmpty()) {
      return error(fault);
    }
    String content;
    try {
      content = content(call);
    } catch (UnknownMachine e) {
      return error("InvalidInstanceID.NotFound");
    }
    UnaryOperator<String> other = answers.get(call.action());
    return new Answer(
        200,
        "<%1$sResponse xmlns=\"%2$s\">%3$s<requestId>r</requestId></%1$sResponse>"
            .formatted(call.action(), NAMESPACE, other == null ? content : other.apply(content)));
  }

  private static Answer error(String code) {
    return new Answer(
        code.contains("Internal") ? 500 : 400,
        "<Response><Errors><Error><Code>%s</Code><Message>said by the test</Message></Error></Errors><RequestID>r</RequestID></Response>"
            .formatted(code));
  }

  private Answer object(String path) {
    calls.add(new Call("GetObject", Map.of("path", path)));
    String content = objects.get(path);
    return content == null
        ? new Answer(404, "<Error><Code>NoSuchKey</Code><Message>none</Message></Error>")
        : new Answer(200, content);
  }

  private Answer json(String action) {
    calls.add(new Call(action, Map.of()));
    UnaryOperator<String> answer = answers.get(action);
    return answer == null
        ? new Answer(400, "{\"__type\":\"NoSuchResourceException\",\"message\":\"none\"}")
        : new Answer(200, answer.apply(""));
  }

  private String content(Call call) {
    return switch (call.action()) {
      case "DescribeImages" ->
          "<imagesSet><item><imageId>%s</imageId><name>al2023</name><architecture>%s</architecture><rootDeviceName>/dev/xvda</rootDeviceName></item></imagesSet>"
              .formatted(IMAGE, imageArchitecture);
      case "RunInstances" -> run(call);
      case "DescribeInstances" -> describe(call);
      case "TerminateInstances" -> change(call, "shutting-down", "terminated");
      case "StopInstances" -> change(call, "stopping", "stopped");
      case "StartInstances" -> change(call, "pending", "running");
      case "ModifyInstanceAttribute" -> modify(call);
      case "DescribeInstanceStatus" -> status(call);
      case "DescribeInstanceTypes" -> types(call);
      case "DescribeInstanceTypeOfferings" ->
          "<instanceTypeOfferingSet><item><instanceType>%s</instanceType><location>us-east-1a</location></item></instanceTypeOfferingSet>"
              .formatted(call.get("Filter.1.Value.1"));
      case "DescribeSpotInstanceRequests" ->
          items(
              "spotInstanceRequestSet",
              openSpotRequests.stream()
                  .map(id -> "<spotInstanceRequestId>" + id + "</spotInstanceRequestId>")
                  .toList());
      case "CancelSpotInstanceRequests" -> {
        openSpotRequests.clear();
        yield "";
      }
      case "CreateSnapshots" ->
          "<snapshotSet><item><snapshotId>snap-0123456789abcdef0</snapshotId></item></snapshotSet>";
      case "DescribeSnapshots" -> snapshots(call);
      case "GetInstanceProfile" ->
          "<GetInstanceProfileResult><InstanceProfile><Roles/></InstanceProfile></GetInstanceProfileResult>";
      case "DescribeVolumes" -> "<volumeSet/>";
      case "DescribeAddresses" -> "<addressesSet/>";
      case "GetConsoleOutput" ->
          "<output>Y2xvdWQtaW5pdDogaW5pdGlhbGlzYXRpb24gZmFpbGVkIGluIGxpbmUgNDI=</output>";
      default -> "";
    };
  }

  private static String items(String name, List<String> contents) {
    return "<%1$s>%2$s</%1$s>"
        .formatted(
            name, String.join("", contents.stream().map(c -> "<item>" + c + "</item>").toList()));
  }

  private String run(Call call) {
    for (StubMachine machine : machines.values()) {
      if (machine.token.equals(call.get("ClientToken"))) {
        return items("instancesSet", List.of(xml(machine)));
      }
    }
    created++;
    String asked = call.get("InstanceMarketOptions.MarketType").isEmpty() ? "on-demand" : "spot";
    StubMachine machine =
        new StubMachine(
            "i-0123456789abcde%02d".formatted(created),
            call.get("InstanceType"),
            nextMarket.isEmpty() ? asked : nextMarket);
    machine.subnet = call.get("SubnetId");
    machine.token = call.get("ClientToken");
    machine.launched = time.now().toString();
    machine.hiddenLooks = hiddenLooks;
    for (int tag = 1;
        call.parameters().containsKey("TagSpecification.1.Tag." + tag + ".Key");
        tag++) {
      machine.tags.put(
          call.get("TagSpecification.1.Tag." + tag + ".Key"),
          call.get("TagSpecification.1.Tag." + tag + ".Value"));
    }
    machines.put(machine.id, machine);
    if (!nextReason.isEmpty()) {
      machine.become("terminated", nextReason);
      nextReason = "";
    }
    launches.getOrDefault(machine.id, () -> {}).run();
    return items("instancesSet", List.of(xml(machine)));
  }

  private String describe(Call call) {
    List<String> found = new ArrayList<>();
    String id = call.get("InstanceId.1");
    if (!id.isEmpty()) {
      found.add(xml(known(id)));
    } else {
      for (StubMachine machine : machines.values()) {
        if (machine.hiddenLooks > 0) {
          machine.hiddenLooks--;
        } else if (isWanted(machine, call)) {
          found.add(xml(machine));
        }
      }
    }
    StubMachine looked = machines.get(id);
    if (looked != null && !looked.stuck) {
      looked.state = NEXT.getOrDefault(looked.state, looked.state);
    }
    return items("reservationSet", List.of(items("instancesSet", found)));
  }

  private static boolean isWanted(StubMachine machine, Call call) {
    String filter = call.get("Filter.1.Name");
    return filter.startsWith("tag:")
        ? call.get("Filter.1.Value.1").equals(machine.tags.get(filter.substring(4)))
        : machine.state.equals("running") || machine.state.equals("pending");
  }

  private StubMachine known(String id) {
    StubMachine machine = machines.get(id);
    if (machine == null || machine.hiddenLooks-- > 0) {
      throw new UnknownMachine();
    }
    return machine;
  }

  private String change(Call call, String transition, String end) {
    StubMachine machine = known(call.get("InstanceId.1"));
    if (!machine.stuck && !machine.state.equals(end)) {
      machine.state = transition;
      machine.reason = "";
    }
    if (transition.equals("pending")) {
      machine.launched = time.now().toString();
    }
    return "";
  }

  private String modify(Call call) {
    known(call.get("InstanceId")).type = call.get("InstanceType.Value");
    return "<return>true</return>";
  }

  private String status(Call call) {
    StubMachine machine = known(call.get("InstanceId.1"));
    if (!machine.state.equals("running")) {
      return "<instanceStatusSet/>";
    }
    return items(
        "instanceStatusSet",
        List.of(
            "<instanceId>%s</instanceId><instanceState><name>running</name></instanceState><systemStatus><status>ok</status></systemStatus><instanceStatus><status>%s</status></instanceStatus>"
                .formatted(machine.id, machine.type.equals(failedChecksOf) ? "impaired" : "ok")));
  }

  private String snapshots(Call call) {
    if (call.get("SnapshotId.1").isEmpty()) {
      return "<snapshotSet/>";
    }
    return items(
        "snapshotSet",
        List.of(
            "<snapshotId>%s</snapshotId><status>%s</status><progress>50%%</progress><startTime>%s</startTime>"
                .formatted(call.get("SnapshotId.1"), snapshotState, time.now())));
  }

  private static String types(Call call) {
    List<String> found = new ArrayList<>();
    for (int number = 1; call.parameters().containsKey("InstanceType." + number); number++) {
      found.add(type(call.get("InstanceType." + number)));
    }
    return items("instanceTypeSet", found);
  }

  private static String type(String name) {
    boolean arm = name.startsWith("m6g");
    int vcpus = name.endsWith("8xlarge") ? 32 : 2;
    return """
    <instanceType>%s</instanceType>
    <supportedVirtualizationTypes><item>hvm</item></supportedVirtualizationTypes>
    <processorInfo><supportedArchitectures><item>%s</item></supportedArchitectures></processorInfo>
    <vCpuInfo><defaultVCpus>%d</defaultVCpus></vCpuInfo>
    <memoryInfo><sizeInMiB>%d</sizeInMiB></memoryInfo>
    <instanceStorageSupported>%s</instanceStorageSupported>
    <networkInfo><enaSupport>%s</enaSupport></networkInfo>
    """
        .formatted(
            name,
            arm ? "arm64" : "x86_64",
            vcpus,
            vcpus * 2048,
            name.startsWith("i3"),
            name.startsWith("t2") ? "unsupported" : "required");
  }

  private String xml(StubMachine machine) {
    List<String> tags =
        machine.tags.entrySet().stream()
            .map(tag -> "<key>" + tag.getKey() + "</key><value>" + tag.getValue() + "</value>")
            .toList();
    return """
    <instanceId>%s</instanceId>
    <imageId>%s</imageId>
    <instanceState><code>0</code><name>%s</name></instanceState>
    <stateReason><code>%s</code></stateReason>
    <instanceType>%s</instanceType>
    %s
    <clientToken>%s</clientToken>
    <subnetId>%s</subnetId>
    <placement><availabilityZone>us-east-1a</availabilityZone></placement>
    <ipAddress>%s</ipAddress>
    <architecture>x86_64</architecture>
    <virtualizationType>hvm</virtualizationType>
    <rootDeviceType>ebs</rootDeviceType>
    <enaSupport>%s</enaSupport>
    <launchTime>%s</launchTime>
    %s
    """
        .formatted(
            machine.id,
            IMAGE,
            machine.state,
            machine.reason,
            machine.type,
            machine.market.equals("spot")
                ? "<instanceLifecycle>spot</instanceLifecycle><spotInstanceRequestId>sir-0123456a</spotInstanceRequestId>"
                : "",
            machine.token,
            machine.subnet,
            address,
            !machine.tags.containsKey("without-ena"),
            machine.launched,
            items("tagSet", tags));
  }

  /** AWS does not know the machine, or not yet. */
  private static final class UnknownMachine extends RuntimeException {

    private static final long serialVersionUID = 1L;
  }
}
