package io.bqx.aws.worker;

import java.util.Locale;

/** The steps of a run on a rented machine, in their order. */
public enum RunStep {
  /** Looks at everything that the launch and the run depend on. */
  PREFLIGHT,
  /** Puts {@code bqx.jar} where the machine will fetch it. */
  UPLOAD,
  /** Gets the machine. */
  LAUNCH,
  /** Waits until the machine has prepared itself. */
  AWAIT_READY,
  /** Waits until the job is done, and replaces machines that are lost. */
  SUPERVISE,
  /** Compares everything that is stored with its recomputation. */
  VALIDATE,
  /** Writes the features as files. */
  EXPORT,
  /** Reads the files back. */
  VERIFY,
  /** Waits until the machine's log is in S3 up to the end of the job. */
  ARCHIVE_LOGS,
  /** Gives the machine back. */
  TERMINATE,
  /** Writes down what was done. */
  REPORT;

  /** The step in words: {@code archive logs}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
