package io.bqx.core.run;

import io.bqx.core.validation.Check;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Counts how often each rule was applied and broken; safe for several threads. */
final class CheckList {

  private static final int EXAMPLES = 5;

  private record Key(String validator, String rule) {}

  private static final class Tally {
    private int partitions;
    private int failed;
    private final List<String> examples = new ArrayList<>();
  }

  private final Map<Key, Tally> tallies = new LinkedHashMap<>();

  /** Counts one partition; a violation names it and says how it breaks the rule. */
  synchronized void count(String validator, String rule, Optional<String> violation) {
    Tally tally = tallies.computeIfAbsent(new Key(validator, rule), key -> new Tally());
    tally.partitions++;
    violation.ifPresent(
        text -> {
          tally.failed++;
          if (tally.examples.size() < EXAMPLES) {
            tally.examples.add(text);
          }
        });
  }

  /**
   * The checks so far, by validator in the given order and then in the order in which rules were
   * first applied.
   */
  synchronized List<Check> checks(List<String> validators) {
    List<Check> checks = new ArrayList<>();
    for (String validator : validators) {
      tallies.forEach(
          (key, tally) -> {
            if (key.validator().equals(validator)) {
              checks.add(
                  new Check(validator, key.rule(), tally.partitions, tally.failed, tally.examples));
            }
          });
    }
    return checks;
  }
}
