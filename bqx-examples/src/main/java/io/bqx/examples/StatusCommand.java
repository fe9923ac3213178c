package io.bqx.examples;

import io.bqx.core.run.JobStatus;
import io.bqx.core.run.Phase2;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says how far the work in a database has come. */
@Command(
    name = "status",
    description = {
      "Says, per month and stage, how many partitions are done, running, failed and remaining; how fast the work proceeds;"
          + " and whose claims have stalled. Changes nothing.",
      "",
      "Without --from and --to, every month that has bars."
    },
    footer = {
      "",
      "Examples:",
      "  bqx status --embedded ./db",
      "  BQX_DB_PASSWORD=... bqx status --jdbc-url jdbc:postgresql://db/fx --user me",
      "",
      "Exit codes: 0 shown, 1 the database cannot be read, 2 bad usage."
    })
final class StatusCommand implements Callable<Integer> {

  @Spec private CommandSpec command;
  @Mixin private DatabaseOptions database;
  @Mixin private MonthOptions months;
  @Mixin private LayoutOption layout;

  @Override
  public Integer call() {
    database.check();
    months.check();
    Console console = new Console(command);
    try (Database open = database.open(new Interruption(console.err()))) {
      MonthOptions.Range range = months.orStored(open);
      Phase2 job =
          Phase2.on(open.dataSource()).schema(open.schema()).months(range.from(), range.to());
      JobStatus status = layout.applyTo(job).status();
      console.print(StatusText.lines(status));
      return 0;
    }
  }
}
