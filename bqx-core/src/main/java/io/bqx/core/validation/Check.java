package io.bqx.core.validation;

import java.util.List;

/**
 * One rule of one validator, over all partitions that it was applied to.
 *
 * @param validator the stage that the rule is about, or {@code "whole"}: {@code "2.15"} is the
 *     validator of the regression terms and covariances
 * @param rule the rule, as a statement that holds if the check passed
 * @param partitions how many partitions it was applied to
 * @param failed how many of them break it
 * @param examples the first partitions that break it, and how; at most 5
 */
public record Check(
    String validator, String rule, int partitions, int failed, List<String> examples) {

  /** Takes a copy of the examples. */
  public Check {
    examples = List.copyOf(examples);
  }

  /** Whether every partition keeps the rule. */
  public boolean passed() {
    return failed == 0;
  }
}
