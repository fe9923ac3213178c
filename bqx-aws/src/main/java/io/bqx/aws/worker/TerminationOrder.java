package io.bqx.aws.worker;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * How a worker is to be terminated. Immutable.
 *
 * <pre>{@code
 * TerminationOrder.ofDefaults()
 *     .skippingGate(Gate.EXPORT_VERIFIED, "this run exports nothing")
 *     .confirmedBy("TERMINATE")
 * }</pre>
 */
public final class TerminationOrder {

  /** The word that confirms. */
  public static final String CONFIRMATION = "TERMINATE";

  private final Map<String, String> skipped;
  private final boolean finalSnapshot;
  private final Supplier<Optional<String>> confirmation;

  private TerminationOrder(
      Map<String, String> skipped, boolean finalSnapshot, Supplier<Optional<String>> confirmation) {
    this.skipped = skipped;
    this.finalSnapshot = finalSnapshot;
    this.confirmation = confirmation;
  }

  /** All gates must be open, no snapshot is made, and the confirmation is missing. */
  public static TerminationOrder ofDefaults() {
    return new TerminationOrder(Map.of(), false, Optional::empty);
  }

  /**
   * The same, but a gate may be closed; that is recorded with the reason.
   *
   * @throws IllegalArgumentException if the reason is blank
   */
  public TerminationOrder skippingGate(String name, String reason) {
    if (reason.isBlank()) {
      throw new IllegalArgumentException(
          "The gate " + name + " is to be skipped without a reason; say why");
    }
    Map<String, String> more = new LinkedHashMap<>(skipped);
    more.put(name, reason.strip());
    return new TerminationOrder(more, finalSnapshot, confirmation);
  }

  /** The same, with a snapshot of all volumes before the machine ends. */
  public TerminationOrder withFinalSnapshot() {
    return new TerminationOrder(skipped, true, confirmation);
  }

  /** The same, with the word that somebody has given. */
  public TerminationOrder confirmedBy(String word) {
    Objects.requireNonNull(word, "word");
    return confirmedBy(() -> Optional.of(word));
  }

  /** The same, with somebody to ask for the word once all gates are passed. */
  public TerminationOrder confirmedBy(Supplier<Optional<String>> asked) {
    return new TerminationOrder(skipped, finalSnapshot, Objects.requireNonNull(asked, "asked"));
  }

  /** The gates to skip and why. */
  Map<String, String> skipped() {
    return skipped;
  }

  boolean wantsFinalSnapshot() {
    return finalSnapshot;
  }

  /** Asks for the word. */
  boolean isConfirmed() {
    return confirmation.get().filter(CONFIRMATION::equals).isPresent();
  }
}
