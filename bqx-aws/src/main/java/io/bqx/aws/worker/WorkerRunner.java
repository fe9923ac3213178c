package io.bqx.aws.worker;

import io.bqx.aws.AwsClients;
import io.bqx.aws.Waiting;
import io.bqx.core.BqxException;
import io.bqx.core.export.ExportReport;
import io.bqx.core.export.ExportVerification;
import io.bqx.core.export.ParquetExport;
import io.bqx.core.report.CompletionReport;
import io.bqx.core.report.MachineUse;
import io.bqx.core.validation.ValidationReport;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Makes the steps of a run on a rented machine, one after the other.
 *
 * <p>Each step is written down when it begins and when it is complete. What has rented or watched a
 * machine is not done again by a run that goes on; what only looks or writes what is missing is.
 */
final class WorkerRunner {

  private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);
  private static final Duration LOG_BOUND = Duration.ofMinutes(10);

  private final AwsClients clients;
  private final WorkerSpec spec;
  private final RunOrder order;
  private final Parts parts;
  private final Machines machines;
  private final Journal journal;
  private final Waiting waiting;
  private final WorkerListener listener;

  /**
   * What a worker can do by itself.
   *
   * @param preflight looks, and fixes if it is told to
   * @param launcher gets the machine
   * @param supervisor watches the run
   * @param terminator makes the gates of the validation
   * @param machines what the machines were and cost
   */
  record Parts(
      Function<Boolean, PreflightReport> preflight,
      Supplier<LaunchReport> launcher,
      Supplier<SupervisionReport> supervisor,
      Function<List<Gate>, Terminator> terminator,
      Supplier<List<MachineUse>> machines) {}

  WorkerRunner(
      AwsClients clients,
      WorkerSpec spec,
      RunOrder order,
      Parts parts,
      Journal journal,
      Waiting waiting,
      WorkerListener listener) {
    this.clients = clients;
    this.spec = spec;
    this.order = order;
    this.parts = parts;
    this.machines = new Machines(clients.ec2());
    this.journal = journal;
    this.waiting = waiting;
    this.listener = listener;
  }

  WorkerRunReport run() {
    if (journal.state().has(RunStep.TERMINATE)) {
      journal.decide(
          "The run of %s was done and its machine given back before; nothing is rented. For"
              + " another run give the worker another name",
          spec);
      Optional<ValidationReport> validation = isReported() ? Optional.empty() : validate();
      return new WorkerRunReport(
          validation,
          Optional.empty(),
          isReported() ? List.of() : report(validation),
          journal.state());
    }
    requireGates();
    if (!order.termination().isConfirmed()) {
      throw new TerminationRefusedException(
          String.format(
              Locale.ROOT,
              "%s is not run: at its end the machine is terminated, and the word %s was not given."
                  + " Nothing was rented",
              spec,
              TerminationOrder.CONFIRMATION),
          List.of());
    }
    if (!journal.state().has(RunStep.SUPERVISE)) {
      work();
    }
    Optional<ValidationReport> validation = validate();
    export();
    archiveLogs();
    TerminationReport termination = terminate(validation);
    return new WorkerRunReport(
        validation, Optional.of(termination), report(validation), journal.state());
  }

  private boolean isReported() {
    return order.report().isEmpty() || journal.state().has(RunStep.REPORT);
  }

  /** Before anything is rented, so that no machine waits behind a gate that nothing can open. */
  private void requireGates() {
    List<String> without = new ArrayList<>();
    if (order.validation().isEmpty()) {
      without.add(Gate.VALIDATION_GREEN);
    }
    if (order.export().isEmpty()) {
      without.add(Gate.EXPORT_VERIFIED);
    }
    without.removeAll(order.termination().skipped().keySet());
    if (!without.isEmpty()) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "%s is not run: nothing was named that could open %s. Name it, or skip the gate and"
                  + " say why",
              spec,
              String.join(" and ", without)));
    }
  }

  private void work() {
    if (!journal.state().has(RunStep.LAUNCH) || wasGivenBack()) {
      if (machines.aliveOf(spec.name()).isEmpty()) {
        step(RunStep.PREFLIGHT, this::preflight, result -> result);
        step(
            RunStep.UPLOAD,
            () -> new JarUpload(clients.s3(), spec.job(), order.jar()).upload(),
            result -> result);
      }
      step(
          RunStep.LAUNCH,
          parts.launcher(),
          launched -> launched.machine().id() + (launched.alreadyThere() ? " was there" : " runs"));
    }
    if (!machines.aliveOf(spec.name()).isEmpty()) {
      step(RunStep.AWAIT_READY, this::awaitReady, result -> result);
    }
    step(RunStep.SUPERVISE, parts.supervisor(), watched -> watched.progress().toString());
  }

  /** By somebody, before the run was over; not by AWS. */
  private boolean wasGivenBack() {
    WorkerState state = journal.state();
    return machines.aliveOf(spec.name()).isEmpty()
        && state
            .lastMachine()
            .filter(last -> last.phase() == Attempt.Phase.ENDED)
            .filter(last -> state.interruptionOf(last).isEmpty())
            .isPresent();
  }

  private String preflight() {
    PreflightReport report = parts.preflight().apply(order.isAccessFixed());
    List<PreflightCheck> failed = report.with(PreflightCheck.Verdict.FAIL);
    List<PreflightCheck> warned = report.with(PreflightCheck.Verdict.WARN);
    if (!failed.isEmpty()) {
      throw new BqxException(
          "The preflight failed: "
              + failed.stream()
                  .map(check -> check.name() + ", " + check.remedy())
                  .collect(Collectors.joining("; ")));
    }
    warned.forEach(
        check -> journal.decide("Preflight warns of %s: %s", check.name(), check.found()));
    return String.format(
        Locale.ROOT,
        "%d checks passed, %d warnings",
        report.with(PreflightCheck.Verdict.PASS).size(),
        warned.size());
  }

  /** A machine that is lost before it is ready is the supervisor's to replace. */
  private String awaitReady() {
    String id = machines.aliveOf(spec.name()).get(0).id();
    try {
      new Readiness(clients, spec, waiting, listener).await(id, order.supervision().readyWithin());
      return id + " is ready";
    } catch (ReadyException e) {
      if (machines.find(id).filter(Machine::isAlive).isPresent()) {
        throw e;
      }
      return id + " was lost before it was ready";
    }
  }

  private Optional<ValidationReport> validate() {
    return order
        .validation()
        .map(
            validation ->
                step(
                    RunStep.VALIDATE,
                    () -> {
                      ValidationReport report = validation.get();
                      Gate.State state = Gate.validationGreen(() -> report).look();
                      if (!state.open()) {
                        throw new BqxException("The validation is not green: " + state.reason());
                      }
                      return report;
                    },
                    report -> Gate.validationGreen(() -> report).look().reason()));
  }

  private void export() {
    if (order.export().isEmpty()) {
      return;
    }
    ParquetExport export = order.export().get();
    if (export.unverified().isEmpty()) {
      return;
    }
    step(
        RunStep.EXPORT,
        () -> {
          ExportReport report = export.run();
          requireNone("exported", report.failures().stream().map(Object::toString).toList());
          return report;
        },
        report -> count(report.manifest().files().size()));
    step(
        RunStep.VERIFY,
        () -> {
          ExportVerification found = export.verify();
          List<String> wrong =
              new ArrayList<>(found.failures().stream().map(Object::toString).toList());
          found.foreign().forEach(name -> wrong.add(name + " belongs to no export"));
          requireNone("verified", wrong);
          return found;
        },
        found -> count(found.files()));
  }

  private static String count(long files) {
    return String.format(Locale.ROOT, "%,d files", files);
  }

  private static void requireNone(String what, List<String> failures) {
    if (!failures.isEmpty()) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "%d files could not be %s, the first one: %s",
              failures.size(),
              what,
              failures.get(0)));
    }
  }

  /** The machine writes its log's end when the job has ended, and copies it. */
  private void archiveLogs() {
    if (order.termination().skipped().containsKey(Gate.LOGS_ARCHIVED)) {
      return;
    }
    ShippedLogs logs = new ShippedLogs(clients.s3(), spec);
    Optional<String> alive = machines.aliveOf(spec.name()).stream().map(Machine::id).findFirst();
    step(
        RunStep.ARCHIVE_LOGS,
        () ->
            alive
                .map(
                    id ->
                        new Poll(waiting, listener)
                            .until(
                                () -> "the log of " + id + " in S3",
                                LOG_INTERVAL,
                                LOG_BOUND,
                                () -> Optional.of(logs.archived(id)).filter(Gate.State::open))
                            .orElseThrow(() -> new BqxException(logs.archived(id).reason()))
                            .reason())
                .orElse("no machine is there whose log could still come"),
        result -> result);
  }

  private TerminationReport terminate(Optional<ValidationReport> validation) {
    List<Gate> gates = new ArrayList<>();
    validation.ifPresent(found -> gates.add(Gate.validationGreen(() -> found)));
    order.export().ifPresent(export -> gates.add(Gate.exportVerified(export::unverified)));
    return step(
        RunStep.TERMINATE,
        () ->
            parts
                .terminator()
                .apply(gates)
                .terminate(order.termination().confirmedBy(TerminationOrder.CONFIRMATION)),
        report ->
            report.leftovers().isEmpty()
                ? "nothing is left over"
                : "left over: " + String.join(", ", report.leftovers()));
  }

  private List<Path> report(Optional<ValidationReport> validation) {
    return order
        .report()
        .map(
            reader ->
                step(
                    RunStep.REPORT,
                    () -> {
                      CompletionReport read = reader.get().onMachines(parts.machines().get());
                      return order.reportFolder().write(validation.map(read::with).orElse(read));
                    },
                    files -> files.stream().map(Path::toString).collect(Collectors.joining(", "))))
        .orElse(List.of());
  }

  private <T> T step(RunStep step, Supplier<T> work, Function<T, String> result) {
    Instant started = waiting.now();
    journal.record(new StepRecord(step, started, Optional.empty(), "begun"));
    T done;
    try {
      done = work.get();
    } catch (BqxException e) {
      recordFailure(new StepRecord(step, started, Optional.empty(), e.getMessage()));
      throw new WorkerRunException(step, message(step, e), e);
    }
    String words = result.apply(done);
    journal.record(new StepRecord(step, started, Optional.of(waiting.now()), words));
    journal.decide("Step %s is complete: %s", step, words);
    return done;
  }

  /** With the thread's interrupt flag put aside: with it, no file can be written. */
  private void recordFailure(StepRecord failed) {
    boolean interrupted = Thread.interrupted();
    try {
      journal.record(failed);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** What is rented is told from what is written down: AWS may be what does not answer. */
  private String message(RunStep step, BqxException failure) {
    String rented =
        journal
            .state()
            .lastMachine()
            .filter(last -> last.phase() != Attempt.Phase.ENDED)
            .flatMap(Attempt::instance)
            .map(
                id ->
                    String.format(
                        Locale.ROOT,
                        "%s is rented, at most until it shuts itself down %d hours after its"
                            + " start: repeat the command to go on, or terminate it",
                        id,
                        spec.maxRunTime().toHours()))
            .orElse("Nothing is rented; repeat the command to go on");
    return String.format(
        Locale.ROOT,
        "The run of %s stopped at the step %s: %s%n%s",
        spec,
        step,
        failure.getMessage(),
        rented);
  }
}
