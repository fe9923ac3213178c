package io.bqx.core.run;

import io.bqx.core.BqxException;
import io.bqx.core.retry.Retries;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

/** A job that runs in a thread of its own. */
public final class Run {

  private final Cancellation cancellation = new Cancellation();
  private final CompletableFuture<RunReport> result = new CompletableFuture<>();

  private Run() {}

  static Run start(JobSettings settings, String worker) {
    Run run = new Run();
    Thread thread = new Thread(() -> run.work(settings, worker), "bqx-run");
    thread.setDaemon(true);
    thread.start();
    return run;
  }

  private void work(JobSettings settings, String worker) {
    try {
      result.complete(Runner.run(settings, Retries.ofDefaults(), cancellation, worker));
    } catch (RuntimeException | Error e) {
      result.completeExceptionally(e);
    }
  }

  /** Asks the job to stop: partitions in hand are finished, no other is begun. Returns at once. */
  public void cancel() {
    cancellation.request();
  }

  /**
   * Asks the job to stop like {@link #cancel()}, for a reason that the report's cancelled
   * partitions and the ledger's message of the run name; the first reason given is kept.
   */
  public void cancel(String reason) {
    cancellation.request(Objects.requireNonNull(reason, "reason"));
  }

  /**
   * The end of the job, for those who do not wait in a thread: completed with the report, or with
   * the error that {@link #await} throws. To complete or cancel a future made of it changes nothing
   * of the job.
   */
  public CompletionStage<RunReport> completion() {
    return result.minimalCompletionStage();
  }

  /**
   * Waits for the job to end, cancelled or not.
   *
   * @throws BqxException if the run could not begin
   * @throws InterruptedException if the waiting thread was interrupted; the job goes on
   */
  public RunReport await() throws InterruptedException {
    try {
      return result.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      throw new BqxException("The run ended with an error: " + e.getCause(), e.getCause());
    }
  }
}
