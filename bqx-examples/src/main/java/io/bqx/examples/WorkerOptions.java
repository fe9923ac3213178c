package io.bqx.examples;

import io.bqx.aws.AwsClients;
import io.bqx.aws.worker.Worker;
import io.bqx.aws.worker.WorkerSpec;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The options that name a worker. */
final class WorkerOptions {

  @Option(
      names = "--spec",
      paramLabel = "FILE",
      required = true,
      description =
          "The worker's specification, YAML or properties; docs/worker.md lists the keys.")
  private Path spec;

  @Option(
      names = "--state",
      paramLabel = "FILE",
      description =
          "Where the worker's state is kept; .bqx/workers/NAME.json in your home folder if not"
              + " given.")
  private Path state;

  /** The worker, whose decisions and waits are shown. */
  Worker worker(AwsClients clients, Console console) {
    Worker worker =
        Worker.with(clients)
            .spec(WorkerSpec.fromFile(spec))
            .listener(new WorkerProgress(console.err()));
    return state == null ? worker : worker.stateFile(state);
  }
}
