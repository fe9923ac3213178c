package io.bqx.aws;

import io.bqx.core.CancelledException;
import java.time.Duration;
import java.time.Instant;

/** How time passes for whoever waits. Tests put a clock of their own in its place. */
public interface Waiting {

  /** The time now. */
  Instant now();

  /**
   * Lets time pass.
   *
   * @throws CancelledException if the thread was interrupted; its interrupt flag is set
   */
  void pause(Duration time);

  /** The clock of this machine. */
  static Waiting system() {
    return new Waiting() {
      @Override
      public Instant now() {
        return Instant.now();
      }

      @Override
      public void pause(Duration time) {
        try {
          Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new CancelledException("The wait was cancelled", e);
        }
      }
    };
  }
}
