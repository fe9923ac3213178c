package io.bqx.aws.worker;

import io.bqx.aws.cost.MachineTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.amazon.awssdk.services.ec2.model.SpotInstanceRequest;
import software.amazon.awssdk.services.ec2.model.SpotInstanceStatus;

/**
 * For how long the machines of a worker ran, and whether AWS took them back: as it is recorded, and
 * where nobody was there to see it, as AWS tells. AWS forgets machines an hour or so after their
 * end, and Spot requests some days later.
 */
final class MachineTimes {

  private static final String TERMINATED = "instance-terminated-";

  /** How AWS says of a Spot request that it was not asked to end the machine. */
  private static final Set<String> TAKEN_BACK =
      Set.of(
          TERMINATED + "by-price",
          TERMINATED + "no-capacity",
          TERMINATED + "capacity-oversubscribed",
          TERMINATED + "launch-group-constraint");

  /** How it says so of the machine itself begins: {@code Server.SpotInstanceTermination}. */
  private static final String TAKEN_BACK_REASON = "Server.SpotInstance";

  private final WorkerState state;
  private final Map<String, Machine> machines;
  private final Map<String, SpotInstanceStatus> requests;
  private final Duration longest;

  private MachineTimes(
      WorkerState state,
      Map<String, Machine> machines,
      Map<String, SpotInstanceStatus> requests,
      Duration longest) {
    this.state = state;
    this.machines = machines;
    this.requests = requests;
    this.longest = longest;
  }

  /** Asks AWS. */
  static MachineTimes of(WorkerSpec spec, Machines machines, WorkerState state) {
    return new MachineTimes(
        state,
        machines.ofWorker(spec.name()).stream()
            .collect(Collectors.toMap(Machine::id, Function.identity())),
        machines.spotRequestsOf(spec.name()).stream()
            .filter(request -> request.status() != null)
            .collect(
                Collectors.toMap(
                    SpotInstanceRequest::spotInstanceRequestId, SpotInstanceRequest::status)),
        spec.maxRunTime());
  }

  /**
   * Whether AWS took a machine back.
   *
   * @param code the status of its Spot request, or the reason for its own state
   */
  static boolean isTakenBack(String code) {
    return TAKEN_BACK.contains(code) || code.startsWith(TAKEN_BACK_REASON);
  }

  /**
   * The time for which a machine ran. Of one whose end nobody knows it is the longest that it can
   * have been: until now, or until it had to shut itself down.
   *
   * @param attempt a machine that was launched
   * @param now until when, if it still runs
   */
  MachineTime of(Attempt attempt, Instant now) {
    Instant started = attempt.launched().orElseThrow();
    Optional<Machine> machine = attempt.instance().map(machines::get);
    Optional<SpotInstanceStatus> request = attempt.spotRequest().map(requests::get);
    Optional<Instant> told =
        request
            .filter(status -> code(status).startsWith(TERMINATED))
            .map(SpotInstanceStatus::updateTime);
    Instant latest = machine.filter(Machine::isAlive).isPresent() ? now : started.plus(longest);
    Instant ended =
        Stream.of(attempt.ended(), told, Optional.of(now), Optional.of(latest))
            .flatMap(Optional::stream)
            .min(Instant::compareTo)
            .orElseThrow();
    return new MachineTime(
        started, ended.isBefore(started) ? started : ended, isTakenBack(attempt, machine, request));
  }

  private boolean isTakenBack(
      Attempt attempt, Optional<Machine> machine, Optional<SpotInstanceStatus> request) {
    return state.interruptionOf(attempt).filter(WorkerInterruption::takenBack).isPresent()
        || Stream.concat(
                request.map(MachineTimes::code).stream(),
                machine.flatMap(Machine::stateReason).stream())
            .anyMatch(MachineTimes::isTakenBack);
  }

  private static String code(SpotInstanceStatus status) {
    return status.code() == null ? "" : status.code();
  }
}
