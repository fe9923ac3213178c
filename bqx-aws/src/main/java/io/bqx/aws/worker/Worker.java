package io.bqx.aws.worker;

import io.bqx.aws.AwsClients;
import io.bqx.aws.Waiting;
import io.bqx.aws.cost.MachineTime;
import io.bqx.aws.cost.Market;
import io.bqx.aws.cost.Usd;
import io.bqx.core.BqxException;
import io.bqx.core.report.MachineUse;
import io.bqx.core.run.JobStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import javax.sql.DataSource;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;

/**
 * A rented machine that runs one job and is gone afterwards.
 *
 * <pre>{@code
 * Worker worker = Worker.with(clients).spec(WorkerSpec.fromFile(Path.of("worker.yaml")));
 * if (worker.preflight().passed()) {
 *   worker.launch();
 *   worker.awaitReady(Duration.ofMinutes(20));
 * }
 * }</pre>
 *
 * <p>Every setter may be called once. What was decided is in a state file; if that is lost, the
 * machine is found by its tags. Not safe for use by several threads.
 */
public final class Worker {

  private static final int LAST_LINES = 10;

  private final AwsClients clients;
  private final Map<String, Object> set = new HashMap<>();
  private final List<Gate> gates = new ArrayList<>();

  private Worker(AwsClients clients) {
    this.clients = Objects.requireNonNull(clients, "clients");
  }

  /** Begins with the clients, which are not closed here. */
  public static Worker with(AwsClients clients) {
    return new Worker(clients);
  }

  /** What machine is wanted; must be set. */
  public Worker spec(WorkerSpec spec) {
    return once("spec", Objects.requireNonNull(spec, "spec"));
  }

  /**
   * Where the state is kept; {@code .bqx/workers/NAME.json} in the user's home folder if it is not
   * set.
   */
  public Worker stateFile(Path file) {
    return once("stateFile", Objects.requireNonNull(file, "file"));
  }

  /** How time passes; this machine's clock if it is not set. */
  public Worker waiting(Waiting waiting) {
    return once("waiting", Objects.requireNonNull(waiting, "waiting"));
  }

  /** Who hears of decisions and waits; nobody if it is not set. */
  public Worker listener(WorkerListener listener) {
    return once("listener", Objects.requireNonNull(listener, "listener"));
  }

  /** The database, for the preflight; if it is not set, only its port is tried. */
  public Worker database(DataSource dataSource) {
    return once("database", Objects.requireNonNull(dataSource, "dataSource"));
  }

  /** Where {@link #status} asks how far the run is: {@code job::status} of a {@code Phase2}. */
  public Worker ledger(Supplier<JobStatus> ledger) {
    return once("ledger", Objects.requireNonNull(ledger, "ledger"));
  }

  /** Where {@link #status} asks what the machines have cost. */
  public Worker cost(RunningCost cost) {
    return once("cost", Objects.requireNonNull(cost, "cost"));
  }

  /**
   * Adds a gate, or replaces the one of its name; may be called for each of them. The gates {@link
   * Gate#LEDGER_COMPLETE}, {@link Gate#VALIDATION_GREEN} and {@link Gate#EXPORT_VERIFIED} are
   * closed until they are given; {@link Gate#LOGS_ARCHIVED} looks into S3 by itself.
   */
  public Worker gate(Gate gate) {
    gates.add(Objects.requireNonNull(gate, "gate"));
    return this;
  }

  /**
   * Looks at everything that a launch and a run depend on. Changes nothing.
   *
   * @throws BqxException if AWS cannot be asked at all, or there is no such image
   */
  public PreflightReport preflight() {
    return newPreflight().examine(false);
  }

  /**
   * As {@link #preflight}, and adds the one rule by which the database's security group admits the
   * worker, if it is missing; the report says so.
   */
  public PreflightReport preflightAndFix() {
    return newPreflight().examine(true);
  }

  /**
   * The calls that {@link #preflight} would make; nothing is called for that.
   *
   * @param fix whether those of {@link #preflightAndFix} are wanted
   */
  public List<PlannedCall> plannedPreflight(boolean fix) {
    return Preflight.plan(spec(), fix, waiting().now());
  }

  /** The call that {@link #preflightAndFix} would make. */
  public List<PlannedCall> plannedFix() {
    return spec().databaseSecurityGroup().isPresent() ? List.of(newPreflight().fix()) : List.of();
  }

  /**
   * Gets a machine: the one that there is, or else exactly one new one, on the Spot market or
   * On-Demand as the specification allows. Returns when it runs.
   *
   * @throws LaunchException if there is none to be had; nothing is left behind
   * @throws BqxException if AWS cannot be asked; nothing is left behind
   */
  public LaunchReport launch() {
    return new Launcher(clients, spec(), journal(), waiting(), listener()).launch();
  }

  /** The calls that {@link #launch} would make; empty if the machine is there already. */
  public List<PlannedCall> plannedLaunch() {
    Machines machines = machines();
    if (!machines.aliveOf(spec().name()).isEmpty()) {
      return List.of();
    }
    WorkerState state =
        stateFile()
            .read()
            .orElseGet(() -> Rediscovery.stateOf(spec().name(), machines, waiting().now()));
    return Launcher.plan(clients, spec(), state);
  }

  /** The script that the machine runs when it starts. */
  public String userData() {
    return UserData.of(spec(), clients.region(), 1);
  }

  /**
   * Waits until the machine runs, both its status checks pass, and its initialisation is complete.
   *
   * @param bound after how long to give up
   * @throws ReadyException if it does not become ready; it is still there then, and the message
   *     ends with the last lines of its console
   * @throws BqxException if there is no machine
   */
  public Machine awaitReady(Duration bound) {
    Machine machine =
        machine()
            .orElseThrow(
                () -> new BqxException("There is no machine of " + spec() + "; launch it first"));
    return new Readiness(clients, spec(), waiting(), listener()).await(machine.id(), bound);
  }

  /**
   * Watches the run on the machine until everything is done, and replaces machines that are lost:
   * that AWS takes back, that were stopped or are gone, and that run while their job has given no
   * sign of life for too long. The run itself goes on where it stopped. Needs {@link #ledger}.
   *
   * <p>It is over when every stage of every partition is done and the job says in its log that it
   * has ended, or its machine is lost when nothing is left to do. May be called again after it was
   * cut off.
   *
   * @throws SupervisionException if the job failed for good, too many machines were lost, or it
   *     took too long; the message names the machine that is still rented
   * @throws LaunchException if there is no other machine to be had; nothing is left behind
   * @throws ReadyException if another machine does not become ready; it is still there
   * @throws BqxException if there is no machine to watch
   */
  public SupervisionReport supervise(SupervisionPolicy policy) {
    return supervise(policy, journal());
  }

  private SupervisionReport supervise(SupervisionPolicy policy, Journal journal) {
    return new Supervisor(clients, spec(), policy, ledgerOfRun(), journal, waiting(), listener())
        .supervise();
  }

  /**
   * Does everything from the preflight to the report: looks, puts {@code bqx.jar} into S3, launches
   * the machine, waits for it, watches the run and replaces machines that are lost, validates,
   * exports, verifies the export, waits for the log, gives the machine back past its gates, and
   * writes the report. Needs {@link #ledger}; the costs of the report need {@link #cost}.
   *
   * <p>Validation and export are made here, not on the machine, which stays rented meanwhile. Every
   * step is recorded. A run that was cut off, or that stopped at a step, may be started again and
   * goes on there; one that is complete does nothing.
   *
   * @throws TerminationRefusedException if the word was not given; nothing was done
   * @throws WorkerRunException if a step failed; the message names what is still rented
   * @throws BqxException if a gate has nothing that could open it; nothing was done
   */
  public WorkerRunReport run(RunOrder order) {
    Journal journal = journal();
    Supplier<JobStatus> ledger = ledgerOfRun();
    return new WorkerRunner(
            clients,
            spec(),
            order,
            new WorkerRunner.Parts(
                newPreflight()::examine,
                () -> new Launcher(clients, spec(), journal, waiting(), listener()).launch(),
                () -> supervise(order.supervision(), journal),
                gates -> terminatorOf(gates, ledger, journal),
                () -> machines(journal.state())),
            journal,
            waiting(),
            listener())
        .run();
  }

  private Terminator terminatorOf(List<Gate> ofRun, Supplier<JobStatus> ledger, Journal journal) {
    List<Gate> all = new ArrayList<>(List.of(Gate.ledgerComplete(ledger)));
    all.addAll(ofRun);
    all.addAll(gates);
    return new Terminator(clients, spec(), all, journal, waiting(), listener());
  }

  /** The calls of {@link #run} that would change something, in order, as things are now. */
  public List<PlannedCall> plannedRun(RunOrder order) {
    List<PlannedCall> calls = new ArrayList<>();
    WorkerState state = journal().state();
    if (state.has(RunStep.TERMINATE)) {
      return calls;
    }
    if (machines().aliveOf(spec().name()).isEmpty()) {
      if (order.isAccessFixed()) {
        calls.addAll(plannedFix());
      }
      new JarUpload(clients.s3(), spec().job(), order.jar()).plan().ifPresent(calls::add);
      calls.addAll(plannedLaunch());
      calls.add(
          PlannedCall.of(
              "ec2",
              Machines.termination("(the machine)"),
              "when its job is done and all gates are open"));
    } else {
      calls.addAll(plannedTermination(order.termination()));
    }
    return calls;
  }

  /** The machines so far, with what they cost if {@link #cost} is set, for a report. */
  public List<MachineUse> machinesUsed() {
    return machines(journal().state());
  }

  private List<MachineUse> machines(WorkerState state) {
    MachineTimes times = times(state);
    return state.attempts().stream()
        .filter(attempt -> attempt.launched().isPresent())
        .map(
            attempt -> {
              MachineTime time = times.of(attempt, waiting().now());
              return new MachineUse(
                  attempt.instance().orElseThrow(),
                  attempt.market()
                      + " "
                      + attempt.instanceType()
                      + attempt.zone().map(zone -> " in " + zone).orElse(""),
                  time.started(),
                  time.ended(),
                  costOf(attempt, time).map(Usd::amount),
                  state.interruptionOf(attempt).map(WorkerInterruption::reason));
            })
        .toList();
  }

  @SuppressWarnings("unchecked")
  private Supplier<JobStatus> ledgerOfRun() {
    return get("ledger", Supplier.class)
        .orElseThrow(() -> new IllegalStateException("The ledger is not set; call ledger"));
  }

  /** How the worker stands. */
  public WorkerStatus status() {
    Optional<Machine> machine = machine();
    WorkerState state = journal().state();
    return new WorkerStatus(
        machine,
        machine
            .filter(found -> found.is(InstanceStateName.RUNNING))
            .map(found -> Duration.between(found.launched(), waiting().now()))
            .filter(age -> !age.isNegative())
            .orElse(Duration.ZERO),
        cost(state),
        get("ledger", Supplier.class).map(ledger -> LedgerProgress.of((JobStatus) ledger.get())),
        state
            .lastMachine()
            .flatMap(Attempt::instance)
            .map(id -> new ShippedLogs(clients.s3(), spec()).lastLines(id, LAST_LINES))
            .orElse(List.of()),
        state);
  }

  /**
   * The calls of AWS that {@link #status} would make with prices of AWS, as far as the state file
   * tells of machines; nothing is called for that.
   */
  public List<PlannedCall> plannedStatus() {
    String name = spec().name();
    List<PlannedCall> calls = new ArrayList<>();
    calls.add(PlannedCall.of("ec2", Machines.search(name)));
    WorkerState state = stateFile().read().orElseGet(() -> WorkerState.empty(name));
    state
        .lastMachine()
        .flatMap(Attempt::instance)
        .map(new ShippedLogs(clients.s3(), spec())::lookAtEnd)
        .ifPresent(log -> calls.add(PlannedCall.of("s3", log)));
    calls.add(PlannedCall.of("ec2", Machines.spotSearch(name)));
    state.attempts().stream()
        .filter(attempt -> attempt.launched().isPresent())
        .map(Worker::priceOf)
        .forEach(calls::add);
    return calls;
  }

  private static PlannedCall priceOf(Attempt machine) {
    return machine.market() == Market.SPOT
        ? new PlannedCall(
            "ec2:DescribeSpotPriceHistory",
            String.format(
                Locale.ROOT,
                "%s in %s since %s",
                machine.instanceType(),
                machine.zone().orElse("its zone"),
                machine.launched().orElseThrow()),
            "")
        : new PlannedCall("pricing:GetProducts", machine.instanceType() + " On-Demand", "");
  }

  private Optional<Usd> costOf(Attempt machine, MachineTime time) {
    Optional<RunningCost> cost = get("cost", RunningCost.class);
    return cost.flatMap(known -> known.of(machine, time));
  }

  private Optional<Usd> cost(WorkerState state) {
    return get("cost", RunningCost.class).flatMap(cost -> cost(state, cost));
  }

  private Optional<Usd> cost(WorkerState state, RunningCost cost) {
    MachineTimes times = times(state);
    return state.attempts().stream()
        .filter(attempt -> attempt.launched().isPresent())
        .map(attempt -> cost.of(attempt, times.of(attempt, waiting().now())))
        .reduce(Optional.of(Usd.ZERO), (sum, next) -> sum.flatMap(total -> next.map(total::plus)));
  }

  private MachineTimes times(WorkerState state) {
    return MachineTimes.of(spec(), machines(), state);
  }

  /** How the gates stand now, in their order; those that the order skips are not looked at. */
  public List<GateResult> gates(TerminationOrder order) {
    return terminator().gates(order);
  }

  /**
   * Terminates the machine and waits until AWS says that it is gone; cancels its Spot request and
   * says what is left over. If there is no machine, looks for leftovers only.
   *
   * @throws TerminationRefusedException if a gate is closed or the word was not given; nothing was
   *     done
   * @throws BqxException if AWS does not answer, or the machine does not end; the message says so
   */
  public TerminationReport terminate(TerminationOrder order) {
    return terminator().terminate(order);
  }

  /** The calls that {@link #terminate} would make if all gates were open. */
  public List<PlannedCall> plannedTermination(TerminationOrder order) {
    return terminator().plan(order);
  }

  /** The machine that lives, else the last one that AWS still shows. */
  private Optional<Machine> machine() {
    List<Machine> all = machines().ofWorker(spec().name());
    return all.stream()
        .filter(Machine::isAlive)
        .findFirst()
        .or(() -> all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1)));
  }

  private Terminator terminator() {
    return new Terminator(clients, spec(), gates, journal(), waiting(), listener());
  }

  private Preflight newPreflight() {
    return new Preflight(clients, spec(), get("database", DataSource.class), waiting());
  }

  private Machines machines() {
    return new Machines(clients.ec2());
  }

  private Journal journal() {
    return Journal.open(spec().name(), stateFile(), machines(), waiting(), listener());
  }

  private StateFile stateFile() {
    String name = spec().name();
    return new StateFile(
        get("stateFile", Path.class).orElseGet(() -> StateFile.defaultFor(name)), name);
  }

  private WorkerSpec spec() {
    return get("spec", WorkerSpec.class)
        .orElseThrow(() -> new IllegalStateException("The specification is not set; call spec"));
  }

  private Waiting waiting() {
    return get("waiting", Waiting.class).orElseGet(Waiting::system);
  }

  private WorkerListener listener() {
    return get("listener", WorkerListener.class).orElseGet(() -> new WorkerListener() {});
  }

  private Worker once(String setting, Object value) {
    Object before = set.putIfAbsent(setting, value);
    if (before != null) {
      throw new IllegalStateException(setting + " was already set to " + before);
    }
    return this;
  }

  private <T> Optional<T> get(String setting, Class<T> type) {
    return Optional.ofNullable(type.cast(set.get(setting)));
  }
}
