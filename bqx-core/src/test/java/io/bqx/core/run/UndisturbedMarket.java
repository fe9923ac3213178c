package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.catalog.Layout;
import io.bqx.core.testing.TestDatabase;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A market on which each step of a fault test is done without faults, to compare with. */
final class UndisturbedMarket implements AutoCloseable {

  static final List<String> STAGES = List.of("1.5", "2.11", "2.12", "2.14", "2.3", "2.4", "2.16B");

  /** How far a market is: the first stages, at a cost. */
  record Progress(int stages, double cost) {}

  /** Leads from one progress to another. */
  record Step(Progress from, Progress to, List<String> stages, boolean redo) {

    /** All that is due. */
    static Step all(Progress from, double cost) {
      return new Step(from, new Progress(STAGES.size(), cost), List.of(), false);
    }

    /** The next stage alone. */
    static Step next(Progress from) {
      return new Step(
          from,
          new Progress(from.stages() + 1, from.cost()),
          List.of(STAGES.get(from.stages())),
          false);
    }

    /** Given stages again, or all if there are none. */
    static Step again(Progress from, List<String> stages) {
      return new Step(from, from, stages, true);
    }

    /** For the counts. */
    String name() {
      if (redo) {
        return "runs again";
      }
      return stages.isEmpty()
          ? from.stages() == 0 ? "first runs" : "changed runs"
          : "single stages";
    }

    JobRequest request(String schema, Duration lease, Layout layout) {
      return JobRequest.of(schema, lease, to.cost()).stages(stages, redo).in(layout);
    }
  }

  /**
   * What a step leads to, and how many events of each moment it has.
   *
   * @param views what the views show, once all stages are done in the shared layout
   */
  record Result(
      Map<String, String> partitions, Map<String, String> views, Map<RunMoment, Integer> events) {

    int allEvents() {
      return events.values().stream().mapToInt(count -> count).sum();
    }
  }

  private static final Duration LEASE = Duration.ofSeconds(30);

  private final Layout layout;
  private final SmallMarket market = SmallMarket.create("undisturbed");
  private final Map<Progress, Map<String, String>> partitions = new HashMap<>();
  private final Map<Step, Result> results = new HashMap<>();
  private Progress progress = new Progress(0, 0);

  UndisturbedMarket(Layout layout) {
    this.layout = layout;
  }

  /** The partitions of a market that has come so far. */
  Map<String, String> partitions(Progress wanted) {
    if (!partitions.containsKey(wanted)) {
      goTo(wanted);
      partitions.put(wanted, market.partitions());
    }
    return partitions.get(wanted);
  }

  Result result(Step step) {
    if (!results.containsKey(step)) {
      goTo(step.from());
      Map<RunMoment, Integer> events = run(step);
      results.put(step, new Result(partitions(step.to()), views(market, step.to()), events));
    }
    return results.get(step);
  }

  /** What the views of a market show that has come so far; nothing where there are none. */
  Map<String, String> views(SmallMarket of, Progress progress) {
    return layout == Layout.SHARED && progress.stages() == STAGES.size()
        ? of.viewChecksums()
        : Map.of();
  }

  private void goTo(Progress wanted) {
    if (!progress.equals(wanted)) {
      market.forget();
      if (wanted.stages() > 0) {
        run(
            new Step(
                new Progress(0, wanted.cost()), wanted, STAGES.subList(0, wanted.stages()), false));
      }
      progress = wanted;
    }
  }

  private Map<RunMoment, Integer> run(Step step) {
    Map<RunMoment, Integer> events = new EnumMap<>(RunMoment.class);
    ObservedDatabase.Observer counter =
        (event, connection) -> {
          synchronized (events) {
            events.merge(RunMoment.of(event), 1, Integer::sum);
          }
        };
    RunReport report =
        step.request(market.schema(), LEASE, layout)
            .job(ObservedDatabase.of(TestDatabase.pool(), counter))
            .run();
    assertThat(report.exitCode()).as(report.failures().toString()).isZero();
    progress = step.to();
    return events;
  }

  @Override
  public void close() {
    market.close();
  }
}
