package io.bqx.aws.worker;

import io.bqx.core.run.JobStatus;
import io.bqx.core.validation.ValidationReport;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/** Something that must be true before a machine may be terminated. */
public interface Gate {

  /** The name of the gate that every stage of the run is done. */
  String LEDGER_COMPLETE = "ledger-complete";

  /** The name of the gate that the validation has found no fault. */
  String VALIDATION_GREEN = "validation-green";

  /** The name of the gate that the export is as it should be. */
  String EXPORT_VERIFIED = "export-verified";

  /** The name of the gate that the machine's logs are in S3, up to their end. */
  String LOGS_ARCHIVED = "logs-archived";

  /** Its name, by which it is skipped. */
  String name();

  /** Looks whether it is open. */
  State look();

  /**
   * How a gate stands.
   *
   * @param open whether it lets the termination pass
   * @param reason why it is open or closed
   */
  record State(boolean open, String reason) {

    /** Checks that there is a reason. */
    public State {
      Objects.requireNonNull(reason, "reason");
    }

    /** An open gate. */
    public static State open(String reason) {
      return new State(true, reason);
    }

    /** A closed gate. */
    public static State closed(String reason) {
      return new State(false, reason);
    }
  }

  /** A gate of a name that looks like this. */
  static Gate of(String name, Supplier<State> look) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(look, "look");
    return new Gate() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public State look() {
        return look.get();
      }
    };
  }

  /** Open when every stage of every partition is done in the ledger. */
  static Gate ledgerComplete(Supplier<JobStatus> ledger) {
    return of(
        LEDGER_COMPLETE,
        () -> {
          LedgerProgress progress = LedgerProgress.of(ledger.get());
          return new State(progress.isComplete(), progress.toString());
        });
  }

  /** Open when the validation passes; it is made when the gate is looked at. */
  static Gate validationGreen(Supplier<ValidationReport> validation) {
    return of(
        VALIDATION_GREEN,
        () -> {
          ValidationReport report = validation.get();
          String counts =
              report.checks().size()
                  - report.failures().size()
                  + " of "
                  + report.checks().size()
                  + " checks passed";
          return new State(
              report.passed(),
              report.failures().isEmpty()
                  ? counts
                  : counts + ", the first that did not: " + report.failures().get(0).rule());
        });
  }

  /**
   * Open when nothing keeps the export from counting as verified.
   *
   * @param unverified what does: {@code export::unverified} of a {@code ParquetExport}; it is asked
   *     when the gate is looked at
   */
  static Gate exportVerified(Supplier<List<String>> unverified) {
    return of(
        EXPORT_VERIFIED,
        () -> {
          List<String> reasons = unverified.get();
          return reasons.isEmpty()
              ? State.open("every file was read back and found right")
              : State.closed(
                  reasons.size() == 1
                      ? reasons.get(0)
                      : reasons.get(0) + " (and " + (reasons.size() - 1) + " more)");
        });
  }
}
