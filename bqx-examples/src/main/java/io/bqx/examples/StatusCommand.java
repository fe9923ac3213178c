package io.bqx.examples;

import io.bqx.core.run.Phase2;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Says how far the work in a database has come. */
@Command(
    name = "status",
    description = {
      "Says, per month and stage, how many partitions are done, running, failed and remaining; how fast the work proceeds;"
          + " and whose claims have stalled. Changes nothing.",
      "",
      "Without --from and --to, every month that has bars. With --watch, again and again until nobody works on them any"
          + " more: in place on a terminal, else a line whenever something has changed."
    },
    footer = {
      "",
      "Examples:",
      "  bqx status --embedded ./db",
      "  bqx status --embedded ./db --watch --interval 5",
      "  BQX_DB_PASSWORD=... bqx status --jdbc-url jdbc:postgresql://db/fx --user me",
      "",
      "Exit codes: 0 shown, 1 the database cannot be read, 2 bad usage."
    })
final class StatusCommand implements Callable<Integer> {

  private static final int LONGEST_INTERVAL = 3600;

  @Spec private CommandSpec command;
  @Mixin private DatabaseOptions database;
  @Mixin private MonthOptions months;
  @Mixin private LayoutOption layout;

  @Option(names = "--watch", description = "Show it until nobody works on these months any more.")
  private boolean watch;

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      description = "With --watch: how often to look; ${DEFAULT-VALUE} if not given.")
  private int interval = 2;

  @Override
  public Integer call() throws InterruptedException {
    database.check();
    months.check();
    if (interval < 1 || interval > LONGEST_INTERVAL) {
      throw new ParameterException(
          command.commandLine(),
          String.format(
              Locale.ROOT,
              "--interval is %d; it must be from 1 to %d seconds",
              interval,
              LONGEST_INTERVAL));
    }
    Console console = new Console(command);
    Interruption interruption = new Interruption(console.err());
    try (Database open = database.open(interruption)) {
      MonthOptions.Range range = months.orStored(open);
      Phase2 job =
          layout.applyTo(
              Phase2.on(open.dataSource()).schema(open.schema()).months(range.from(), range.to()));
      if (watch) {
        watch(job, console, interruption);
      }
      console.print(StatusText.lines(job.status()));
      return 0;
    }
  }

  private void watch(Phase2 job, Console console, Interruption interruption)
      throws InterruptedException {
    Duration pause = Duration.ofSeconds(interval);
    try (Screen screen = TerminalScreen.open().orElseGet(() -> new ChangedLines(console.err()))) {
      new StatusWatch(job::status, screen).follow(() -> interruption.isRequestedWithin(pause));
      screen.show(List.of());
    }
  }
}
