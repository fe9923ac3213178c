package io.bqx.core.run;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** A request to stop: partitions in hand are finished, no other is begun. */
final class Cancellation {

  private final CountDownLatch requested = new CountDownLatch(1);
  private final AtomicReference<String> reason = new AtomicReference<>();

  void request() {
    requested.countDown();
  }

  /** Cancels for a reason; the first one is kept. */
  void request(String because) {
    reason.compareAndSet(null, because);
    request();
  }

  /** Why, if that was said. */
  Optional<String> reason() {
    return Optional.ofNullable(reason.get());
  }

  /** A text about what was left undone, with the reason if there is one. */
  String explain(String what) {
    return reason().map(because -> what + ": " + because).orElse(what);
  }

  boolean isRequested() {
    return requested.getCount() == 0;
  }

  /** Waits until cancelled, at most for the given time. */
  void await(Duration atMost) {
    try {
      requested.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      request();
      Thread.currentThread().interrupt();
    }
  }
}
