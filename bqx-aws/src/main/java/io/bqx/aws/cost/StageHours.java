package io.bqx.aws.cost;

import io.bqx.core.ledger.LedgerEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * How the time of a machine is shared out among the stages that it computed.
 *
 * <p>Stages of a partition are written together, and several partitions at the same time, so no
 * stage has hours of its own. Each moment in which something was being written is therefore divided
 * among all stages that were being written then, in proportion to their columns; so the hours of
 * all stages add up to the time in which anything was being written.
 */
public final class StageHours {

  private StageHours() {}

  /**
   * The hours of each stage within the time of a machine, by stage id.
   *
   * @param entries what the ledger has recorded, usually {@code ledger.entries(from, to)}. Of a
   *     stage that was computed several times the ledger has the last time only, and of one that
   *     failed it has no beginning: such time is in no stage
   */
  public static Map<String, Duration> of(List<LedgerEntry> entries, MachineTime time) {
    NavigableMap<Instant, List<Change>> changes = new TreeMap<>();
    for (LedgerEntry entry : entries) {
      Instant from = later(entry.started().orElse(Instant.MAX), time.started());
      Instant to = earlier(entry.finished().orElse(Instant.MIN), time.ended());
      if (entry.isDone() && from.isBefore(to)) {
        int columns = Math.max(1, entry.nulls().length);
        at(changes, from).add(new Change(entry.stage(), columns));
        at(changes, to).add(new Change(entry.stage(), -columns));
      }
    }
    return shares(changes);
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  private static Instant earlier(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }

  /** From a moment on, so many columns more or fewer of a stage are being written. */
  private record Change(String stage, int columns) {}

  private static List<Change> at(NavigableMap<Instant, List<Change>> changes, Instant moment) {
    return changes.computeIfAbsent(moment, m -> new ArrayList<>());
  }

  private static Map<String, Duration> shares(NavigableMap<Instant, List<Change>> changes) {
    Map<String, Double> nanos = new TreeMap<>();
    Map<String, Integer> written = new TreeMap<>();
    Instant since = null;
    for (Map.Entry<Instant, List<Change>> change : changes.entrySet()) {
      int columns = written.values().stream().mapToInt(Integer::intValue).sum();
      if (columns > 0) {
        double length = Duration.between(since, change.getKey()).toNanos();
        written.forEach((stage, own) -> nanos.merge(stage, length * own / columns, Double::sum));
      }
      change.getValue().forEach(c -> written.merge(c.stage(), c.columns(), Integer::sum));
      since = change.getKey();
    }
    Map<String, Duration> hours = new TreeMap<>();
    written.keySet().forEach(stage -> hours.put(stage, Duration.ZERO));
    nanos.forEach((stage, time) -> hours.put(stage, Duration.ofNanos(Math.round(time))));
    return hours;
  }
}
