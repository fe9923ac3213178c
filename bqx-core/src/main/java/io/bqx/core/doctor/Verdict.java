package io.bqx.core.doctor;

/** What a finding means for the job. */
public enum Verdict {
  /** Nothing to do. */
  OK,
  /** The job works, but slower, or with a risk that can be avoided; or something is not known. */
  ADVICE,
  /** The job would fail, or part of it. */
  PROBLEM
}
