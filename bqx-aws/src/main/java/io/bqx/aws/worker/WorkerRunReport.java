package io.bqx.aws.worker;

import io.bqx.core.validation.ValidationReport;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a run on a rented machine has done.
 *
 * @param validation what the validation found; empty if none was made now
 * @param termination how the machine was given back; empty if that was done before
 * @param files the files of the report
 * @param state everything recorded of the worker: its machines, their interruptions, the steps
 */
public record WorkerRunReport(
    Optional<ValidationReport> validation,
    Optional<TerminationReport> termination,
    List<Path> files,
    WorkerState state) {

  /** Takes a copy of the files. */
  public WorkerRunReport {
    Objects.requireNonNull(validation, "validation");
    Objects.requireNonNull(termination, "termination");
    files = List.copyOf(files);
    Objects.requireNonNull(state, "state");
  }
}
