package io.bqx.core.run;

import io.bqx.core.catalog.Layout;
import io.bqx.core.rewrite.SwapPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * What a {@link JobProcess} is to do.
 *
 * @param layout the layout that is asked for, if any is
 * @param stages the ids of the stages; none for all of them
 * @param event the pattern of the events of which one is to be marked
 * @param occurrence which of them, the first being 1
 * @param standStill whether the process does nothing any more from then on
 */
record JobRequest(
    String schema,
    Duration lease,
    double cost,
    Optional<Layout> layout,
    List<String> stages,
    boolean redo,
    String event,
    int occurrence,
    boolean standStill) {

  static final String NOWHERE = "(?!)";
  private static final String SEPARATOR = "\t";

  /** All stages that are due, to the end. */
  static JobRequest of(String schema, Duration lease, double cost) {
    return new JobRequest(
        schema, lease, cost, Optional.empty(), List.of(), false, NOWHERE, 1, false);
  }

  JobRequest stages(List<String> ids, boolean again) {
    return new JobRequest(schema, lease, cost, layout, ids, again, event, occurrence, standStill);
  }

  JobRequest until(String wanted, int time, boolean still) {
    return new JobRequest(schema, lease, cost, layout, stages, redo, wanted, time, still);
  }

  JobRequest in(Layout wanted) {
    return new JobRequest(
        schema, lease, cost, Optional.of(wanted), stages, redo, event, occurrence, standStill);
  }

  /** All of it in one line. */
  String line() {
    return String.join(
        SEPARATOR,
        schema,
        lease.toString(),
        Double.toString(cost),
        layout.map(Layout::name).orElse(""),
        String.join(",", stages),
        Boolean.toString(redo),
        event,
        Integer.toString(occurrence),
        Boolean.toString(standStill));
  }

  static JobRequest parse(String line) {
    String[] parts = line.split(Pattern.quote(SEPARATOR), -1);
    return new JobRequest(
        parts[0],
        Duration.parse(parts[1]),
        Double.parseDouble(parts[2]),
        Optional.of(parts[3]).filter(name -> !name.isEmpty()).map(Layout::valueOf),
        parts[4].isEmpty() ? List.of() : List.of(parts[4].split(",")),
        Boolean.parseBoolean(parts[5]),
        parts[6],
        Integer.parseInt(parts[7]),
        Boolean.parseBoolean(parts[8]));
  }

  /** The job on a {@link SmallMarket}. */
  Phase2 job(DataSource dataSource) {
    Phase2 job =
        SmallMarket.bareJob(dataSource, schema)
            .months(SmallMarket.FIRST, SmallMarket.LAST)
            .lease(lease)
            .cost(cost)
            .swapPolicy(new SwapPolicy(Duration.ofMillis(200), 100, Duration.ofMillis(20)));
    layout.ifPresent(job::layout);
    if (!stages.isEmpty()) {
      job.stages(stages.toArray(String[]::new));
    }
    return redo ? job.redo() : job;
  }
}
