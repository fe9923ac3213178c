package io.bqx.aws.worker;

import io.bqx.aws.AwsCallException;
import io.bqx.aws.AwsClients;
import io.bqx.aws.Waiting;
import io.bqx.core.BqxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.amazon.awssdk.services.ec2.model.DescribeAddressesRequest;
import software.amazon.awssdk.services.ec2.model.DescribeVolumesRequest;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ssm.model.DeleteParameterRequest;

/** Ends a worker: past its gates, with the word, and until AWS says that the machine is gone. */
final class Terminator {

  private static final List<String> REQUIRED =
      List.of(
          Gate.LEDGER_COMPLETE, Gate.VALIDATION_GREEN, Gate.EXPORT_VERIFIED, Gate.LOGS_ARCHIVED);
  private static final Duration INTERVAL = Duration.ofSeconds(5);
  private static final Duration BOUND = Duration.ofMinutes(15);

  private final AwsClients clients;
  private final WorkerSpec spec;
  private final List<Gate> given;
  private final Machines machines;
  private final Journal journal;
  private final Waiting waiting;
  private final WorkerListener listener;

  Terminator(
      AwsClients clients,
      WorkerSpec spec,
      List<Gate> given,
      Journal journal,
      Waiting waiting,
      WorkerListener listener) {
    this.clients = clients;
    this.spec = spec;
    this.given = given;
    this.machines = new Machines(clients.ec2());
    this.journal = journal;
    this.waiting = waiting;
    this.listener = listener;
  }

  /** The calls that a termination would make now, in order. */
  List<PlannedCall> plan(TerminationOrder order) {
    List<PlannedCall> calls = new ArrayList<>();
    for (Machine machine : machines.aliveOf(spec.name())) {
      if (order.wantsFinalSnapshot()) {
        calls.add(PlannedCall.of("ec2", Snapshots.request(machine.id(), snapshotTags(machine))));
      }
      calls.add(PlannedCall.of("ec2", Machines.termination(machine.id())));
    }
    List<String> requests = machines.openSpotRequestsOf(spec.name());
    if (!requests.isEmpty()) {
      calls.add(PlannedCall.of("ec2", Machines.cancellation(requests)));
    }
    if (spec.readySignal() == ReadySignal.SSM) {
      calls.add(PlannedCall.of("ssm", readyParameter()));
    }
    return calls;
  }

  /** How the gates stand, in their order, those not given being closed. */
  List<GateResult> gates(TerminationOrder order) {
    Map<String, Gate> byName = new LinkedHashMap<>();
    REQUIRED.forEach(
        name ->
            byName.put(
                name, Gate.of(name, () -> Gate.State.closed("nothing was named that could tell"))));
    byName.put(Gate.LOGS_ARCHIVED, Gate.of(Gate.LOGS_ARCHIVED, this::logsArchived));
    given.forEach(gate -> byName.put(gate.name(), gate));
    order.skipped().keySet().stream()
        .filter(name -> !byName.containsKey(name))
        .findFirst()
        .ifPresent(
            name -> {
              throw new IllegalArgumentException(
                  "There is no gate '"
                      + name
                      + "' to skip; the gates are "
                      + String.join(", ", byName.keySet()));
            });
    return byName.values().stream().map(gate -> result(gate, order)).toList();
  }

  private static GateResult result(Gate gate, TerminationOrder order) {
    Optional<String> skipped = Optional.ofNullable(order.skipped().get(gate.name()));
    if (skipped.isPresent()) {
      return new GateResult(gate.name(), false, "not looked at", skipped);
    }
    Gate.State state;
    try {
      state = gate.look();
    } catch (BqxException e) {
      state = Gate.State.closed("it could not be found out: " + e.getMessage());
    }
    return new GateResult(gate.name(), state.open(), state.reason(), skipped);
  }

  private Gate.State logsArchived() {
    return journal
        .state()
        .lastMachine()
        .map(this::logsArchived)
        .orElseGet(() -> Gate.State.open("no machine has run"));
  }

  /** A machine that is lost copies nothing any more. */
  private Gate.State logsArchived(Attempt machine) {
    String id = machine.instance().orElseThrow();
    Gate.State state = new ShippedLogs(clients.s3(), spec).archived(id);
    return state.open() || journal.state().interruptionOf(machine).isEmpty()
        ? state
        : Gate.State.open(id + " was lost; what it had copied until then is what there is");
  }

  TerminationReport terminate(TerminationOrder order) {
    List<GateResult> gates = gates(order);
    listener.gates(gates);
    List<GateResult> closed = gates.stream().filter(gate -> !gate.passes()).toList();
    if (!closed.isEmpty()) {
      throw new TerminationRefusedException(
          spec
              + " is not terminated: "
              + closed.stream()
                  .map(gate -> gate.name() + " is closed (" + gate.reason() + ")")
                  .collect(Collectors.joining("; "))
              + ". Finish that first, or skip the gate and say why",
          gates);
    }
    if (!order.isConfirmed()) {
      throw new TerminationRefusedException(
          spec + " is not terminated: the word " + TerminationOrder.CONFIRMATION + " was not given",
          gates);
    }
    gates.forEach(this::recordSkipped);
    List<Machine> alive = machines.aliveOf(spec.name());
    List<String> snapshots = new ArrayList<>();
    if (order.wantsFinalSnapshot()) {
      alive.forEach(machine -> snapshots.addAll(snapshot(machine)));
    }
    List<Machine> ended = alive.stream().map(this::end).toList();
    List<String> requests = cancelSpotRequests();
    removeReadyParameter();
    journal.save(journal.state().endingAllBut(0, waiting.now()));
    List<String> leftovers = leftovers(ended);
    journal.decide("Left over: %s", leftovers.isEmpty() ? "nothing" : String.join(", ", leftovers));
    return new TerminationReport(
        ended.isEmpty() ? Optional.empty() : Optional.of(ended.get(ended.size() - 1)),
        gates,
        snapshots,
        requests,
        leftovers,
        journal.state());
  }

  private void recordSkipped(GateResult gate) {
    gate.skipped()
        .ifPresent(reason -> journal.decide("The gate %s is skipped: %s", gate.name(), reason));
  }

  private Map<String, String> snapshotTags(Machine machine) {
    Map<String, String> tags = Tags.of(spec, machine.attempt());
    tags.put(Tags.FINAL, machine.id());
    return tags;
  }

  private List<String> snapshot(Machine machine) {
    List<String> ids =
        new Snapshots(clients.ec2(), waiting, listener)
            .take(machine.id(), snapshotTags(machine), Tags.FINAL, machine.launched());
    journal.decide("Snapshots of %s: %s", machine.id(), String.join(", ", ids));
    return ids;
  }

  private Machine end(Machine machine) {
    machines.terminate(machine.id());
    journal.decide("Terminating %s", machine.id());
    Progress progress = new Progress();
    Machine ended =
        new Poll(waiting, listener)
            .until(
                () -> machine.id() + " to be terminated, state " + progress.seen,
                INTERVAL,
                BOUND,
                () -> {
                  Machine now = machines.find(machine.id()).orElse(null);
                  progress.seen = now == null ? "unknown to AWS" : now.state();
                  return Optional.ofNullable(now)
                      .filter(found -> found.is(InstanceStateName.TERMINATED));
                })
            .orElseThrow(
                () ->
                    new BqxException(
                        String.format(
                            Locale.ROOT,
                            "%s is %s, not terminated, %d minutes after its termination was"
                                + " ordered. It may still cost money: terminate it again, or turn"
                                + " to AWS",
                            machine.id(),
                            progress.seen,
                            BOUND.toMinutes())));
    journal.decide("%s is terminated", machine.id());
    return ended;
  }

  private List<String> cancelSpotRequests() {
    List<String> requests = machines.openSpotRequestsOf(spec.name());
    if (!requests.isEmpty()) {
      machines.cancelSpotRequests(requests);
      journal.decide("Cancelled %s", String.join(", ", requests));
    }
    return requests;
  }

  private DeleteParameterRequest readyParameter() {
    return DeleteParameterRequest.builder().name(Readiness.parameter(spec.name())).build();
  }

  private void removeReadyParameter() {
    if (spec.readySignal() != ReadySignal.SSM) {
      return;
    }
    try {
      Calls.make(
          "Cannot delete the parameter " + Readiness.parameter(spec.name()),
          () -> clients.ssm().deleteParameter(readyParameter()));
    } catch (AwsCallException e) {
      if (!e.code().equals("ParameterNotFound")) {
        throw e;
      }
    }
  }

  private List<String> leftovers(List<Machine> ended) {
    DescribeVolumesRequest volumes =
        DescribeVolumesRequest.builder().filters(Tags.filter(Tags.WORKER, spec.name())).build();
    Stream<String> disks =
        Calls.make(
            "Cannot look for volumes of " + spec,
            () ->
                clients.ec2().describeVolumesPaginator(volumes).volumes().stream()
                    .map(
                        volume ->
                            volume.volumeId()
                                + " ("
                                + volume.size()
                                + " GB, "
                                + volume.stateAsString()
                                + ")")
                    .toList())
            .stream();
    return Stream.concat(disks, addresses(ended)).toList();
  }

  private Stream<String> addresses(List<Machine> ended) {
    Filter ofWorker = Tags.filter(Tags.WORKER, spec.name());
    List<Filter> filters = new ArrayList<>(List.of(ofWorker));
    if (!ended.isEmpty()) {
      filters.add(
          Filter.builder()
              .name("instance-id")
              .values(ended.stream().map(Machine::id).toList())
              .build());
    }
    return filters.stream()
        .flatMap(
            filter ->
                Calls.make(
                    "Cannot look for addresses of " + spec,
                    () ->
                        clients
                            .ec2()
                            .describeAddresses(
                                DescribeAddressesRequest.builder().filters(filter).build()))
                    .addresses()
                    .stream())
        .map(address -> address.allocationId() + " (" + address.publicIp() + ")")
        .distinct();
  }

  /** What was seen last; confined to one thread. */
  private static final class Progress {
    private String seen = "unknown";
  }
}
