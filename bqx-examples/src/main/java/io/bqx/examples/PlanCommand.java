package io.bqx.examples;

import io.bqx.core.run.Phase2;
import io.bqx.core.run.RunPlan;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says what a run would do. */
@Command(
    name = "plan",
    description =
        "Says which partitions are due and why, and how much there is to write. Changes nothing.",
    footer = {
      "",
      "Examples:",
      "  bqx plan --embedded ./db --from 2024-07 --to 2025-06",
      "  bqx plan --embedded ./db --from 2024-07 --to 2025-06 --stages 2.4 --cost 0.03",
      "",
      "Exit codes: 0 planned, 1 failed, 2 bad usage."
    })
final class PlanCommand implements Callable<Integer> {

  @Spec private CommandSpec command;
  @Mixin private DatabaseOptions database;
  @Mixin private MonthOptions months;
  @Mixin private StageOptions stages;
  @Mixin private LayoutOption layout;

  @Override
  public Integer call() {
    database.check();
    MonthOptions.Range range = months.required();
    stages.check();
    Console console = new Console(command);
    try (Database open = database.open(new Interruption(console.err()))) {
      Phase2 job =
          Phase2.on(open.dataSource()).schema(open.schema()).months(range.from(), range.to());
      RunPlan plan = stages.applyTo(layout.applyTo(job)).plan();
      console.print(PlanText.lines(plan));
      return 0;
    }
  }
}
