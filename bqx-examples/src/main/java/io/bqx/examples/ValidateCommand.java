package io.bqx.examples;

import io.bqx.core.run.Phase2;
import io.bqx.core.validation.ValidationReport;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Checks what is stored. */
@Command(
    name = "validate",
    description = {
      "Checks the stored features: tables and partitions, columns and their types, missing values, ranges, and every value"
          + " against its recomputation from the bars. Changes nothing.",
      "",
      "Without --from and --to, every month that has bars. Give the --cost and --threshold that the features were computed"
          + " with."
    },
    footer = {
      "",
      "Examples:",
      "  bqx validate --embedded ./db",
      "  bqx validate --embedded ./db --stages 2.3 --from 2024-07 --to 2024-08",
      "",
      "Exit codes: 0 every check passed, 1 one did not, 2 bad usage."
    })
final class ValidateCommand implements Callable<Integer> {

  @Spec private CommandSpec command;
  @Mixin private DatabaseOptions database;
  @Mixin private MonthOptions months;
  @Mixin private StageOptions stages;
  @Mixin private LayoutOption layout;

  @Override
  public Integer call() {
    database.check();
    months.check();
    stages.check();
    Console console = new Console(command);
    try (Database open = database.open(new Interruption(console.err()))) {
      MonthOptions.Range range = months.orStored(open);
      Phase2 job =
          Phase2.on(open.dataSource()).schema(open.schema()).months(range.from(), range.to());
      ValidationReport report = stages.applyTo(layout.applyTo(job)).validate();
      console.print(ValidationText.lines(report));
      return report.exitCode();
    }
  }
}
