package io.bqx.core.run;

import io.bqx.core.catalog.Scope;
import io.bqx.core.rewrite.LockWait;
import io.bqx.core.watch.Stall;
import io.bqx.features.CurrencyPair;
import java.time.YearMonth;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Several listeners as one; one that fails keeps none of the others from hearing. */
final class RunListeners implements RunListener {

  private final List<RunListener> listeners;

  RunListeners(List<RunListener> listeners) {
    this.listeners = listeners;
  }

  private void tell(Consumer<RunListener> event) {
    RuntimeException failure = null;
    for (RunListener listener : listeners) {
      try {
        event.accept(listener);
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void runStarted(RunProgress progress) {
    tell(listener -> listener.runStarted(progress));
  }

  @Override
  public void partitionStarted(Scope scope, YearMonth month, List<String> stages) {
    tell(listener -> listener.partitionStarted(scope, month, stages));
  }

  @Override
  public void partitionFinished(PartitionOutcome outcome, RunProgress progress) {
    tell(listener -> listener.partitionFinished(outcome, progress));
  }

  @Override
  public void retrying(Scope scope, YearMonth month, int attempt, String fault) {
    tell(listener -> listener.retrying(scope, month, attempt, fault));
  }

  @Override
  public void waiting(String reason) {
    tell(listener -> listener.waiting(reason));
  }

  @Override
  public void waitingForLock(Optional<CurrencyPair> pair, YearMonth month, LockWait wait) {
    tell(listener -> listener.waitingForLock(pair, month, wait));
  }

  @Override
  public void stalled(Stall stall) {
    tell(listener -> listener.stalled(stall));
  }

  @Override
  public void runFinished(RunReport report) {
    tell(listener -> listener.runFinished(report));
  }
}
