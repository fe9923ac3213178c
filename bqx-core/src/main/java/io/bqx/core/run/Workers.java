package io.bqx.core.run;

import io.bqx.core.CancelledException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * The threads of a job. What prepares a month goes before what writes one, and otherwise first come
 * is first served: so the next month is ready when the last partition of this one is written, and
 * no more threads or connections are at work for it.
 */
final class Workers implements AutoCloseable {

  private final ThreadPoolExecutor threads;
  private final AtomicInteger threadCount = new AtomicInteger();
  private final AtomicLong taskCount = new AtomicLong();

  Workers(int count) {
    this.threads =
        new ThreadPoolExecutor(
            count, count, 0, TimeUnit.SECONDS, new PriorityBlockingQueue<>(), this::newThread);
  }

  private Thread newThread(Runnable task) {
    Thread thread = new Thread(task, "bqx-worker-" + threadCount.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }

  /** Begins work on a partition of a month that is prepared. */
  <T> Future<T> submit(Callable<T> work) {
    return start(work, false);
  }

  private <T> Future<T> start(Callable<T> work, boolean prepares) {
    Task<T> task = new Task<>(work, prepares, taskCount.incrementAndGet());
    threads.execute(task);
    return task;
  }

  /**
   * Does work that prepares a month on each of the items, and waits for all of it. Not to be called
   * by one of these threads.
   *
   * @return the results in the order of the items
   * @throws CancelledException if the caller was interrupted meanwhile
   */
  <T, R> List<R> prepareAll(Collection<T> items, Function<T, R> work) {
    List<Future<R>> tasks = new ArrayList<>();
    for (T item : items) {
      tasks.add(start(() -> work.apply(item), true));
    }
    Waiting waiting = new Waiting();
    List<R> results = new ArrayList<>();
    for (Future<R> task : tasks) {
      results.add(waiting.resultOf(task));
    }
    waiting.end();
    return results;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  /** Waits for several tasks, whatever happens to each of them or to the one who waits. */
  private static final class Waiting {

    private Throwable failure;
    private boolean interrupted;

    <R> R resultOf(Future<R> task) {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          failed(e.getCause());
          return null;
        }
      }
    }

    private void failed(Throwable cause) {
      if (failure == null) {
        failure = cause;
      } else if (failure != cause) {
        failure.addSuppressed(cause);
      }
    }

    void end() {
      if (interrupted) {
        Thread.currentThread().interrupt();
        throw new CancelledException("Interrupted while a month was prepared", failure);
      }
      if (failure instanceof Error error) {
        throw error;
      }
      if (failure != null) {
        throw (RuntimeException) failure;
      }
    }
  }

  /** A task that waits in the queue for its turn. */
  private static final class Task<T> extends FutureTask<T> implements Comparable<Task<?>> {

    private final boolean prepares;
    private final long number;

    Task(Callable<T> work, boolean prepares, long number) {
      super(work);
      this.prepares = prepares;
      this.number = number;
    }

    @Override
    public int compareTo(Task<?> other) {
      return prepares == other.prepares
          ? Long.compare(number, other.number)
          : Boolean.compare(other.prepares, prepares);
    }
  }
}
