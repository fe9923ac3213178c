package io.bqx.aws.testing;

import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A clock that a test moves, and a scheduler that goes by it on the test's own thread. */
public final class ManualTime extends Clock {

  private record Task(Instant due, Runnable work) {}

  private final List<Task> tasks = new ArrayList<>();
  private Instant now;
  private boolean shutDown;

  private ManualTime(Instant start) {
    this.now = start;
  }

  /** Time that stands still at a moment. */
  public static ManualTime at(String instant) {
    return new ManualTime(Instant.parse(instant));
  }

  /** Lets time pass and does, in its order, what falls due. */
  public void advance(Duration time) {
    Instant end = now.plus(time);
    while (true) {
      Task next =
          tasks.stream()
              .filter(task -> !task.due().isAfter(end))
              .min(Comparator.comparing(Task::due))
              .orElse(null);
      if (next == null) {
        now = end;
        return;
      }
      tasks.remove(next);
      now = next.due();
      next.work().run();
    }
  }

  /** A scheduler that can do one thing at one time, and be shut down. */
  public ScheduledExecutorService scheduler() {
    return (ScheduledExecutorService)
        Proxy.newProxyInstance(
            ManualTime.class.getClassLoader(),
            new Class<?>[] {ScheduledExecutorService.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "schedule" -> {
                    Duration delay =
                        Duration.ofNanos(((TimeUnit) arguments[2]).toNanos((long) arguments[1]));
                    tasks.add(new Task(now.plus(delay), (Runnable) arguments[0]));
                    yield null;
                  }
                  case "shutdownNow" -> {
                    shutDown = true;
                    tasks.clear();
                    yield List.of();
                  }
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  /** Whether the scheduler was shut down. */
  public boolean isShutDown() {
    return shutDown;
  }

  @Override
  public Instant instant() {
    return now;
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException("The test's time is in UTC");
  }
}
