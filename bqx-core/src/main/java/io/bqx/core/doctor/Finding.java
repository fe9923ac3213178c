package io.bqx.core.doctor;

import java.util.Objects;

/**
 * One thing that was looked at.
 *
 * @param topic what was looked at, in one or two words: {@code "checkpoints"}
 * @param found what is the case: the value, with its unit
 * @param verdict what that means for the job
 * @param why why it matters for this job
 * @param remedy what to do: an SQL statement, a setting, or who to ask; empty if there is nothing
 *     to do
 */
public record Finding(String topic, String found, Verdict verdict, String why, String remedy) {

  /** Checks that nothing is missing. */
  public Finding {
    Objects.requireNonNull(topic, "topic");
    Objects.requireNonNull(found, "found");
    Objects.requireNonNull(verdict, "verdict");
    Objects.requireNonNull(why, "why");
    Objects.requireNonNull(remedy, "remedy");
  }

  static Finding ok(String topic, String found, String why) {
    return new Finding(topic, found, Verdict.OK, why, "");
  }

  static Finding advice(String topic, String found, String why, String remedy) {
    return new Finding(topic, found, Verdict.ADVICE, why, remedy);
  }

  static Finding problem(String topic, String found, String why, String remedy) {
    return new Finding(topic, found, Verdict.PROBLEM, why, remedy);
  }
}
