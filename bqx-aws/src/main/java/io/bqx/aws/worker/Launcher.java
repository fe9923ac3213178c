package io.bqx.aws.worker;

import io.bqx.aws.AwsCallException;
import io.bqx.aws.AwsClients;
import io.bqx.aws.Waiting;
import io.bqx.aws.cost.Market;
import io.bqx.core.BqxException;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ec2.model.RunInstancesRequest;

/** Gets a machine for a worker: the one that there is, or exactly one new one. */
final class Launcher {

  /** How long a machine that has been granted may be unknown, and then be pending. */
  private static final Duration PENDING_BOUND = Duration.ofMinutes(5);

  private static final Duration PENDING_INTERVAL = Duration.ofSeconds(3);

  /** How long a machine is looked for that may have been granted without our hearing of it. */
  private static final Duration SWEEP_BOUND = Duration.ofSeconds(60);

  private static final Duration SWEEP_INTERVAL = Duration.ofSeconds(5);
  private static final int THROTTLED_TRIES = 8;
  private static final IntervalFunction THROTTLE_INTERVALS =
      IntervalFunction.ofExponentialRandomBackoff(2_000, 2.0, 0.2, 60_000);
  private static final int MOST_RENEWED_TOKENS = 5;

  private final AwsClients clients;
  private final WorkerSpec spec;
  private final Machines machines;
  private final Journal journal;
  private final Waiting waiting;
  private final Poll poll;

  private final List<String> tried = new ArrayList<>();
  private final Set<String> tokens = new HashSet<>();
  private final Set<String> granted = new HashSet<>();

  Launcher(
      AwsClients clients,
      WorkerSpec spec,
      Journal journal,
      Waiting waiting,
      WorkerListener listener) {
    this.clients = clients;
    this.spec = spec;
    this.machines = new Machines(clients.ec2());
    this.journal = journal;
    this.waiting = waiting;
    this.poll = new Poll(waiting, listener);
  }

  /** The calls that a launch would make now, in order. */
  static List<PlannedCall> plan(AwsClients clients, WorkerSpec spec, WorkerState state) {
    List<PlannedCall> calls = new ArrayList<>();
    Surroundings surroundings = Surroundings.of(clients, spec);
    int number = nextNumber(state);
    LaunchRequests requests =
        new LaunchRequests(spec, surroundings, UserData.of(spec, clients.region(), number));
    for (Candidate candidate : Candidate.of(spec, surroundings.subnets())) {
      calls.add(
          PlannedCall.of(
              "ec2",
              requests.of(candidate, number),
              calls.isEmpty() ? "" : "only if AWS refuses those before"));
    }
    return calls;
  }

  LaunchReport launch() {
    Optional<Machine> there = alreadyThere();
    if (there.isPresent()) {
      return adopted(there.get());
    }
    Surroundings surroundings = Surroundings.of(clients, spec);
    List<Candidate> candidates = Candidate.of(spec, surroundings.subnets());
    try {
      return untilOneIsGranted(surroundings, candidates);
    } catch (RuntimeException e) {
      sweep(e);
      throw e;
    }
  }

  private Optional<Machine> alreadyThere() {
    List<Machine> alive = machines.aliveOf(spec.name());
    if (alive.size() > 1) {
      throw new LaunchException(
          String.format(
              Locale.ROOT,
              "%s has %d machines, %s; terminate all but one of them",
              spec,
              alive.size(),
              String.join(", ", alive.stream().map(Machine::id).toList())),
          "",
          null);
    }
    Optional<Machine> there = alive.stream().findFirst();
    there
        .filter(m -> m.is(InstanceStateName.STOPPED) || m.is(InstanceStateName.STOPPING))
        .ifPresent(
            machine -> {
              throw new LaunchException(
                  String.format(
                      Locale.ROOT,
                      "%s has the machine %s, which is %s: somebody stopped it. Start it, or"
                          + " terminate the worker and launch again",
                      spec,
                      machine.id(),
                      machine.state()),
                  "",
                  null);
            });
    return there;
  }

  private LaunchReport adopted(Machine machine) {
    Attempt attempt =
        journal
            .state()
            .last()
            .filter(last -> last.number() == machine.attempt())
            .orElseGet(() -> attemptOf(machine));
    if (!attempt.instance().equals(Optional.of(machine.id()))
        || attempt.phase() != Attempt.Phase.LAUNCHED) {
      journal.record(attempt.launchedAs(machine));
    }
    journal.decide(
        "Nothing is launched: %s is there already, %s %s, %s since %s",
        machine.id(),
        machine.market(),
        machine.instanceType(),
        machine.state(),
        machine.launched());
    return new LaunchReport(machine, true, journal.state());
  }

  private Attempt attemptOf(Machine machine) {
    Candidate candidate = new Candidate(machine.market(), machine.instanceType(), machine.subnet());
    return requested(candidate, machine.attempt(), machine.image());
  }

  private static int nextNumber(WorkerState state) {
    return state
        .last()
        .map(last -> last.phase() == Attempt.Phase.REQUESTED ? last.number() : last.number() + 1)
        .orElse(1);
  }

  /** A request without a recorded answer is repeated as it was, so that it grants no second one. */
  private static int indexToBegin(WorkerState state, List<Candidate> candidates) {
    return state
        .last()
        .filter(last -> last.phase() == Attempt.Phase.REQUESTED)
        .map(last -> new Candidate(last.market(), last.instanceType(), last.subnet()))
        .map(candidates::indexOf)
        .filter(index -> index >= 0)
        .orElse(0);
  }

  private LaunchReport untilOneIsGranted(Surroundings surroundings, List<Candidate> candidates) {
    int number = nextNumber(journal.state());
    int renewed = 0;
    int index = indexToBegin(journal.state(), candidates);
    journal.save(journal.state().endingAllBut(number, waiting.now()));
    while (index < candidates.size()) {
      Candidate candidate = candidates.get(index);
      Outcome outcome = ask(surroundings, candidate, number);
      if (outcome.machine().isPresent()) {
        return new LaunchReport(outcome.machine().get(), false, journal.state());
      }
      LaunchFailure failure = LaunchFailure.of(outcome.code());
      tried.add(candidate + ": " + outcome.code());
      switch (failure) {
        case CAPACITY, PLACE -> index++;
        case SPOT_LIMIT -> {
          int onDemand = firstOnDemand(candidates, index);
          if (candidate.market() == Market.ON_DEMAND || onDemand < 0) {
            throw stopped(outcome, advice(failure, candidate, outcome.code()));
          }
          index = onDemand;
        }
        case IDEMPOTENCY -> {
          Optional<Machine> there = alreadyThere();
          if (there.isPresent()) {
            return adopted(there.get());
          }
          if (++renewed > MOST_RENEWED_TOKENS) {
            throw stopped(
                outcome, "Its machines are gone; wait an hour until AWS has forgotten them");
          }
          journal.save(journal.state().with(lastEnded()));
          number++;
        }
        default -> throw stopped(outcome, advice(failure, candidate, outcome.code()));
      }
      announceNext(candidates, index, number, candidate, outcome);
    }
    throw LaunchException.forLackOfCapacity(
        String.format(
            Locale.ROOT,
            "No machine for %s: nothing is left to try. Tried: %s. Wait, name more subnets or"
                + " instance types%s",
            spec,
            String.join("; ", tried),
            spec.market() == Market.SPOT && !spec.fallbackToOnDemand()
                ? ", or allow fallback-to-on-demand"
                : ""));
  }

  private static int firstOnDemand(List<Candidate> candidates, int from) {
    for (int index = from; index < candidates.size(); index++) {
      if (candidates.get(index).market() == Market.ON_DEMAND) {
        return index;
      }
    }
    return -1;
  }

  private void announceNext(
      List<Candidate> candidates, int index, int number, Candidate refused, Outcome outcome) {
    journal.decide(
        "AWS does not give %s (%s); %s",
        refused,
        outcome.code(),
        index < candidates.size()
            ? "next is " + candidates.get(index) + ", attempt " + number
            : "nothing is left to try");
  }

  private Attempt lastEnded() {
    return journal.state().last().orElseThrow().endedAt(waiting.now());
  }

  private LaunchException stopped(Outcome outcome, String advice) {
    return new LaunchException(
        String.format(
            Locale.ROOT,
            "No machine for %s: AWS refuses with %s. Tried: %s. %s",
            spec,
            outcome.reason(),
            String.join("; ", tried),
            advice),
        outcome.code(),
        outcome.cause());
  }

  private String advice(LaunchFailure failure, Candidate candidate, String code) {
    return switch (failure) {
      case SPOT_LIMIT ->
          code.equals("SpotMaxPriceTooLow")
              ? "Raise max-price or leave it out, or allow fallback-to-on-demand"
              : "Raise the quota L-34B43A08 (All Standard Spot Instance Requests) of Amazon EC2 in"
                  + " Service Quotas, or allow fallback-to-on-demand";
      case ACCOUNT_QUOTA ->
          String.format(
              Locale.ROOT,
              "The account may not run %s besides what runs: raise the quota L-1216C47A (Running"
                  + " On-Demand Standard instances) of Amazon EC2 in Service Quotas, or terminate"
                  + " something",
              candidate.instanceType());
      case THROTTLE -> "AWS asks for fewer calls: wait some minutes and launch again";
      case CONFIGURATION ->
          "Correct the specification or the permissions; 'bqx worker preflight' says what is"
              + " missing";
      default -> "bqx does not know what this means, and does not guess";
    };
  }

  /** Asks for one candidate and sees it through until it runs or is refused. */
  private Outcome ask(Surroundings surroundings, Candidate candidate, int number) {
    RunInstancesRequest request =
        new LaunchRequests(spec, surroundings, UserData.of(spec, clients.region(), number))
            .of(candidate, number);
    tokens.add(request.clientToken());
    Attempt attempt = requested(candidate, number, surroundings.image().imageId());
    journal.record(attempt);
    journal.decide("Asking for %s, attempt %d", candidate, number);
    Instance instance;
    try {
      instance = grant(request);
    } catch (AwsCallException e) {
      if (e.code().isEmpty()) {
        throw e;
      }
      return Outcome.refused(e.code(), e.getMessage(), e);
    }
    granted.add(instance.instanceId());
    return seenThrough(attempt, candidate, instance.instanceId());
  }

  private Attempt requested(Candidate candidate, int number, String image) {
    return new Attempt(
        number,
        Attempt.Phase.REQUESTED,
        candidate.token(spec.name(), number),
        candidate.market(),
        candidate.instanceType(),
        candidate.subnet(),
        image,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        waiting.now(),
        Optional.empty(),
        Optional.empty());
  }

  /** A throttled request is repeated with its token, waiting longer each time. */
  private Instance grant(RunInstancesRequest request) {
    for (int attempt = 1; ; attempt++) {
      try {
        return Calls.make(
                "Cannot launch a machine for " + spec, () -> clients.ec2().runInstances(request))
            .instances()
            .get(0);
      } catch (AwsCallException e) {
        if (LaunchFailure.of(e.code()) != LaunchFailure.THROTTLE || attempt == THROTTLED_TRIES) {
          throw e;
        }
        Duration pause = Duration.ofMillis(THROTTLE_INTERVALS.apply(attempt));
        journal.decide(
            "AWS asks for fewer calls (%s); the same request again in %d s",
            e.code(), pause.toSeconds());
        waiting.pause(pause);
      }
    }
  }

  private Outcome seenThrough(Attempt attempt, Candidate candidate, String id) {
    Seen seen = new Seen();
    Optional<Machine> settled =
        poll.until(
            () -> id + " to leave the state " + seen.state,
            PENDING_INTERVAL,
            PENDING_BOUND,
            () -> {
              Optional<Machine> machine = machines.find(id);
              seen.state = machine.map(Machine::state).orElse("unknown to AWS");
              return machine.filter(found -> !found.is(InstanceStateName.PENDING));
            });
    Machine machine =
        settled.orElseThrow(
            () ->
                new LaunchException(
                    String.format(
                        Locale.ROOT,
                        "%s was granted, but after %d minutes it is still %s. It is terminated;"
                            + " launch again",
                        id,
                        PENDING_BOUND.toMinutes(),
                        seen.state),
                    "",
                    null));
    if (!machine.isAlive()) {
      granted.remove(id);
      journal.save(journal.state().with(attempt.launchedAs(machine).endedAt(waiting.now())));
      String code = machine.stateReason().orElse("no reason");
      return Outcome.refused(code, id + " ended before it ran: " + code, null);
    }
    return accepted(attempt, candidate, machine);
  }

  private Outcome accepted(Attempt attempt, Candidate candidate, Machine machine) {
    if (machine.market() != candidate.market()
        && !(machine.market() == Market.ON_DEMAND && spec.fallbackToOnDemand())) {
      throw new LaunchException(
          String.format(
              Locale.ROOT,
              "%s was asked for as %s, but AWS gave it as %s, which the specification does not"
                  + " allow. It is terminated",
              machine.id(),
              candidate.market(),
              machine.market()),
          "",
          null);
    }
    Optional<Machine> elder =
        machines.aliveOf(spec.name()).stream()
            .findFirst()
            .filter(first -> !first.id().equals(machine.id()));
    if (elder.isPresent()) {
      machines.terminate(machine.id());
      journal.decide(
          "%s is terminated again: %s was launched before it, by somebody else",
          machine.id(), elder.get().id());
      journal.record(attemptOf(elder.get()).launchedAs(elder.get()));
      return Outcome.granted(elder.get());
    }
    journal.record(attempt.launchedAs(machine));
    journal.decide(
        "%s runs: %s %s in %s%s",
        machine.id(),
        machine.market(),
        machine.instanceType(),
        machine.zone(),
        machine.market() == candidate.market()
            ? ""
            : ", although " + candidate.market() + " was asked for");
    return Outcome.granted(machine);
  }

  /**
   * Terminates whatever this launch has made. The thread's interrupt flag is put aside meanwhile,
   * because AWS cannot be called with it.
   */
  private void sweep(RuntimeException failure) {
    boolean interrupted = Thread.interrupted();
    try {
      boolean answered = !isWithoutAnswer(failure);
      Set<String> gone = new HashSet<>();
      boolean complete =
          poll.until(
                  () -> "AWS to know the machine of the failed launch",
                  SWEEP_INTERVAL,
                  SWEEP_BOUND,
                  () -> Optional.of(takeBack(gone, answered)).filter(done -> done))
              .isPresent();
      List<String> requests = machines.openSpotRequestsOf(spec.name());
      if (!requests.isEmpty()) {
        machines.cancelSpotRequests(requests);
        journal.decide("Cancelled %s of the failed launch", String.join(", ", requests));
      }
      journal.save(journal.state().endingAllBut(0, waiting.now()));
      if (!complete && answered) {
        throw new BqxException("AWS does not know " + String.join(", ", granted) + " yet");
      }
    } catch (BqxException e) {
      throw uncertain(failure, e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Whether everything is terminated that is known or must be expected. */
  private boolean takeBack(Set<String> gone, boolean answered) {
    Set<String> present = new HashSet<>(granted);
    machines.instancesOf(spec.name()).stream()
        .filter(instance -> tokens.contains(instance.clientToken()))
        .map(Machine::of)
        .filter(Machine::isAlive)
        .forEach(machine -> present.add(machine.id()));
    present.removeAll(gone);
    for (String id : present) {
      if (machines.terminate(id)) {
        gone.add(id);
        journal.decide("Terminated %s of the failed launch", id);
      }
    }
    return gone.containsAll(granted) && (answered || !gone.isEmpty());
  }

  private LaunchException uncertain(RuntimeException failure, BqxException doubt) {
    LaunchException uncertain =
        new LaunchException(
            String.format(
                Locale.ROOT,
                "%s. It is not certain that nothing was left behind (%s): look for machines with"
                    + " the tag %s=%s",
                failure.getMessage(),
                doubt.getMessage(),
                Tags.WORKER,
                spec.name()),
            failure instanceof AwsCallException call ? call.code() : "",
            failure);
    uncertain.addSuppressed(doubt);
    return uncertain;
  }

  private static boolean isWithoutAnswer(RuntimeException failure) {
    return failure instanceof AwsCallException call && call.code().isEmpty();
  }

  /** The state last seen of what is waited for; confined to one thread. */
  private static final class Seen {
    private String state = "unknown";
  }

  /** What became of a request. */
  private record Outcome(
      Optional<Machine> machine, String code, String reason, RuntimeException cause) {

    static Outcome granted(Machine machine) {
      return new Outcome(Optional.of(machine), "", "", null);
    }

    static Outcome refused(String code, String reason, RuntimeException cause) {
      return new Outcome(Optional.empty(), code, reason, cause);
    }
  }
}
