package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.ledger.LedgerEntry;
import io.bqx.core.run.PartitionOutcome.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A process that does the job is killed with SIGKILL; the next run does what is left and nothing
 * else, and the result is that of an undisturbed run, checksum by checksum.
 */
class KilledProcessTest {

  private static final Duration LEASE = Duration.ofSeconds(1);
  private static final List<String> ALL =
      List.of("1.5", "2.11", "2.12", "2.14", "2.3", "2.4", "2.16B");

  /** Fewer events than a first run has. */
  private static final int EVENTS = 5000;

  /** Partitions are rewritten whenever the cost changes from one of these to the other. */
  private static final double[] COSTS = {0.02, 0.005};

  private static final List<Map<String, String>> UNDISTURBED = new ArrayList<>();
  private static SmallMarket filled;
  private static int cost;

  /** Where a process dies that rewrites partitions which exist already. */
  enum Moment {
    AFTER_A_CLAIM("after commit of update .*ledger_claims.*\"claimed\" = ", 1),
    IN_A_COPY_OF_BARS("copy-out .*\"m1_usdjpy\"", 40),
    IN_A_COPY_OF_OLD_ROWS("copy-out .*\"reg_bqx_", 70),
    IN_A_COPY_OF_NEW_ROWS("copy-in .*bqx_staging", 4),
    BETWEEN_STAGING_AND_SWAP("before insert into .*ledger_partitions", 1),
    AFTER_THE_LEDGER_IS_WRITTEN("after insert into .*ledger_partitions", 2),
    AFTER_A_DETACH("after alter table .* detach partition|after drop table \"", 2),
    BEFORE_A_SWAP_IS_COMMITTED("before commit of alter table .* drop constraint", 2),
    BETWEEN_TWO_SWAPS("after commit of alter table .* drop constraint", 2),
    BETWEEN_TWO_MONTHS("after commit of update .*ledger_claims.*\"finished\" = ", 1);

    private final String event;
    private final int occurrence;

    Moment(String event, int occurrence) {
      this.event = event;
      this.occurrence = occurrence;
    }
  }

  @BeforeAll
  static void runUndisturbed() {
    filled = SmallMarket.create("filled");
    for (double undisturbed : COSTS) {
      assertThat(filled.job().cost(undisturbed).run().exitCode()).isZero();
      UNDISTURBED.add(filled.checksums());
      cost = UNDISTURBED.size() - 1;
    }
    assertThat(UNDISTURBED.get(0)).isNotEqualTo(UNDISTURBED.get(1));
  }

  @AfterAll
  static void drop() {
    filled.close();
  }

  static Stream<Moment> someMoments() {
    return FaultTally.some(2, Moment.values());
  }

  @ParameterizedTest
  @MethodSource("someMoments")
  void theNextRunDoesWhatIsLeftAndNothingElse(Moment moment) {
    assertThat(filled.job().cost(COSTS[cost]).run().exitCode()).isZero();
    cost = 1 - cost;
    Map<String, Instant> before = computed(filled);
    kill(filled, moment.event, moment.occurrence);
    finish(filled, before, List.of("2.4"));
  }

  static Stream<Integer> anyEvents() {
    return new Random().ints(FaultTally.count(1, 10), 1, EVENTS).boxed();
  }

  @ParameterizedTest
  @MethodSource("anyEvents")
  void aFirstRunThatIsKilledAnywhereIsFinishedByTheNext(int event) {
    try (SmallMarket market = SmallMarket.create("anywhere")) {
      kill(market, "", event);
      finish(market, Map.of(), ALL);
    }
  }

  @Test
  void aJobThatIsKilledAgainAndAgainIsFinishedInTheEnd() {
    try (SmallMarket market = SmallMarket.create("again")) {
      for (int swaps = 1; swaps <= 2; swaps++) {
        kill(market, "after alter table .* attach partition", swaps);
      }
      finish(market, Map.of(), ALL);
    }
  }

  private static void kill(SmallMarket market, String event, int occurrence) {
    try (JobProcess process =
        JobProcess.prepare(market.schema(), LEASE, COSTS[cost], event, occurrence)) {
      process.go().awaitEvent().kill();
    }
  }

  /**
   * Runs the job after a process has died.
   *
   * @param before what was computed before that process began
   * @param due the stages that were due then, of every partition
   */
  private static void finish(SmallMarket market, Map<String, Instant> before, List<String> due) {
    Map<String, Instant> byTheDead = computed(market);
    byTheDead.entrySet().removeAll(before.entrySet());

    RunReport report = market.job().cost(COSTS[cost]).run();

    assertThat(report.failures()).isEmpty();
    assertThat(report.exitCode()).isZero();
    for (PartitionOutcome outcome : report.outcomes()) {
      List<String> left = new ArrayList<>(due);
      left.removeIf(
          stage -> byTheDead.containsKey(stage + " " + outcome.scope() + " " + outcome.month()));
      assertThat(outcome.stages()).isEqualTo(left);
      assertThat(outcome.state()).isEqualTo(left.isEmpty() ? State.UP_TO_DATE : State.DONE);
    }
    assertThat(computed(market)).containsAllEntriesOf(byTheDead);
    assertThat(market.checksums()).isEqualTo(UNDISTURBED.get(cost));
    assertThat(market.leftovers()).isEmpty();
    assertThat(market.ledger().claims()).isEmpty();
  }

  /** When each stage of each partition was computed, as far as it was. */
  private static Map<String, Instant> computed(SmallMarket market) {
    Map<String, Instant> computed = new HashMap<>();
    if (market.ledger().exists()) {
      for (LedgerEntry entry : market.ledger().entries(SmallMarket.FIRST, SmallMarket.LAST)) {
        computed.put(
            entry.stage() + " " + entry.scope() + " " + entry.month(),
            entry.computedAt().orElseThrow());
      }
    }
    return computed;
  }
}
