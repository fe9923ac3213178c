package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.Layout;
import io.bqx.core.ledger.ClaimInfo;
import io.bqx.core.run.UndisturbedMarket.Step;
import io.bqx.core.testing.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two to six processes do the same job on one database. Some are killed, and one stands still for
 * longer than its lease and then goes on: no partition is done twice, none is forgotten.
 */
class WorkerFaultsTest {

  private static final Duration LEASE = Duration.ofSeconds(1);
  private static final List<RunMoment> MOMENTS =
      List.of(
          RunMoment.CLAIM,
          RunMoment.COPY_OUT,
          RunMoment.COPY_IN,
          RunMoment.STAGING,
          RunMoment.RECORD,
          RunMoment.SWAP,
          RunMoment.COMMIT,
          RunMoment.RELEASE);

  /** What becomes of a process. */
  private enum Role {
    SURVIVES,
    DIES,
    STANDS_STILL
  }

  private FaultTally tally;
  private Random random;
  private FaultedMarket market;

  @AfterEach
  void close() {
    market.close();
  }

  static Stream<Layout> layouts() {
    return FaultTally.some(1, Layout.values());
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void severalWorkersLoseDuplicateMixAndLeaveNothing(Layout layout) {
    tally = new FaultTally("several workers in the " + layout + " layout");
    random = tally.random();
    market = new FaultedMarket(tally, random, TestDatabase.pool(), layout);
    int rounds = FaultTally.count(1, 10);
    for (int round = 0; round < rounds; round++) {
      if (round % 4 == 3) {
        market.forget();
      }
      Step step = market.allStages();
      share(step, roles(rounds == 1 ? 3 : 2 + round % 5));
      market.finished(step);
      tally.doneTwice(step.toString(), market.market().doneTwice());
    }
    tally.report();
  }

  /** Lets processes share a step, and waits for those that are left. */
  private void share(Step step, List<Role> roles) {
    Map<JobProcess, Role> workers = new LinkedHashMap<>();
    try {
      roles.forEach(role -> workers.put(JobProcess.start(), role));
      workers.keySet().forEach(JobProcess::awaitReady);
      JobRequest request = market.request(step, LEASE);
      workers.forEach(
          (worker, role) ->
              worker.go(role == Role.SURVIVES ? request : marked(request, role == Role.DIES)));
      of(workers, Role.STANDS_STILL).forEach(this::freeze);
      of(workers, Role.DIES).forEach(this::kill);
      of(workers, Role.STANDS_STILL)
          .forEach(
              frozen -> {
                awaitTakeOver(frozen);
                frozen.signal("CONT");
              });
      workers.forEach(
          (worker, role) -> {
            if (role != Role.DIES) {
              assertThat(worker.awaitEnd()).as(step + " " + worker).isZero();
            }
          });
      tally.count("rounds of " + roles.size());
    } finally {
      workers.keySet().forEach(JobProcess::close);
    }
  }

  /** At least one survives; of three or more, one stands still, and up to three die. */
  private List<Role> roles(int processes) {
    if (processes == 2) {
      return List.of(random.nextBoolean() ? Role.DIES : Role.STANDS_STILL, Role.SURVIVES);
    }
    List<Role> roles = new ArrayList<>(List.of(Role.STANDS_STILL, Role.SURVIVES, Role.DIES));
    while (roles.size() < processes) {
      roles.add(roles.size() < 5 ? Role.DIES : Role.SURVIVES);
    }
    return roles;
  }

  private static List<JobProcess> of(Map<JobProcess, Role> workers, Role role) {
    return workers.keySet().stream().filter(worker -> workers.get(worker) == role).toList();
  }

  private JobRequest marked(JobRequest request, boolean standStill) {
    RunMoment moment = MOMENTS.get(random.nextInt(MOMENTS.size()));
    return request.until(moment.pattern(), 1 + random.nextInt(4), standStill);
  }

  private void kill(JobProcess worker) {
    worker
        .awaitEventOrEnd()
        .ifPresent(
            event -> {
              worker.kill();
              tally.fault("kill in " + RunMoment.of(event));
            });
  }

  private void freeze(JobProcess worker) {
    worker
        .awaitEventOrEnd()
        .ifPresent(
            event -> {
              worker.signal("STOP");
              tally.fault("freeze in " + RunMoment.of(event));
            });
  }

  /**
   * Waits until the leases of a frozen worker are over and others have its months; a month whose
   * swap it has begun nobody takes.
   */
  private void awaitTakeOver(JobProcess worker) {
    int months = claims(worker).size();
    Instant end = Instant.now().plus(LEASE.multipliedBy(4));
    while (!claims(worker).isEmpty() && Instant.now().isBefore(end)) {
      Thread.onSpinWait();
    }
    boolean over = claims(worker).stream().allMatch(ClaimInfo::expired);
    assertThat(over).isTrue();
    for (int taken = claims(worker).size(); taken < months; taken++) {
      tally.count("months taken over from a frozen process");
    }
  }

  private List<ClaimInfo> claims(JobProcess worker) {
    return market.market().ledger().claims().stream()
        .filter(claim -> claim.worker().startsWith(worker.pid() + "@"))
        .toList();
  }
}
