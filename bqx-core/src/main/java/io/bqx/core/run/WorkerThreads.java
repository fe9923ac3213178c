package io.bqx.core.run;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Daemon threads named after their task. */
final class WorkerThreads implements ThreadFactory {

  private final AtomicInteger count = new AtomicInteger();

  @Override
  public Thread newThread(Runnable task) {
    Thread thread = new Thread(task, "bqx-worker-" + count.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }
}
