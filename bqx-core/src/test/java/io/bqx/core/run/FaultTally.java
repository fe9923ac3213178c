package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Counts the faults of one kind and what became of the partitions under them; a short version
 * belongs to every test run, the whole to the Maven profile {@code faults}.
 *
 * <p>The random numbers are from {@code -Dbqx.faults.seed=N}, or from a seed that is printed.
 */
final class FaultTally {

  private static final String NO_ROWS = "0 rows";

  private final String kind;
  private final long seed;
  private final Map<String, Integer> counts = new TreeMap<>();
  private final Map<String, Integer> moments = new TreeMap<>();
  private final List<String> lost = new ArrayList<>();
  private final List<String> duplicated = new ArrayList<>();
  private final List<String> mixed = new ArrayList<>();
  private final List<String> leftOver = new ArrayList<>();
  private int faults;

  FaultTally(String kind) {
    this.kind = kind;
    this.seed = Long.getLong("bqx.faults.seed", new Random().nextLong());
    System.out.printf("%s: random numbers from -Dbqx.faults.seed=%d%n", kind, seed);
  }

  /** How often something is to be done: in every test run, or in the whole suite. */
  static int count(int usually, int inTheWholeSuite) {
    return Boolean.getBoolean("bqx.faults") ? inTheWholeSuite : usually;
  }

  /** Some of what may be done, chosen anew for every test run; all of it in the whole suite. */
  static <T> Stream<T> some(int usually, T[] all) {
    List<T> chosen = new ArrayList<>(List.of(all));
    Collections.shuffle(chosen);
    return chosen.stream().limit(count(usually, all.length));
  }

  /** Random numbers for one thread. */
  Random random() {
    return random(0);
  }

  /** Random numbers for one of several threads. */
  Random random(int thread) {
    return new Random(seed + thread);
  }

  /** A fault that has hit. */
  synchronized void fault(Object moment) {
    faults++;
    moments.merge(moment.toString(), 1, Integer::sum);
  }

  synchronized int faults() {
    return faults;
  }

  /** Something else to be told at the end. */
  synchronized void count(String what) {
    counts.merge(what, 1, Integer::sum);
  }

  /** Notes every partition that is none of what it may be. */
  synchronized void compare(
      String when, Map<String, String> found, List<Map<String, String>> allowed) {
    Set<String> partitions = new TreeSet<>(found.keySet());
    allowed.forEach(a -> partitions.addAll(a.keySet()));
    for (String partition : partitions) {
      String is = found.getOrDefault(partition, NO_ROWS);
      List<String> may = allowed.stream().map(a -> a.getOrDefault(partition, NO_ROWS)).toList();
      if (!may.contains(is)) {
        int rows = rows(is);
        List<String> list =
            may.stream().allMatch(m -> rows < rows(m))
                ? lost
                : may.stream().allMatch(m -> rows > rows(m)) ? duplicated : mixed;
        list.add(when + ": " + partition + " is " + is + " instead of " + may);
      }
    }
  }

  private static int rows(String digest) {
    return Integer.parseInt(digest.substring(0, digest.indexOf(' ')));
  }

  /** Notes where a market that is finished differs from an undisturbed one. */
  synchronized void compareEnd(String when, SmallMarket market, Map<String, String> undisturbed) {
    compare(when, market.partitions(), List.of(undisturbed));
    Stream.of(market.leftovers(), market.ledger().claims())
        .flatMap(List::stream)
        .forEach(left -> leftOver.add(when + ": " + left));
  }

  /** Partitions that were done more often than they had to be. */
  synchronized void doneTwice(String when, List<String> partitions) {
    partitions.forEach(p -> duplicated.add(when + ": " + p));
  }

  /** Prints all counts, and fails if a partition is not as it should be. */
  void report() {
    System.out.printf(
        "%s: %d faults, %d partitions lost, %d duplicated, %d mixed, %d left over; by moment: %s; %s [seed=%d]%n",
        kind,
        faults,
        lost.size(),
        duplicated.size(),
        mixed.size(),
        leftOver.size(),
        moments,
        counts,
        seed);
    assertThat(lost).as("lost").isEmpty();
    assertThat(duplicated).as("duplicated").isEmpty();
    assertThat(mixed).as("mixed").isEmpty();
    assertThat(leftOver).as("left over").isEmpty();
  }
}
