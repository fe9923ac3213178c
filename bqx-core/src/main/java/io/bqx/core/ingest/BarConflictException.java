package io.bqx.core.ingest;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.PairTable;
import io.bqx.features.CurrencyPair;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Bars of a file differ from stored bars of the same times, and nothing of the file was loaded. */
public final class BarConflictException extends BqxException {

  private static final long serialVersionUID = 1L;

  /**
   * Two different bars of the same time.
   *
   * @param time the start of the bar
   * @param stored the values in the table, such as {@code open 1.1, high 1.3, low 1.0, close 1.2,
   *     volume 5.0}
   * @param offered the values in the file, likewise
   */
  public record Conflict(Instant time, String stored, String offered) {}

  private final transient CurrencyPair pair;
  private final transient List<Conflict> conflicts;
  private final int conflictCount;

  BarConflictException(Path file, PairTable table, List<Conflict> conflicts, int conflictCount) {
    super(message(file, table, conflicts, conflictCount));
    this.pair = table.pair();
    this.conflicts = List.copyOf(conflicts);
    this.conflictCount = conflictCount;
  }

  private static String message(Path file, PairTable table, List<Conflict> conflicts, int count) {
    String shown =
        conflicts.stream()
            .map(
                c ->
                    String.format(
                        Locale.ROOT,
                        "\n  %s\n    stored: %s\n    file:   %s",
                        c.time(),
                        c.stored(),
                        c.offered()))
            .collect(Collectors.joining());
    int more = count - conflicts.size();
    return String.format(
        Locale.ROOT,
        "Cannot load bars of %s from %s into %s: %s from the stored ones of the same time.%s%s\n"
            + "Nothing of the file was loaded. Correct it, or import it with replace to overwrite the stored bars.",
        table.pair(),
        file,
        table,
        count == 1 ? "1 bar differs" : count + " bars differ",
        shown,
        more > 0 ? "\n  and " + more + " more" : "");
  }

  /** The pair whose bars differ. */
  public CurrencyPair pair() {
    return pair;
  }

  /** The first conflicts, at most five, in the order of their times. */
  public List<Conflict> conflicts() {
    return conflicts;
  }

  /** How many bars differ. */
  public int conflictCount() {
    return conflictCount;
  }
}
