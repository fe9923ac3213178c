package io.bqx.examples;

import io.bqx.aws.AwsClients;
import io.bqx.aws.worker.Resize;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Gives the resident machine another type. */
@Command(
    name = "resize",
    description = {
      "Gives a machine another type: snapshots of all its volumes, stop, change, start, status"
          + " checks, comparison. If a step fails, the machine gets its old type and state back."
          + " Architecture, ENA, instance store and zone are checked before it is touched.",
      "",
      "Run it from another machine than that one. Its public address changes unless it is an"
          + " Elastic IP."
    },
    footer = {
      "",
      "Examples:",
      "  bqx worker resize --instance i-0123456789abcdef0 --to t3.large --dry-run",
      "  bqx worker resize --instance i-0123456789abcdef0 --to t3.large",
      "",
      "Exit codes: 0 it has the new type, 1 it has not, 2 bad usage."
    })
final class WorkerResizeCommand implements Callable<Integer> {

  @Spec private CommandSpec command;
  @Mixin private AwsOptions aws;
  @Mixin private DryRunOption dryRun;

  @Option(
      names = "--instance",
      paramLabel = "ID",
      required = true,
      description = "The machine, as in i-0123456789abcdef0.")
  private String instance;

  @Option(
      names = "--to",
      paramLabel = "TYPE",
      required = true,
      description = "The type that it is to have, as in t3.large.")
  private String type;

  @Option(
      names = "--lose-instance-store",
      description = "Go on although it has instance-store volumes, whose content a stop destroys.")
  private boolean loseInstanceStore;

  @Override
  public Integer call() {
    Console console = new Console(command);
    try (AwsClients clients = aws.clients()) {
      Resize resize = resize(clients).listener(new WorkerProgress(console.err()));
      if (loseInstanceStore) {
        resize.losingInstanceStore();
      }
      if (dryRun.isGiven()) {
        console.print(DryRunOption.lines(resize.plan()));
        return 0;
      }
      console.print(WorkerText.lines(resize.run()));
      return 0;
    }
  }

  private Resize resize(AwsClients clients) {
    try {
      return Resize.with(clients).instance(instance).to(type);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage());
    }
  }
}
