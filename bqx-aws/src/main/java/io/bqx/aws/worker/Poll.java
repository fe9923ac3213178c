package io.bqx.aws.worker;

import io.bqx.aws.AwsCallException;
import io.bqx.aws.Waiting;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/** Looks at something again and again until it is as it should be or the time is up. */
final class Poll {

  private final Waiting waiting;
  private final WorkerListener listener;

  Poll(Waiting waiting, WorkerListener listener) {
    this.waiting = waiting;
    this.listener = listener;
  }

  /**
   * What the look found; empty if it found nothing within the bound. A look that AWS refuses
   * because there are too many counts as one that found nothing.
   *
   * <p>The number of looks is bounded as well, so that a clock that is put back does not make the
   * wait endless.
   *
   * @param what what is waited for, asked at each look after it was taken
   */
  <T> Optional<T> until(
      Supplier<String> what, Duration interval, Duration bound, Supplier<Optional<T>> look) {
    Instant begin = waiting.now();
    long looks = bound.dividedBy(interval) + 2;
    for (long taken = 1; ; taken++) {
      Optional<T> found = patiently(look);
      if (found.isPresent()) {
        return found;
      }
      Duration elapsed = Duration.between(begin, waiting.now());
      if (elapsed.compareTo(bound) >= 0 || taken >= looks) {
        return Optional.empty();
      }
      listener.waiting(what.get(), elapsed, bound);
      waiting.pause(interval);
    }
  }

  private static <T> Optional<T> patiently(Supplier<Optional<T>> look) {
    try {
      return look.get();
    } catch (AwsCallException e) {
      if (e.isThrottling()) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
