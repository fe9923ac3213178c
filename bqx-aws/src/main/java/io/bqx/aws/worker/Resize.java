package io.bqx.aws.worker;

import io.bqx.aws.AwsClients;
import io.bqx.aws.Waiting;
import io.bqx.core.BqxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;

/**
 * Gives a machine another type: a resident machine that is to do more for a while, or to cost less.
 *
 * <pre>{@code
 * ResizeReport report = Resize.with(clients).instance("i-0123456789abcdef0").to("t3.large").run();
 * }</pre>
 *
 * <p>Everything that can be known is checked before the machine is touched. Then: snapshots of all
 * volumes, stop, change of the type, start, status checks, comparison. If any step fails, the
 * machine gets its old type and its old state back. It must not be run on that machine itself.
 *
 * <p>A machine that was stopped is started to see whether it comes up, and stopped again.
 */
public final class Resize {

  private static final Pattern INSTANCE = Pattern.compile("i-[0-9a-f]{8,17}");
  private static final Pattern TYPE = Pattern.compile("[a-z0-9-]+\\.[a-z0-9-]+");

  private final AwsClients clients;
  private String instance;
  private String type;
  private boolean instanceStoreMayBeLost;
  private Waiting waiting = Waiting.system();
  private WorkerListener listener = new WorkerListener() {};

  private Resize(AwsClients clients) {
    this.clients = Objects.requireNonNull(clients, "clients");
  }

  /** Begins a resize. */
  public static Resize with(AwsClients clients) {
    return new Resize(clients);
  }

  /**
   * The machine; must be set.
   *
   * @throws IllegalArgumentException if that is not the id of a machine
   */
  public Resize instance(String id) {
    if (!INSTANCE.matcher(id).matches()) {
      throw new IllegalArgumentException(
          "'" + id + "' is not the id of a machine; write i-0123456789abcdef0");
    }
    this.instance = id;
    return this;
  }

  /**
   * The type that it is to have; must be set.
   *
   * @throws IllegalArgumentException if that is not an instance type
   */
  public Resize to(String type) {
    if (!TYPE.matcher(type).matches()) {
      throw new IllegalArgumentException(
          "'" + type + "' is not an instance type; write for example t3.large");
    }
    this.type = type;
    return this;
  }

  /** Goes on although the machine has instance-store volumes, whose content a stop destroys. */
  public Resize losingInstanceStore() {
    this.instanceStoreMayBeLost = true;
    return this;
  }

  /** How time passes; this machine's clock if it is not set. */
  public Resize waiting(Waiting waiting) {
    this.waiting = Objects.requireNonNull(waiting, "waiting");
    return this;
  }

  /** Who hears of the progress; nobody if it is not set. */
  public Resize listener(WorkerListener listener) {
    this.listener = Objects.requireNonNull(listener, "listener");
    return this;
  }

  /**
   * The calls that it would make, in order. Looks at the machine and the types, and changes
   * nothing.
   *
   * @throws ResizeException if it would be refused
   */
  public List<PlannedCall> plan() {
    ResizeChecks checked = check();
    List<PlannedCall> calls = new ArrayList<>();
    calls.add(
        PlannedCall.of("ec2", Snapshots.request(instance, Resizer.snapshotTags(instance, type))));
    if (checked.state() == InstanceStateName.RUNNING) {
      calls.add(PlannedCall.of("ec2", Resizer.stopping(instance, false)));
    }
    calls.add(PlannedCall.of("ec2", Resizer.ofType(instance, type)));
    calls.add(PlannedCall.of("ec2", Resizer.starting(instance)));
    if (checked.state() == InstanceStateName.STOPPED) {
      calls.add(PlannedCall.of("ec2", Resizer.stopping(instance, false)));
    }
    return calls;
  }

  /**
   * Resizes the machine.
   *
   * @throws ResizeException if it is refused or fails; the message says in which state the machine
   *     is
   * @throws BqxException if AWS cannot be asked; the machine was not touched
   */
  public ResizeReport run() {
    return new Resizer(clients, check(), waiting, listener).run();
  }

  private ResizeChecks check() {
    if (instance == null || type == null) {
      throw new IllegalStateException(
          (instance == null ? "The machine" : "The type") + " is not set; call instance and to");
    }
    return ResizeChecks.made(clients, instance, type, instanceStoreMayBeLost);
  }
}
