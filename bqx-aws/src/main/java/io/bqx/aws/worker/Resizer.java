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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.CpuOptions;
import software.amazon.awssdk.services.ec2.model.DescribeInstanceStatusRequest;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ec2.model.InstanceStatus;
import software.amazon.awssdk.services.ec2.model.ModifyInstanceAttributeRequest;
import software.amazon.awssdk.services.ec2.model.StartInstancesRequest;
import software.amazon.awssdk.services.ec2.model.StopInstancesRequest;
import software.amazon.awssdk.services.ec2.model.SummaryStatus;

/** Does a resize step by step, and takes it back if a step fails. */
final class Resizer {

  private static final Logger LOG = LoggerFactory.getLogger(Resizer.class);
  private static final Duration INTERVAL = Duration.ofSeconds(10);
  private static final Duration STOP_BOUND = Duration.ofMinutes(10);
  private static final Duration START_BOUND = Duration.ofMinutes(10);
  private static final Duration CHECKS_BOUND = Duration.ofMinutes(15);
  private static final Duration STATE_BOUND = Duration.ofMinutes(2);
  private static final String WRONG_STATE = "IncorrectInstanceState";

  private final Ec2Client ec2;
  private final ResizeChecks checked;
  private final Machines machines;
  private final Waiting waiting;
  private final WorkerListener listener;
  private final Poll poll;
  private final List<Decision> steps = new ArrayList<>();
  private final String id;
  private final String before;
  private final String after;

  Resizer(AwsClients clients, ResizeChecks checked, Waiting waiting, WorkerListener listener) {
    this.ec2 = clients.ec2();
    this.checked = checked;
    this.machines = new Machines(ec2);
    this.waiting = waiting;
    this.listener = listener;
    this.poll = new Poll(waiting, listener);
    this.id = checked.id();
    this.before = checked.before().instanceTypeAsString();
    this.after = checked.after().instanceTypeAsString();
  }

  static Map<String, String> snapshotTags(String instance, String type) {
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put("Name", "bqx-before-resize");
    tags.put(Tags.RESIZE, instance + " to " + type);
    return tags;
  }

  static StopInstancesRequest stopping(String instance, boolean force) {
    StopInstancesRequest.Builder request = StopInstancesRequest.builder().instanceIds(instance);
    return force ? request.force(true).build() : request.build();
  }

  static StartInstancesRequest starting(String instance) {
    return StartInstancesRequest.builder().instanceIds(instance).build();
  }

  static ModifyInstanceAttributeRequest ofType(String instance, String type) {
    return ModifyInstanceAttributeRequest.builder()
        .instanceId(instance)
        .instanceType(value -> value.value(type))
        .build();
  }

  ResizeReport run() {
    boolean wasRunning = checked.state() == InstanceStateName.RUNNING;
    List<String> snapshots =
        new Snapshots(ec2, waiting, listener)
            .take(id, snapshotTags(id, after), Tags.RESIZE, checked.instance().launchTime());
    step("Snapshots of all volumes of %s: %s", id, String.join(", ", snapshots));
    Instance resized;
    try {
      if (wasRunning) {
        stop();
      }
      modify(after);
      start(after);
      awaitChecks();
      resized = verified(after);
      if (!wasRunning) {
        stop();
      }
    } catch (RuntimeException e) {
      throw undone(e, wasRunning);
    }
    return new ResizeReport(
        id,
        before,
        after,
        vcpus(resized),
        checked.after().memoryInfo().sizeInMiB(),
        snapshots,
        steps);
  }

  private void stop() {
    order("stop", () -> ec2.stopInstances(stopping(id, false)));
    step("Stopping %s", id);
    if (isStoppedWithin(STOP_BOUND)) {
      step("%s is stopped", id);
      return;
    }
    order("stop by force", () -> ec2.stopInstances(stopping(id, true)));
    step("%s did not stop within %d minutes; stopping it by force", id, STOP_BOUND.toMinutes());
    if (!isStoppedWithin(STOP_BOUND)) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "%s hangs in stopping, also by force, for %d minutes",
              id,
              STOP_BOUND.multipliedBy(2).toMinutes()));
    }
    step("%s is stopped", id);
  }

  private boolean isStoppedWithin(Duration bound) {
    return state(InstanceStateName.STOPPED, bound).isPresent();
  }

  private Optional<Instance> state(InstanceStateName wanted, Duration bound) {
    Progress progress = new Progress();
    return poll.until(
        () -> id + " to be " + wanted + ", state " + progress.seen,
        INTERVAL,
        bound,
        () -> {
          Instance now = machines.require(id);
          progress.seen = now.state().nameAsString();
          if (wanted == InstanceStateName.RUNNING
              && now.state().name() == InstanceStateName.STOPPED
              && now.stateReason() != null
              && now.stateReason().code() != null
              && now.stateReason().code().startsWith("Server.")) {
            throw new BqxException(id + " did not start: " + now.stateReason().code());
          }
          return Optional.of(now).filter(instance -> instance.state().name() == wanted);
        });
  }

  private void modify(String type) {
    order("change the type of", () -> ec2.modifyInstanceAttribute(ofType(id, type)));
    step("%s is to be a %s", id, type);
  }

  private void start(String type) {
    order("start", () -> ec2.startInstances(starting(id)));
    step("Starting %s as %s", id, type);
    if (state(InstanceStateName.RUNNING, START_BOUND).isEmpty()) {
      throw new BqxException(
          id + " is not running " + START_BOUND.toMinutes() + " minutes after its start");
    }
    step("%s is running", id);
  }

  /** AWS is told; a state that it has not caught up with yet is waited for. */
  private void order(String what, Runnable call) {
    boolean done =
        poll.until(
                () -> id + " to be in a state in which one can " + what + " it",
                INTERVAL,
                STATE_BOUND,
                () -> {
                  try {
                    Calls.make(
                        "Cannot " + what + " " + id,
                        () -> {
                          call.run();
                          return true;
                        });
                    return Optional.of(true);
                  } catch (AwsCallException e) {
                    if (e.code().equals(WRONG_STATE)) {
                      return Optional.empty();
                    }
                    throw e;
                  }
                })
            .isPresent();
    if (!done) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot %s %s: AWS says %s for %d minutes",
              what,
              id,
              WRONG_STATE,
              STATE_BOUND.toMinutes()));
    }
  }

  private void awaitChecks() {
    Progress progress = new Progress();
    DescribeInstanceStatusRequest request =
        DescribeInstanceStatusRequest.builder().instanceIds(id).build();
    poll.until(
            () -> id + " to pass its status checks: " + progress.seen,
            INTERVAL,
            CHECKS_BOUND,
            () ->
                Calls.make(
                        "Cannot look at the status checks of " + id,
                        () -> ec2.describeInstanceStatus(request))
                    .instanceStatuses()
                    .stream()
                    .filter(status -> passes(status, progress))
                    .findFirst())
        .orElseThrow(
            () ->
                new BqxException(
                    String.format(
                        Locale.ROOT,
                        "%s does not pass its status checks within %d minutes: %s",
                        id,
                        CHECKS_BOUND.toMinutes(),
                        progress.seen)));
    step("%s passes both status checks", id);
  }

  private static boolean passes(InstanceStatus status, Progress progress) {
    SummaryStatus system = status.systemStatus().status();
    SummaryStatus own = status.instanceStatus().status();
    progress.seen = "system " + system + ", instance " + own;
    return system == SummaryStatus.OK && own == SummaryStatus.OK;
  }

  private Instance verified(String type) {
    Instance now = machines.require(id);
    if (!now.instanceTypeAsString().equals(type)) {
      throw new BqxException(id + " is a " + now.instanceTypeAsString() + ", not a " + type);
    }
    int expected = checked.after().vCpuInfo().defaultVCpus();
    if (vcpus(now) != expected) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "%s has %d vCPUs, and a %s has %d: its CPU options were set by hand",
              id,
              vcpus(now),
              type,
              expected));
    }
    step(
        "%s is a %s: %d vCPUs, %,d MiB",
        id, type, expected, checked.after().memoryInfo().sizeInMiB());
    return now;
  }

  private int vcpus(Instance instance) {
    CpuOptions options = instance.cpuOptions();
    return options == null || options.coreCount() == null
        ? checked.after().vCpuInfo().defaultVCpus()
        : options.coreCount() * options.threadsPerCore();
  }

  /** Type and state as they were; the thread's interrupt flag is put aside meanwhile. */
  private ResizeException undone(RuntimeException failure, boolean wasRunning) {
    boolean interrupted = Thread.interrupted();
    step("Taking it back: %s", failure.getMessage());
    try {
      restore(wasRunning);
      return new ResizeException(
          String.format(
              Locale.ROOT,
              "%s was not resized to %s: %s. It is %s and a %s again, as before",
              id,
              after,
              failure.getMessage(),
              wasRunning ? "running" : "stopped",
              before),
          true,
          failure);
    } catch (BqxException e) {
      ResizeException lost =
          new ResizeException(
              String.format(
                  Locale.ROOT,
                  "%s was not resized to %s: %s. It could not be put back either: %s. Before, it"
                      + " was %s and a %s; its snapshots have the tag %s",
                  id,
                  after,
                  failure.getMessage(),
                  e.getMessage(),
                  wasRunning ? "running" : "stopped",
                  before,
                  Tags.RESIZE),
              false,
              failure);
      lost.addSuppressed(e);
      return lost;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void restore(boolean wasRunning) {
    Instance now = machines.require(id);
    boolean hasOldType = now.instanceTypeAsString().equals(before);
    InstanceStateName state = now.state().name();
    if (hasOldType && state == InstanceStateName.RUNNING && wasRunning) {
      return;
    }
    if (state == InstanceStateName.STOPPING) {
      requireStopped();
    } else if (state != InstanceStateName.STOPPED) {
      stop();
    }
    if (!hasOldType) {
      modify(before);
    }
    if (wasRunning) {
      start(before);
    }
  }

  private void requireStopped() {
    if (!isStoppedWithin(STOP_BOUND)) {
      throw new BqxException(
          id + " is still stopping; when it is stopped, give it its type and start it");
    }
  }

  private void step(String what, Object... arguments) {
    Decision step = new Decision(waiting.now(), String.format(Locale.ROOT, what, arguments));
    steps.add(step);
    LOG.info(step.what());
    listener.decided(step);
  }

  /** What was seen last; confined to one thread. */
  private static final class Progress {
    private String seen = "unknown";
  }
}
