package io.bqx.core.report;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the beginnings and ends of rewrites say about a job as a whole. */
public final class Intervals {

  private Intervals() {}

  /** How long at least one of the rewrites was at work: time by the clock, pauses left out. */
  public static Duration busy(List<Rewrite> rewrites) {
    Duration busy = Duration.ZERO;
    Instant until = Instant.MIN;
    for (Rewrite rewrite : byStart(rewrites)) {
      Instant from = rewrite.started().isAfter(until) ? rewrite.started() : until;
      if (rewrite.finished().isAfter(from)) {
        busy = busy.plus(Duration.between(from, rewrite.finished()));
        until = rewrite.finished();
      }
    }
    return busy;
  }

  /** The rewrites, each in the first lane of its worker that is free when it begins. */
  public static List<Rewrite> inLanes(List<Rewrite> rewrites) {
    Map<String, List<Instant>> freeSince = new HashMap<>();
    List<Rewrite> placed = new ArrayList<>();
    for (Rewrite rewrite : byStart(rewrites)) {
      List<Instant> lanes = freeSince.computeIfAbsent(rewrite.worker(), key -> new ArrayList<>());
      int lane = 0;
      while (lane < lanes.size() && lanes.get(lane).isAfter(rewrite.started())) {
        lane++;
      }
      if (lane == lanes.size()) {
        lanes.add(rewrite.finished());
      } else {
        lanes.set(lane, rewrite.finished());
      }
      placed.add(rewrite.inLane(lane));
    }
    return placed;
  }

  static Instant end(List<Rewrite> rewrites) {
    return rewrites.stream().map(Rewrite::finished).max(Comparator.naturalOrder()).orElseThrow();
  }

  static List<PacePoint> pace(List<Rewrite> rewrites, int intervals) {
    if (rewrites.isEmpty()) {
      return List.of();
    }
    List<Rewrite> ordered = byStart(rewrites);
    Instant start = ordered.get(0).started();
    long width =
        Math.max(1, Duration.between(start, end(rewrites)).toNanos() / Math.max(1, intervals));
    double[] rows = new double[intervals];
    for (Rewrite rewrite : ordered) {
      double from = Duration.between(start, rewrite.started()).toNanos() / (double) width;
      double to = Duration.between(start, rewrite.finished()).toNanos() / (double) width;
      spread(rows, rewrite.rows(), from, Math.max(to, from + 1e-9));
    }
    List<PacePoint> pace = new ArrayList<>();
    for (int interval = 0; interval < intervals; interval++) {
      pace.add(
          new PacePoint(
              start.plusNanos(interval * width),
              Duration.ofNanos(width),
              rows[interval] / (width / 1e9)));
    }
    return pace;
  }

  private static void spread(double[] rows, long count, double from, double to) {
    for (int interval = (int) from; interval < rows.length && interval < to; interval++) {
      double share = (Math.min(to, interval + 1) - Math.max(from, interval)) / (to - from);
      rows[interval] += count * share;
    }
  }

  private static List<Rewrite> byStart(List<Rewrite> rewrites) {
    return rewrites.stream()
        .sorted(Comparator.comparing(Rewrite::started).thenComparing(Rewrite::finished))
        .toList();
  }
}
