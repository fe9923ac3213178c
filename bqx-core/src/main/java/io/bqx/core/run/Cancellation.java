package io.bqx.core.run;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A request to stop: partitions in hand are finished, no other is begun. */
final class Cancellation {

  private final CountDownLatch requested = new CountDownLatch(1);

  void request() {
    requested.countDown();
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
