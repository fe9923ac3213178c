package io.bqx.aws.worker;

import java.util.Objects;

/**
 * One thing that was looked at before a launch.
 *
 * @param name what was looked at, in a few words: {@code "database port"}
 * @param verdict what that means for the launch
 * @param found what is the case, with the ids
 * @param remedy what to do; empty if there is nothing to do
 */
public record PreflightCheck(String name, Verdict verdict, String found, String remedy) {

  /** What a check means for the launch. */
  public enum Verdict {
    /** In order. */
    PASS,
    /** The launch works, with a risk; or it could not be found out. */
    WARN,
    /** The launch or the run would fail, or something is open that must not be. */
    FAIL
  }

  /** Checks that nothing is missing. */
  public PreflightCheck {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(verdict, "verdict");
    Objects.requireNonNull(found, "found");
    Objects.requireNonNull(remedy, "remedy");
  }

  static PreflightCheck pass(String name, String found) {
    return new PreflightCheck(name, Verdict.PASS, found, "");
  }

  static PreflightCheck warn(String name, String found, String remedy) {
    return new PreflightCheck(name, Verdict.WARN, found, remedy);
  }

  static PreflightCheck fail(String name, String found, String remedy) {
    return new PreflightCheck(name, Verdict.FAIL, found, remedy);
  }
}
