package io.bqx.aws.worker;

import io.bqx.aws.AwsCallException;
import io.bqx.aws.AwsClients;
import io.bqx.aws.Waiting;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import software.amazon.awssdk.services.ec2.model.DescribeInstanceStatusRequest;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ec2.model.InstanceStatus;
import software.amazon.awssdk.services.ec2.model.SummaryStatus;
import software.amazon.awssdk.services.ssm.model.GetParameterRequest;

/** Waits until a machine runs, both of its status checks pass, and it says that it is ready. */
final class Readiness {

  private static final Duration INTERVAL = Duration.ofSeconds(10);
  private static final int TCP_TIMEOUT_MILLIS = 3_000;
  private static final String FAILED = "failed";

  private final AwsClients clients;
  private final WorkerSpec spec;
  private final Machines machines;
  private final Waiting waiting;
  private final Poll poll;

  Readiness(AwsClients clients, WorkerSpec spec, Waiting waiting, WorkerListener listener) {
    this.clients = clients;
    this.spec = spec;
    this.machines = new Machines(clients.ec2());
    this.waiting = waiting;
    this.poll = new Poll(waiting, listener);
  }

  static String parameter(String worker) {
    return "/bqx/" + worker + "/initialised";
  }

  /**
   * The machine once it is ready.
   *
   * @throws ReadyException if it ends, says that its initialisation failed, or needs longer than
   *     the bound
   */
  Machine await(String id, Duration bound) {
    Instant begin = waiting.now();
    Progress progress = new Progress();
    until(id, begin, bound, progress, () -> running(id, progress));
    until(id, begin, bound, progress, () -> checked(id, progress));
    return until(id, begin, bound, progress, () -> initialised(id, progress));
  }

  private Machine until(
      String id,
      Instant begin,
      Duration bound,
      Progress progress,
      Supplier<Optional<Machine>> look) {
    Duration left = bound.minus(Duration.between(begin, waiting.now()));
    return poll.until(
            () -> id + ": " + progress.seen,
            INTERVAL,
            left.isNegative() ? Duration.ZERO : left,
            look)
        .orElseThrow(
            () ->
                failure(
                    id,
                    String.format(
                        Locale.ROOT,
                        "%s is not ready after %d minutes: %s",
                        id,
                        bound.toMinutes(),
                        progress.seen)));
  }

  private ReadyException failure(String id, String what) {
    return new ReadyException(
        what
            + ". The machine is still rented: look at it, or terminate it. The end of its"
            + " console:\n"
            + String.join("\n", ConsoleOutput.endOf(clients.ec2(), id)),
        id);
  }

  private Machine alive(Instance instance) {
    Machine machine = Machine.of(instance);
    if (!machine.is(InstanceStateName.PENDING) && !machine.is(InstanceStateName.RUNNING)) {
      throw failure(
          machine.id(),
          String.format(
              Locale.ROOT,
              "%s is %s instead of becoming ready%s",
              machine.id(),
              machine.state(),
              machine.stateReason().map(reason -> " (" + reason + ")").orElse("")));
    }
    return machine;
  }

  private Optional<Machine> running(String id, Progress progress) {
    Optional<Machine> machine = machines.instance(id).map(this::alive);
    progress.seen = "state " + machine.map(Machine::state).orElse("unknown to AWS");
    return machine.filter(found -> found.is(InstanceStateName.RUNNING));
  }

  private Optional<Machine> checked(String id, Progress progress) {
    Optional<Machine> machine = machines.instance(id).map(this::alive);
    DescribeInstanceStatusRequest request =
        DescribeInstanceStatusRequest.builder().instanceIds(id).build();
    List<InstanceStatus> statuses =
        Calls.make(
                "Cannot look at the status checks of " + id,
                () -> clients.ec2().describeInstanceStatus(request))
            .instanceStatuses();
    if (statuses.isEmpty()) {
      progress.seen = "status checks not begun";
      return Optional.empty();
    }
    SummaryStatus system = statuses.get(0).systemStatus().status();
    SummaryStatus own = statuses.get(0).instanceStatus().status();
    progress.seen = "status checks: system " + system + ", instance " + own;
    return machine.filter(found -> system == SummaryStatus.OK && own == SummaryStatus.OK);
  }

  private Optional<Machine> initialised(String id, Progress progress) {
    Optional<Instance> instance = machines.instance(id);
    Optional<Machine> machine = instance.map(this::alive);
    String signal =
        switch (spec.readySignal()) {
          case TAG ->
              instance.flatMap(found -> Tags.value(found.tags(), Tags.INITIALISED)).orElse("");
          case SSM -> parameterOf(id);
          case TCP -> machine.map(this::answer).orElse("");
        };
    if (signal.startsWith(FAILED)) {
      throw failure(id, id + " could not be initialised: " + signal);
    }
    progress.seen = "initialisation not complete (by " + spec.readySignal() + ")";
    return machine.filter(found -> !signal.isEmpty());
  }

  private String parameterOf(String id) {
    GetParameterRequest request =
        GetParameterRequest.builder().name(parameter(spec.name())).build();
    try {
      String value =
          Calls.make(
                  "Cannot read the parameter " + request.name(),
                  () -> clients.ssm().getParameter(request))
              .parameter()
              .value();
      return value.startsWith(id + " ") ? value.substring(id.length() + 1) : "";
    } catch (AwsCallException e) {
      if (e.code().equals("ParameterNotFound")) {
        return "";
      }
      throw e;
    }
  }

  private String answer(Machine machine) {
    return Stream.concat(machine.publicAddress().stream(), machine.privateAddress().stream())
            .anyMatch(this::answers)
        ? "complete"
        : "";
  }

  private boolean answers(String address) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, spec.readyPort()), TCP_TIMEOUT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** What was seen last; confined to one thread. */
  private static final class Progress {
    private String seen = "nothing seen yet";
  }
}
