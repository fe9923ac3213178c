package io.bqx.aws.worker;

import io.bqx.aws.AwsCallException;
import io.bqx.aws.AwsClients;
import io.bqx.aws.Waiting;
import io.bqx.aws.worker.SupervisionException.Reason;
import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import io.bqx.core.ledger.ClaimInfo;
import io.bqx.core.run.JobStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;

/**
 * Watches a run on a rented machine until everything is done, and replaces machines that are lost.
 *
 * <p>What the job does it tells by the ledger and by the end that its machine writes down; what the
 * machine does AWS tells. A look that neither AWS nor the database answers counts as no look.
 */
final class Supervisor {

  private static final Duration ANNOUNCED_INTERVAL = Duration.ofSeconds(5);
  private static final Duration END_INTERVAL = Duration.ofSeconds(5);
  private static final Duration END_BOUND = Duration.ofMinutes(10);
  private static final Duration NO_CAPACITY_PAUSE = Duration.ofMinutes(5);
  private static final int SHOWN_LINES = 5;

  private final AwsClients clients;
  private final WorkerSpec spec;
  private final SupervisionPolicy policy;
  private final Supplier<JobStatus> ledger;
  private final Machines machines;
  private final ShippedLogs logs;
  private final Journal journal;
  private final Waiting waiting;
  private final WorkerListener listener;
  private final Poll poll;

  private Instant begun;
  private Instant lastSign;
  private int lastDone = -1;
  private String announced = "";

  Supervisor(
      AwsClients clients,
      WorkerSpec spec,
      SupervisionPolicy policy,
      Supplier<JobStatus> ledger,
      Journal journal,
      Waiting waiting,
      WorkerListener listener) {
    this.clients = clients;
    this.spec = spec;
    this.policy = policy;
    this.ledger = ledger;
    this.machines = new Machines(clients.ec2());
    this.logs = new ShippedLogs(clients.s3(), spec);
    this.journal = journal;
    this.waiting = waiting;
    this.listener = listener;
    this.poll = new Poll(waiting, listener);
  }

  /** What one look saw; the end of the job was looked at before the ledger. */
  private record Look(
      Attempt attempt, Optional<Machine> machine, Optional<JobEnd> end, JobStatus status) {

    LedgerProgress progress() {
      return LedgerProgress.of(status);
    }

    boolean isRunning() {
      return machine
          .filter(
              found -> found.is(InstanceStateName.RUNNING) || found.is(InstanceStateName.PENDING))
          .isPresent();
    }

    boolean isAnybodyAtWork() {
      return status.claims().stream().anyMatch(claim -> !claim.expired());
    }
  }

  SupervisionReport supervise() {
    begun = waiting.now();
    lastSign = begun;
    requireMachine();
    Duration bound = policy.bound().orElse(spec.maxRunTime());
    while (true) {
      Optional<Look> look = look();
      if (look.isPresent()) {
        Optional<SupervisionReport> end = judge(look.get());
        if (end.isPresent()) {
          return end.get();
        }
      }
      Duration elapsed = Duration.between(begun, waiting.now());
      if (elapsed.compareTo(bound) >= 0) {
        throw new SupervisionException(
            Reason.TIME_SPENT,
            String.format(
                Locale.ROOT,
                "%s is not done after %d minutes%s. %s. Supervise it again, or terminate it",
                spec,
                bound.toMinutes(),
                look.map(seen -> ": " + seen.progress()).orElse(""),
                rented()));
      }
      listener.waiting(
          look.map(seen -> words(seen)).orElse("AWS and the database to answer"), elapsed, bound);
      waiting.pause(
          announced.isEmpty() || policy.interval().compareTo(ANNOUNCED_INTERVAL) < 0
              ? policy.interval()
              : ANNOUNCED_INTERVAL);
    }
  }

  private String words(Look look) {
    return "the job on "
        + look.attempt().instance().orElse("its machine")
        + ": "
        + look.progress()
        + (look.isAnybodyAtWork() ? "" : ", nobody at work");
  }

  /** A run that was cut off while it was replacing a machine goes on with that. */
  private void requireMachine() {
    WorkerState state = journal.state();
    Optional<Attempt> last = state.lastMachine();
    List<String> alive = machines.aliveOf(spec.name()).stream().map(Machine::id).toList();
    if (!alive.isEmpty()) {
      if (last.flatMap(Attempt::instance).filter(alive::contains).isEmpty()) {
        launch();
      }
      return;
    }
    boolean lost = last.flatMap(state::interruptionOf).isPresent();
    boolean asked = state.last().filter(at -> at.phase() == Attempt.Phase.REQUESTED).isPresent();
    boolean ended = last.filter(at -> at.phase() == Attempt.Phase.ENDED).isPresent();
    if (asked || lost && !LedgerProgress.of(ledger.get()).isComplete()) {
      replace();
    } else if (last.isEmpty() || ended && !lost) {
      throw new BqxException("There is no machine of " + spec + "; launch it first");
    }
  }

  private Optional<Look> look() {
    try {
      Attempt attempt = journal.state().lastMachine().orElseThrow();
      String id = attempt.instance().orElseThrow();
      Optional<Machine> machine = machines.find(id);
      Optional<JobEnd> end = logs.end(id);
      JobStatus status = ledger.get();
      if (machine.isPresent() || machines.aliveOf(spec.name()).isEmpty()) {
        return Optional.of(new Look(attempt, machine, end, status));
      }
    } catch (CancelledException e) {
      throw e;
    } catch (AwsCallException e) {
      if (!e.isPassing()) {
        throw e;
      }
      listener.waiting(e.getMessage(), Duration.ZERO, policy.interval());
    } catch (BqxException e) {
      listener.waiting(e.getMessage(), Duration.ZERO, policy.interval());
    }
    lastSign = waiting.now();
    return Optional.empty();
  }

  /** What a look means; the report if everything is done. */
  private Optional<SupervisionReport> judge(Look look) {
    noteSigns(look);
    LedgerProgress progress = look.progress();
    if (progress.isComplete() && isOver(look)) {
      if (look.machine().filter(Machine::isAlive).isEmpty()) {
        recordLoss(look);
      }
      journal.decide("The job is done: %s", progress);
      return Optional.of(
          new SupervisionReport(
              look.machine().filter(Machine::isAlive), progress, journal.state()));
    }
    if (!look.isRunning()) {
      recordLoss(look);
      end(look);
      replace();
      return Optional.empty();
    }
    noteAnnouncement(look);
    requireThatTheJobMayGoOn(look);
    if (isHung(look)) {
      recordLoss(look);
      end(look);
      replace();
    }
    return Optional.empty();
  }

  private boolean isOver(Look look) {
    return !look.isRunning()
        || look.end().filter(JobEnd::isSuccess).isPresent()
        || look.end().isEmpty() && isHung(look);
  }

  private boolean isHung(Look look) {
    return !look.isAnybodyAtWork() && silence().compareTo(policy.hungAfter()) >= 0;
  }

  private Duration silence() {
    return Duration.between(lastSign, waiting.now());
  }

  private void noteSigns(Look look) {
    Instant now = waiting.now();
    LedgerProgress progress = look.progress();
    boolean advanced = lastDone >= 0 && progress.done() > lastDone;
    lastDone = progress.done();
    Optional<Instant> sign = advanced ? Optional.of(now) : progress.heartbeatAge().map(now::minus);
    sign.filter(at -> at.isAfter(lastSign)).ifPresent(at -> lastSign = at);
    boolean ofThisMachine =
        sign.filter(at -> at.isAfter(look.attempt().launched().orElse(Instant.MAX))).isPresent();
    if (look.isRunning() && (ofThisMachine || progress.isComplete())) {
      journal.state().interruptions().stream()
          .filter(interruption -> interruption.resumed().isEmpty())
          .filter(interruption -> interruption.machine() != look.attempt().number())
          .toList()
          .forEach(interruption -> journal.record(interruption.resumedAt(now)));
    }
  }

  private void noteAnnouncement(Look look) {
    Machine machine = look.machine().orElseThrow();
    String status = spotStatus(look.attempt(), look.machine()).orElse("");
    if (status.startsWith("marked-for-") && !announced.equals(machine.id())) {
      announced = machine.id();
      journal.decide("AWS is about to take %s back (%s)", machine.id(), status);
    }
  }

  private Optional<String> spotStatus(Attempt attempt, Optional<Machine> machine) {
    return machine
        .flatMap(Machine::spotRequest)
        .or(attempt::spotRequest)
        .flatMap(machines::spotStatus);
  }

  private void requireThatTheJobMayGoOn(Look look) {
    if (look.end().isEmpty() || look.isAnybodyAtWork()) {
      return;
    }
    JobEnd end = look.end().get();
    if (end.isSuccess()) {
      throw new SupervisionException(
          Reason.OTHER_WORK,
          String.format(
              Locale.ROOT,
              "The job on %s ended (%s), but %s. It was asked for something else than what is"
                  + " supervised: compare job.arguments of the specification with the months. %s",
              look.machine().orElseThrow().id(),
              end,
              look.progress(),
              rented()));
    }
    boolean past = Duration.between(end.at(), waiting.now()).compareTo(policy.failedAfter()) >= 0;
    if (end.isBadUsage() || past && !lastSign.isAfter(end.at())) {
      String id = look.machine().orElseThrow().id();
      throw new SupervisionException(
          Reason.JOB_FAILED,
          String.format(
              Locale.ROOT,
              "The job on %s has failed (%s), and the machine does not start it again. %s. The end"
                  + " of its log:%n%s",
              id,
              end,
              rented(),
              String.join("\n", logs.lastLines(id, SHOWN_LINES))));
    }
  }

  /** What is still paid for, in a sentence without a full stop. */
  private String rented() {
    List<Machine> alive = machines.aliveOf(spec.name());
    return alive.isEmpty()
        ? "No machine is rented"
        : String.format(
            Locale.ROOT,
            "%s is still rented, at most until it shuts itself down %d hours after its start",
            alive.stream().map(Machine::id).collect(Collectors.joining(", ")),
            spec.maxRunTime().toHours());
  }

  /** Once per machine, however often it is looked at. */
  private void recordLoss(Look look) {
    Attempt attempt = look.attempt();
    if (journal.state().interruptionOf(attempt).isPresent()) {
      return;
    }
    Instant now = waiting.now();
    Optional<String> spot = spotStatus(attempt, look.machine());
    Optional<String> state = look.machine().flatMap(Machine::stateReason);
    boolean takenBack =
        Stream.concat(spot.stream(), state.stream()).anyMatch(MachineTimes::isTakenBack);
    journal.record(
        new WorkerInterruption(
            attempt.number(),
            attempt.instance().orElseThrow(),
            now,
            reason(look, spot, state),
            takenBack,
            look.progress().heartbeatAge().map(now::minus),
            look.progress().done(),
            unfinished(look.status()),
            Optional.empty()));
    if (!look.isRunning()) {
      journal.record(attempt.endedAt(now));
    }
    journal.decide(
        "%s is lost: %s; %s",
        attempt.instance().orElseThrow(),
        journal.state().interruptionOf(attempt).orElseThrow().reason(),
        look.progress());
  }

  private String reason(Look look, Optional<String> spot, Optional<String> state) {
    if (look.machine().isEmpty()) {
      return "AWS does not know it any more";
    }
    if (look.isRunning()) {
      return String.format(
          Locale.ROOT,
          "it runs, but its job has given no sign of life for %d minutes",
          silence().toMinutes());
    }
    return look.machine().get().state()
        + Stream.concat(
                spot.filter(code -> code.startsWith("instance-")).stream(),
                state.filter(code -> !code.isBlank()).stream())
            .findFirst()
            .map(code -> ", " + code)
            .orElse("");
  }

  private static int unfinished(JobStatus status) {
    Set<YearMonth> held =
        status.claims().stream().map(ClaimInfo::month).collect(Collectors.toSet());
    return status.stages().stream()
        .filter(stage -> held.contains(stage.month()))
        .mapToInt(stage -> stage.failed() + stage.running() + stage.remaining())
        .sum();
  }

  /** A machine that hangs or was stopped still costs money, and keeps another from coming. */
  private void end(Look look) {
    Optional<Machine> alive = look.machine().filter(Machine::isAlive);
    if (alive.isEmpty()) {
      return;
    }
    String id = alive.get().id();
    machines.terminate(id);
    journal.decide("Terminating %s", id);
    boolean ended =
        poll.until(
                () -> id + " to end",
                END_INTERVAL,
                END_BOUND,
                () ->
                    Optional.of(machines.find(id).filter(Machine::isAlive).isEmpty())
                        .filter(gone -> gone))
            .isPresent();
    if (!ended) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "%s was lost and its termination ordered, but it is still there %d minutes later. It"
                  + " may still cost money: terminate it, or turn to AWS; then supervise again",
              id,
              END_BOUND.toMinutes()));
    }
    journal.record(look.attempt().endedAt(waiting.now()));
  }

  private void replace() {
    while (true) {
      requireRelaunch();
      Machine machine = launch();
      lastSign = waiting.now();
      announced = "";
      try {
        new Readiness(clients, spec, waiting, listener).await(machine.id(), policy.readyWithin());
        lastSign = waiting.now();
        journal.decide("%s is ready; the run goes on there", machine.id());
        return;
      } catch (ReadyException e) {
        Optional<Machine> found = machines.find(machine.id());
        if (found.filter(Machine::isAlive).isPresent()) {
          throw e;
        }
        recordLoss(
            new Look(
                journal.state().lastMachine().orElseThrow(),
                found,
                Optional.empty(),
                ledger.get()));
      }
    }
  }

  private void requireRelaunch() {
    int lost = journal.state().interruptions().size();
    if (lost > policy.relaunches()) {
      throw new SupervisionException(
          Reason.RELAUNCHES_SPENT,
          String.format(
              Locale.ROOT,
              "%s has lost %d machines, the last one because: %s. No other is launched, because %d"
                  + " relaunches are allowed. No machine is rented. What is done stays done: allow"
                  + " more of them, or rent On-Demand",
              spec,
              lost,
              journal.state().interruptions().get(lost - 1).reason(),
              policy.relaunches()));
    }
  }

  /** Where there is no machine to be had now, there may be one later. */
  private Machine launch() {
    Duration bound = policy.bound().orElse(spec.maxRunTime());
    while (true) {
      try {
        return new Launcher(clients, spec, journal, waiting, listener).launch().machine();
      } catch (LaunchException e) {
        Duration elapsed = Duration.between(begun, waiting.now());
        if (!e.isForLackOfCapacity() || elapsed.compareTo(bound) >= 0) {
          throw e;
        }
        journal.decide(
            "There is no machine to be had; trying again in %d minutes",
            NO_CAPACITY_PAUSE.toMinutes());
        listener.waiting("a machine to be had", elapsed, bound);
        waiting.pause(NO_CAPACITY_PAUSE);
      }
    }
  }
}
