package io.bqx.aws.worker;

import io.bqx.aws.worker.PreflightCheck.Verdict;
import java.util.List;

/**
 * What was found before a launch.
 *
 * @param checks everything that was looked at
 */
public record PreflightReport(List<PreflightCheck> checks) {

  /** Takes a copy of the checks. */
  public PreflightReport {
    checks = List.copyOf(checks);
  }

  /** The checks with this verdict. */
  public List<PreflightCheck> with(Verdict verdict) {
    return checks.stream().filter(check -> check.verdict() == verdict).toList();
  }

  /** Whether no check failed; warnings do not count. */
  public boolean passed() {
    return with(Verdict.FAIL).isEmpty();
  }
}
