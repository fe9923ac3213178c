package io.bqx.examples;

import io.bqx.aws.interruption.InstanceMetadata;
import io.bqx.aws.interruption.InterruptionListener;
import io.bqx.aws.interruption.InterruptionWatcher;
import io.bqx.aws.interruption.SpotInterruption;
import io.bqx.core.BqxException;
import io.bqx.core.run.Run;
import io.bqx.core.run.RunReport;
import java.net.URI;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Watches, while a run goes on, whether EC2 will take this machine back, and says so. */
final class InterruptionWatch implements AutoCloseable {

  private static final String ENDPOINT_VARIABLE = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

  private final CompletableFuture<Void> givenUp = new CompletableFuture<>();
  private final Optional<InterruptionWatcher> watcher;

  private InterruptionWatch(Map<String, String> environment, Run run, Console console) {
    this.watcher = watcher(environment, run, console);
  }

  /**
   * Begins to watch; says so and watches nothing where there are no metadata of EC2.
   *
   * @param environment may name another address of the metadata, as for the SDK
   */
  static InterruptionWatch begin(Map<String, String> environment, Run run, Console console) {
    return new InterruptionWatch(environment, run, console);
  }

  private Optional<InterruptionWatcher> watcher(
      Map<String, String> environment, Run run, Console console) {
    try {
      InstanceMetadata metadata =
          InstanceMetadata.at(
              URI.create(
                  environment.getOrDefault(
                      ENDPOINT_VARIABLE, InstanceMetadata.DEFAULT_ENDPOINT.toString())));
      say(console, "watching for a Spot interruption of " + metadata.instanceId());
      return Optional.of(InterruptionWatcher.of(metadata).listener(heard(console)).watch(run));
    } catch (BqxException e) {
      say(console, "interruptions are not watched. " + e.getMessage());
    } catch (IllegalArgumentException e) {
      say(console, "interruptions are not watched. " + ENDPOINT_VARIABLE + " is no address");
    }
    return Optional.empty();
  }

  private InterruptionListener heard(Console console) {
    return new InterruptionListener() {
      @Override
      public void interrupted(SpotInterruption interruption) {
        say(
            console,
            interruption.reason()
                + "; what is in hand is finished until "
                + interruption.deadline());
      }

      @Override
      public void budgetSpent(SpotInterruption interruption) {
        say(console, "no time is left; nothing half done is visible to readers.");
        givenUp.complete(null);
      }

      @Override
      public void rebalanceRecommended(Instant since) {
        say(console, "EC2 sees a higher risk of an interruption since " + since + "; going on.");
      }

      @Override
      public void unreadable(String reason) {
        say(console, "interruptions are not seen at present. " + reason);
      }
    };
  }

  private static void say(Console console, String what) {
    console.err().println("bqx: " + what);
    console.err().flush();
  }

  /** The report when the run has ended; empty if it has not when its time is over. */
  Optional<RunReport> await(Run run, Interruption interruption) throws InterruptedException {
    interruption.cancels(run);
    CompletableFuture<RunReport> end = run.completion().toCompletableFuture();
    try {
      CompletableFuture.anyOf(end, givenUp).get();
    } catch (ExecutionException e) {
      return Optional.of(run.await());
    }
    return end.isDone() ? Optional.of(run.await()) : Optional.empty();
  }

  /** Why the run was ended, if EC2 takes the machine back. */
  Optional<String> reason() {
    return watcher.flatMap(InterruptionWatcher::interruption).map(SpotInterruption::reason);
  }

  @Override
  public void close() {
    watcher.ifPresent(InterruptionWatcher::close);
  }
}
