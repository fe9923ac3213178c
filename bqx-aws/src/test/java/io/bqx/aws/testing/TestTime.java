package io.bqx.aws.testing;

import io.bqx.aws.Waiting;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A clock that only goes on when somebody waits, and then at once. */
public final class TestTime implements Waiting {

  /** The time at which it begins. */
  public static final Instant BEGIN = Instant.parse("2025-03-03T08:00:00Z");

  private final List<Duration> pauses = new ArrayList<>();
  private final Map<Integer, Runnable> atPause = new HashMap<>();
  private Instant now;

  /** A clock that stands at {@link #BEGIN}. */
  public TestTime() {
    this(BEGIN);
  }

  /** A clock that stands at a time. */
  public TestTime(Instant now) {
    this.now = now;
  }

  @Override
  public Instant now() {
    return now;
  }

  @Override
  public void pause(Duration time) {
    pauses.add(time);
    now = now.plus(time);
    atPause.getOrDefault(pauses.size(), () -> {}).run();
  }

  /** Sets the clock, forth or back. */
  public void set(Instant time) {
    now = time;
  }

  /** Does something in the pause of a number, the first being 1. */
  public void atPause(int number, Runnable event) {
    atPause.put(number, event);
  }

  /** The pauses so far. */
  public List<Duration> pauses() {
    return List.copyOf(pauses);
  }

  /** The time that has passed in pauses. */
  public Duration paused() {
    return pauses.stream().reduce(Duration.ZERO, Duration::plus);
  }
}
