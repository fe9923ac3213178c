package io.bqx.core.report;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Finds the interruptions of a job in its runs, its partitions and its machines. */
final class InterruptionReader {

  private static final String NO_REASON = "its process was killed or cut off";

  private final CompletionReport report;

  InterruptionReader(CompletionReport report) {
    this.report = report;
  }

  /** The time from one moment to another. */
  record Span(Instant from, Instant to) {

    boolean contains(Instant moment) {
      return !moment.isBefore(from) && moment.isBefore(to);
    }

    /** How much of a machine's time is in it. */
    Duration within(MachineUse machine) {
      Instant begin = from.isAfter(machine.started()) ? from : machine.started();
      Instant end = to.isBefore(machine.ended()) ? to : machine.ended();
      return begin.isBefore(end) ? Duration.between(begin, end) : Duration.ZERO;
    }
  }

  /** All of them, ordered by time, without their costs. */
  List<Interruption> read() {
    List<Interruption> found = new ArrayList<>();
    report.runs().stream().filter(JobRun::isInterrupted).forEach(run -> found.add(ofRun(run)));
    report.machines().stream()
        .filter(machine -> machine.lost().isPresent())
        .filter(machine -> report.runs().stream().noneMatch(run -> machine.ranAt(run.started())))
        .forEach(machine -> found.add(ofMachine(machine)));
    found.sort(Comparator.comparing(Interruption::at));
    return found;
  }

  /** For each interruption the time that it stands for; none is in two of them. */
  List<Span> spans(List<Interruption> interruptions) {
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < interruptions.size(); i++) {
      Interruption interruption = interruptions.get(i);
      Instant from = interruption.at();
      Instant to = interruption.resumed().orElse(report.isComplete() ? from : report.generated());
      if (i + 1 < interruptions.size() && interruptions.get(i + 1).at().isBefore(to)) {
        to = interruptions.get(i + 1).at();
      }
      spans.add(new Span(from, to));
    }
    return spans;
  }

  private Interruption ofRun(JobRun run) {
    List<Rewrite> own =
        report.rewrites().stream().filter(r -> r.done() && r.run().equals(run.run())).toList();
    Instant at =
        run.finished()
            .orElseGet(
                () ->
                    own.stream()
                        .map(Rewrite::finished)
                        .max(Comparator.naturalOrder())
                        .orElse(run.started()));
    Optional<MachineUse> machine =
        report.machines().stream().filter(use -> use.ranAt(run.started())).findFirst();
    Optional<Instant> resumed = resumedAfter(at);
    boolean killed = run.ending() == JobRun.Ending.KILLED;
    return new Interruption(
        at,
        run.ending(),
        run.worker(),
        machine.map(MachineUse::id),
        run.message()
            .or(() -> machine.filter(use -> isLastOn(use, run)).flatMap(MachineUse::lost))
            .orElse(NO_REASON),
        killed && resumed.isPresent() ? writtenAtOnce(own) : 0,
        resumed,
        Optional.empty());
  }

  /** What was lost before a run began on it has cost all of its time. */
  private Interruption ofMachine(MachineUse machine) {
    return new Interruption(
        machine.started(),
        JobRun.Ending.KILLED,
        "",
        Optional.of(machine.id()),
        machine.lost().orElseThrow(),
        0,
        resumedAfter(machine.ended()),
        Optional.empty());
  }

  private boolean isLastOn(MachineUse machine, JobRun run) {
    return report.runs().stream()
        .filter(other -> machine.ranAt(other.started()))
        .noneMatch(other -> other.started().isAfter(run.started()));
  }

  private Optional<Instant> resumedAfter(Instant at) {
    return report.rewrites().stream()
        .map(Rewrite::started)
        .filter(started -> !started.isBefore(at))
        .min(Comparator.naturalOrder());
  }

  private static int writtenAtOnce(List<Rewrite> own) {
    return (int) own.stream().map(Rewrite::lane).distinct().count();
  }
}
