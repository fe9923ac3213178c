package io.bqx.examples;

import io.bqx.core.catalog.Scope;
import io.bqx.core.run.PartitionOutcome;
import io.bqx.core.run.PartitionOutcome.State;
import io.bqx.core.run.RunListener;
import io.bqx.core.run.RunProgress;
import io.bqx.core.run.RunReport;
import io.bqx.core.watch.Stall;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.YearMonth;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A run as it stands now, on a few lines that are replaced in place: how far it is, how fast, what
 * each stage has done, what is in hand, and what went wrong. Failures and stalls also stay as lines
 * of their own.
 */
final class LiveView implements RunListener {

  private static final Duration RECENT = Duration.ofSeconds(30);
  private static final int WIDEST_BAR = 40;

  private record Work(Scope scope, YearMonth month) {
    @Override
    public String toString() {
      return scope + " " + month;
    }
  }

  private record Sample(Instant time, long rows) {}

  private final Screen screen;
  private final InstantSource clock;
  private final Map<Work, Instant> inHand = new LinkedHashMap<>();
  private final Map<String, Integer> stages = new LinkedHashMap<>();
  private final Deque<Sample> recent = new ArrayDeque<>();
  private RunProgress progress;
  private int upToDate;
  private int retries;
  private int stalls;
  private String trouble = "";
  private String waiting = "";

  LiveView(Screen screen, InstantSource clock) {
    this.screen = screen;
    this.clock = clock;
  }

  @Override
  public synchronized void runStarted(RunProgress started) {
    update(started);
  }

  @Override
  public synchronized void partitionStarted(Scope scope, YearMonth month, List<String> due) {
    waiting = "";
    inHand.put(new Work(scope, month), clock.instant());
    draw();
  }

  @Override
  public synchronized void partitionFinished(PartitionOutcome outcome, RunProgress now) {
    waiting = "";
    inHand.remove(new Work(outcome.scope(), outcome.month()));
    outcome.stages().forEach(stage -> stages.merge(stage, 1, Integer::sum));
    upToDate +=
        outcome.state() == State.UP_TO_DATE || outcome.state() == State.DONE_ELSEWHERE ? 1 : 0;
    if (outcome.state() == State.FAILED) {
      screen.print(ProgressDisplay.failure(outcome));
    }
    update(now);
  }

  @Override
  public synchronized void retrying(Scope scope, YearMonth month, int attempt, String fault) {
    retries++;
    trouble = ProgressDisplay.retry(scope, month, attempt, fault);
    draw();
  }

  @Override
  public synchronized void waiting(String reason) {
    waiting = reason;
    draw();
  }

  @Override
  public synchronized void stalled(Stall stall) {
    stalls++;
    screen.print("stalled: " + stall);
    draw();
  }

  @Override
  public synchronized void runFinished(RunReport report) {
    inHand.clear();
    waiting = "";
    draw();
  }

  private void update(RunProgress now) {
    progress = now;
    recent.add(new Sample(clock.instant(), now.rows()));
    draw();
  }

  /** Shows how things stand at this moment; nothing before the run has started. */
  synchronized void draw() {
    if (progress != null) {
      screen.show(lines());
    }
  }

  /** Leaves what was shown last; nothing is shown any more. */
  synchronized void close() {
    progress = null;
    screen.close();
  }

  private List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(bar() + " " + ProgressDisplay.left(progress).replaceFirst("^, ", ""));
    lines.add(
        String.format(
            Locale.ROOT,
            "%s, %s, lately %s, %s%s",
            Quantities.count(progress.rows(), "row"),
            Quantities.rate(progress.rowsPerSecond()),
            Quantities.rate(recentPace()),
            Quantities.bytes(progress.bytes()),
            progress.failed() == 0 ? "" : ", " + progress.failed() + " failed"));
    lines.add("stages: " + stageCounts());
    lines.add("in hand: " + work());
    if (retries + stalls > 0) {
      lines.add(
          String.format(
              Locale.ROOT,
              "trouble: %d %s, %s%s",
              retries,
              retries == 1 ? "retry" : "retries",
              Quantities.count(stalls, "stall"),
              trouble.isEmpty() ? "" : "; last " + trouble));
    }
    if (!waiting.isEmpty()) {
      lines.add("waiting: " + waiting);
    }
    return lines;
  }

  private String bar() {
    int all = Math.max(1, progress.partitions());
    String figures =
        String.format(
            Locale.ROOT,
            "%s of %s partitions, %d %%",
            Quantities.count(progress.finished()),
            Quantities.count(progress.partitions()),
            100L * progress.finished() / all);
    int width = Math.max(10, Math.min(WIDEST_BAR, screen.width() - figures.length() - 24));
    int full = (int) ((long) width * progress.finished() / all);
    return "[" + "#".repeat(full) + "-".repeat(width - full) + "] " + figures;
  }

  private String stageCounts() {
    String counts =
        stages.entrySet().stream()
            .map(entry -> entry.getKey() + ": " + Quantities.count(entry.getValue()))
            .collect(Collectors.joining(", "));
    String untouched = upToDate == 0 ? "" : Quantities.count(upToDate, "partition") + " up to date";
    if (counts.isEmpty()) {
      return untouched.isEmpty() ? "none done yet" : untouched;
    }
    return untouched.isEmpty() ? counts : counts + "; " + untouched;
  }

  private String work() {
    return inHand.isEmpty()
        ? "nothing yet"
        : inHand.entrySet().stream()
            .map(
                entry ->
                    entry.getKey()
                        + " "
                        + Duration.between(entry.getValue(), clock.instant()).toSeconds()
                        + " s")
            .collect(Collectors.joining(", "));
  }

  private double recentPace() {
    Instant now = clock.instant();
    while (recent.size() > 1 && recent.peekFirst().time().isBefore(now.minus(RECENT))) {
      recent.removeFirst();
    }
    Sample first = recent.peekFirst();
    double seconds = Duration.between(first.time(), now).toMillis() / 1000.0;
    return seconds <= 0 ? 0 : (progress.rows() - first.rows()) / seconds;
  }
}
