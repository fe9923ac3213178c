package io.bqx.examples;

import io.bqx.aws.worker.TerminationOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say past which gates a machine is given back, and that it is meant. */
final class TerminationOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @ArgGroup(exclusive = false, multiplicity = "0..*")
  private List<SkippedGate> skipped = new ArrayList<>();

  @Option(names = "--snapshot", description = "Make a snapshot of its volumes before it ends.")
  private boolean snapshot;

  @Option(
      names = "--confirm",
      paramLabel = "TERMINATE",
      description = "The word that confirms; asked for if not given.")
  private String confirmation;

  /** A gate to pass over, and why. */
  static final class SkippedGate {

    @Option(
        names = "--skip-gate",
        paramLabel = "NAME",
        required = true,
        description = "Pass this gate although it is closed; may be given several times.")
    private String name;

    @Option(
        names = "--reason",
        paramLabel = "TEXT",
        required = true,
        description = "Why the gate before it is passed; recorded.")
    private String reason;
  }

  /**
   * The order; the word is asked for when it is needed.
   *
   * @throws ParameterException if a gate is to be skipped without a reason
   */
  TerminationOrder order(Console console) {
    TerminationOrder order = TerminationOrder.ofDefaults().confirmedBy(() -> word(console));
    try {
      for (SkippedGate gate : skipped) {
        order = order.skippingGate(gate.name, gate.reason);
      }
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage());
    }
    return snapshot ? order.withFinalSnapshot() : order;
  }

  private Optional<String> word(Console console) {
    return confirmation == null
        ? console.ask("Type " + TerminationOrder.CONFIRMATION + " to terminate the machine: ")
        : Optional.of(confirmation);
  }
}
