package io.bqx.core.export;

import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import io.bqx.core.export.ExportOutcome.State;
import io.bqx.core.export.ExportTargets.Target;
import io.bqx.core.rewrite.LockWait;
import io.bqx.core.watch.Watchdog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of an export or a verification: those that work on files, one that reads the database
 * beside each of them, and the watchdog's.
 */
final class ExportWorkers implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ExportWorkers.class);

  /** Work on one file. */
  interface Work {
    ExportOutcome on(Target target) throws Exception;
  }

  private final ExportSettings settings;
  private final Watchdog watchdog;
  private final ExecutorService workers;
  private final ExecutorService readers =
      Executors.newCachedThreadPool(daemons("bqx-export-reader"));
  private volatile boolean cancelled;

  ExportWorkers(ExportSettings settings) {
    this.settings = settings;
    this.watchdog =
        new Watchdog(
            settings.dataSource(),
            settings.stallPolicy(),
            stall -> tell(listener -> listener.stalled(stall)));
    this.workers = Executors.newFixedThreadPool(settings.workers(), daemons("bqx-export"));
    watchdog.start();
  }

  private static ThreadFactory daemons(String name) {
    AtomicInteger count = new AtomicInteger();
    return work -> {
      Thread thread = new Thread(work, name + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  Watchdog watchdog() {
    return watchdog;
  }

  /** Threads that read while another one encodes. */
  ExecutorService readers() {
    return readers;
  }

  /**
   * Does the work on each target that has features, and waits for all of it. An interrupt of the
   * caller cancels: what is in hand is finished, nothing else is begun.
   *
   * @return an outcome for each target, in order
   */
  List<ExportOutcome> onEach(List<Target> targets, Work work) {
    AtomicInteger finished = new AtomicInteger();
    List<Future<ExportOutcome>> tasks = new ArrayList<>();
    for (Target target : targets) {
      tasks.add(
          workers.submit(
              () -> {
                ExportOutcome outcome = outcome(target, work);
                tell(
                    listener ->
                        listener.finished(outcome, finished.incrementAndGet(), targets.size()));
                return outcome;
              }));
    }
    List<ExportOutcome> outcomes = new ArrayList<>();
    for (Future<ExportOutcome> task : tasks) {
      outcomes.add(await(task));
    }
    return outcomes;
  }

  private ExportOutcome await(Future<ExportOutcome> task) {
    while (true) {
      try {
        return task.get();
      } catch (InterruptedException e) {
        cancelled = true;
      } catch (ExecutionException e) {
        if (e.getCause() instanceof Error error) {
          throw error;
        }
        throw new IllegalStateException(e.getCause());
      }
    }
  }

  private ExportOutcome outcome(Target target, Work work) {
    long start = System.nanoTime();
    try {
      return cancelled
          ? ExportOutcome.without(target, State.CANCELLED, Duration.ZERO, "It was not begun")
          : switch (target.kind()) {
            case FEATURES -> work.on(target);
            case NOTHING ->
                ExportOutcome.without(target, State.NO_BARS, Duration.ZERO, "There are no bars");
            case BARS_ONLY ->
                throw new BqxException(
                    "There are bars but no features of this month; compute them with 'bqx run'");
          };
    } catch (CancelledException e) {
      return ExportOutcome.without(target, State.CANCELLED, since(start), e.getMessage());
    } catch (BqxException e) {
      LOG.warn("{} failed: {}", target, e.getMessage());
      return ExportOutcome.without(target, State.FAILED, since(start), e.getMessage());
    } catch (Exception e) {
      LOG.warn("{} failed", target, e);
      return ExportOutcome.without(target, State.FAILED, since(start), e.toString());
    }
  }

  static Duration since(long startNanos) {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  void retrying(Target target, int attempt, Throwable error) {
    tell(
        listener ->
            listener.retrying(
                target.pair(), target.month(), attempt, String.valueOf(error.getMessage())));
  }

  void waiting(Target target, LockWait wait) {
    tell(listener -> listener.waiting(target + " waits for " + wait));
  }

  private synchronized void tell(Consumer<ExportListener> event) {
    try {
      event.accept(settings.listener());
    } catch (RuntimeException e) {
      LOG.warn("The listener of the export failed", e);
    }
  }

  /** Ends the threads; if the work was cancelled, the caller's thread is interrupted again. */
  @Override
  public void close() {
    workers.shutdownNow();
    readers.shutdownNow();
    watchdog.close();
    if (cancelled) {
      Thread.currentThread().interrupt();
    }
  }
}
