package io.bqx.core.doctor;

import java.util.List;

/**
 * What was found out about a server, in the order in which it was looked at.
 *
 * @param findings everything that was looked at, also what is in order
 */
public record DoctorReport(List<Finding> findings) {

  /** Takes a copy of the findings. */
  public DoctorReport {
    findings = List.copyOf(findings);
  }

  /** The findings with a verdict. */
  public List<Finding> with(Verdict verdict) {
    return findings.stream().filter(finding -> finding.verdict() == verdict).toList();
  }

  /** Whether the job, or part of it, would fail. */
  public boolean hasProblems() {
    return !with(Verdict.PROBLEM).isEmpty();
  }
}
