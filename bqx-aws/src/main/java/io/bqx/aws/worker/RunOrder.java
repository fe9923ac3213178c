package io.bqx.aws.worker;

import io.bqx.core.export.ParquetExport;
import io.bqx.core.report.CompletionReport;
import io.bqx.core.report.ReportFolder;
import io.bqx.core.validation.ValidationReport;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What belongs to a run on a rented machine from its preflight to its report. Immutable.
 *
 * <pre>{@code
 * RunOrder order = RunOrder.builder()
 *     .jar(Path.of("bqx.jar"))
 *     .validation(job::validate)
 *     .export(export)
 *     .report(() -> job.report(plan), ReportFolder.at(folder))
 *     .termination(TerminationOrder.ofDefaults().confirmedBy("TERMINATE"))
 *     .build();
 * }</pre>
 */
public final class RunOrder {

  private final Map<String, Object> settings;

  private RunOrder(Map<String, Object> settings) {
    this.settings = settings;
  }

  /** Begins an order. */
  public static Builder builder() {
    return new Builder();
  }

  /** The {@code bqx.jar} to put into S3; empty if it must be there already. */
  Optional<Path> jar() {
    return get("jar", Path.class);
  }

  boolean isAccessFixed() {
    return settings.containsKey("fix");
  }

  SupervisionPolicy supervision() {
    return get("supervision", SupervisionPolicy.class).orElseGet(SupervisionPolicy::ofDefaults);
  }

  @SuppressWarnings("unchecked")
  Optional<Supplier<ValidationReport>> validation() {
    return get("validation", Supplier.class).map(found -> (Supplier<ValidationReport>) found);
  }

  Optional<ParquetExport> export() {
    return get("export", ParquetExport.class);
  }

  @SuppressWarnings("unchecked")
  Optional<Supplier<CompletionReport>> report() {
    return get("report", Supplier.class).map(found -> (Supplier<CompletionReport>) found);
  }

  ReportFolder reportFolder() {
    return get("reportFolder", ReportFolder.class).orElseThrow();
  }

  TerminationOrder termination() {
    return get("termination", TerminationOrder.class).orElseGet(TerminationOrder::ofDefaults);
  }

  private <T> Optional<T> get(String setting, Class<T> type) {
    return Optional.ofNullable(type.cast(settings.get(setting)));
  }

  /** Collects an order. Every setting may be given once. */
  public static final class Builder {

    private final Map<String, Object> values = new HashMap<>();

    private Builder() {}

    /**
     * The {@code bqx.jar} to put where the specification says, unless it is there; its SHA-256 must
     * be the one of the specification. If it is not set, it must be there already.
     */
    public Builder jar(Path file) {
      return set("jar", file);
    }

    /**
     * Has the preflight add the rule by which the database admits the worker, if it is missing; it
     * is not added if this is not called.
     */
    public Builder fixingAccess() {
      return set("fix", true);
    }

    /** How the run is watched; {@link SupervisionPolicy#ofDefaults()} if it is not set. */
    public Builder supervision(SupervisionPolicy policy) {
      return set("supervision", policy);
    }

    /**
     * What compares everything that is stored: {@code job::validate} of a {@code Phase2}. Must be
     * set unless the termination skips its gate.
     */
    public Builder validation(Supplier<ValidationReport> validation) {
      return set("validation", validation);
    }

    /**
     * What is exported, and then verified. Must be set unless the termination skips its gate; its
     * destination is not closed here.
     */
    public Builder export(ParquetExport export) {
      return set("export", export);
    }

    /**
     * What is written down at the end, completed by the validation and the machines; nothing is
     * written if it is not set.
     *
     * @param report reads it: {@code () -> job.report(plan)} of a {@code Phase2}
     * @param folder where it goes
     */
    public Builder report(Supplier<CompletionReport> report, ReportFolder folder) {
      return set("report", report).set("reportFolder", folder);
    }

    /**
     * How the machine is given back at the end. The word is asked for before anything is rented, so
     * that nobody has to be there at the end.
     */
    public Builder termination(TerminationOrder order) {
      return set("termination", order);
    }

    /** The order. */
    public RunOrder build() {
      return new RunOrder(Map.copyOf(values));
    }

    private Builder set(String setting, Object value) {
      Object before = values.putIfAbsent(setting, Objects.requireNonNull(value, setting));
      if (before != null) {
        throw new IllegalStateException(setting + " was already set");
      }
      return this;
    }
  }
}
