package io.bqx.examples;

import io.bqx.core.run.Run;
import io.bqx.core.run.RunReport;
import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What happens on Ctrl-C or SIGTERM: the work in hand is asked to stop and given time to end in
 * order, before the server behind it is stopped.
 */
final class Interruption {

  private static final long PATIENCE_SECONDS = 60;

  private final CountDownLatch ended = new CountDownLatch(1);
  private final PrintWriter err;
  private final Thread atExit = new Thread(this::interrupt, "bqx-interruption");
  private volatile Runnable cancel = () -> {};
  private volatile boolean requested;

  Interruption(PrintWriter err) {
    this.err = err;
  }

  /** Waits for a run to end; an interruption cancels it. */
  RunReport await(Run run) throws InterruptedException {
    cancels(run);
    return run.await();
  }

  /** Has an interruption cancel a run, for whose end somebody else waits. */
  void cancels(Run run) {
    cancel = run::cancel;
    if (requested) {
      run.cancel();
    }
  }

  /** Whether the process has been asked to end, so that nothing more is to be begun. */
  boolean isRequested() {
    return requested;
  }

  /** Has this interruption take place when the JVM is asked to end. */
  void registerAtExit() {
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /** Asks the work in hand to stop, and waits until it has ended, at most a minute. */
  void interrupt() {
    if (ended.getCount() == 0) {
      return;
    }
    requested = true;
    err.println(
        "bqx: stopping; what is in hand is brought to an end. Run the command again to go on.");
    err.flush();
    cancel.run();
    try {
      if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        err.println(
            "bqx: gave up waiting after "
                + PATIENCE_SECONDS
                + " s; nothing half done is visible to readers.");
        err.flush();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** There is no work in hand any more. */
  void ended() {
    ended.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The JVM is ending, which is why the work has.
    }
  }
}
