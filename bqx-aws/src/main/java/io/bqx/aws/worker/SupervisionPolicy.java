package io.bqx.aws.worker;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * How a run on a rented machine is watched. Immutable.
 *
 * <pre>{@code
 * SupervisionPolicy.ofDefaults().relaunches(3).hungAfter(Duration.ofMinutes(10))
 * }</pre>
 */
public final class SupervisionPolicy {

  private static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(30);
  private static final Duration DEFAULT_READY_WITHIN = Duration.ofMinutes(20);
  private static final Duration DEFAULT_HUNG_AFTER = Duration.ofMinutes(15);
  private static final Duration DEFAULT_FAILED_AFTER = Duration.ofMinutes(5);
  private static final int DEFAULT_RELAUNCHES = 5;
  private static final int MOST_RELAUNCHES = 100;

  private final Duration interval;
  private final Duration readyWithin;
  private final Duration hungAfter;
  private final Duration failedAfter;
  private final int relaunches;
  private final Optional<Duration> bound;

  private SupervisionPolicy(
      Duration interval,
      Duration readyWithin,
      Duration hungAfter,
      Duration failedAfter,
      int relaunches,
      Optional<Duration> bound) {
    this.interval = interval;
    this.readyWithin = readyWithin;
    this.hungAfter = hungAfter;
    this.failedAfter = failedAfter;
    this.relaunches = relaunches;
    this.bound = bound;
  }

  /**
   * A look every 30 seconds, 20 minutes to become ready, 15 minutes of silence, 5 minutes after a
   * failure, 5 relaunches, and at most the specification's maximum run time.
   */
  public static SupervisionPolicy ofDefaults() {
    return new SupervisionPolicy(
        DEFAULT_INTERVAL,
        DEFAULT_READY_WITHIN,
        DEFAULT_HUNG_AFTER,
        DEFAULT_FAILED_AFTER,
        DEFAULT_RELAUNCHES,
        Optional.empty());
  }

  /**
   * The same, with another time between two looks.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public SupervisionPolicy interval(Duration time) {
    return new SupervisionPolicy(
        positive("interval", time), readyWithin, hungAfter, failedAfter, relaunches, bound);
  }

  /**
   * The same, with another time within which a machine must be ready.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public SupervisionPolicy readyWithin(Duration time) {
    return new SupervisionPolicy(
        interval, positive("readyWithin", time), hungAfter, failedAfter, relaunches, bound);
  }

  /**
   * The same, with another time after which a machine that runs, but whose job gives no sign of
   * life, is replaced. It must be longer than the job takes to find out what is due.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public SupervisionPolicy hungAfter(Duration time) {
    return new SupervisionPolicy(
        interval, readyWithin, positive("hungAfter", time), failedAfter, relaunches, bound);
  }

  /**
   * The same, with another time after which a job that ended with an error, and that the machine
   * has not started again since, has failed for good.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public SupervisionPolicy failedAfter(Duration time) {
    return new SupervisionPolicy(
        interval, readyWithin, hungAfter, positive("failedAfter", time), relaunches, bound);
  }

  /**
   * The same, with another number of machines that may follow the first one, over the whole run and
   * however often it is supervised anew.
   *
   * @throws IllegalArgumentException if it is negative or above 100
   */
  public SupervisionPolicy relaunches(int most) {
    if (most < 0 || most > MOST_RELAUNCHES) {
      throw new IllegalArgumentException(
          "relaunches is " + most + "; it must be between 0 and " + MOST_RELAUNCHES);
    }
    return new SupervisionPolicy(interval, readyWithin, hungAfter, failedAfter, most, bound);
  }

  /**
   * The same, with another time after which to give up watching.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public SupervisionPolicy bound(Duration time) {
    return new SupervisionPolicy(
        interval,
        readyWithin,
        hungAfter,
        failedAfter,
        relaunches,
        Optional.of(positive("bound", time)));
  }

  private static Duration positive(String setting, Duration time) {
    if (time.isNegative() || time.isZero()) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%s is %s; it must be positive", setting, time));
    }
    return time;
  }

  /** The time between two looks. */
  public Duration interval() {
    return interval;
  }

  /** The time within which a machine must be ready. */
  public Duration readyWithin() {
    return readyWithin;
  }

  /** The time of silence after which a machine that runs is replaced. */
  public Duration hungAfter() {
    return hungAfter;
  }

  /** The time after which a job that ended with an error has failed for good. */
  public Duration failedAfter() {
    return failedAfter;
  }

  /** How many machines may follow the first one. */
  public int relaunches() {
    return relaunches;
  }

  /** After how long to give up watching; empty for the specification's maximum run time. */
  public Optional<Duration> bound() {
    return bound;
  }
}
