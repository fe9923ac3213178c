package io.bqx.examples;

import io.bqx.aws.worker.PlannedCall;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The option that shows what would be called. */
final class DryRunOption {

  @Option(
      names = "--dry-run",
      description =
          "Print the calls of AWS that would be made, in order, and make none of them. A command that changes something prints"
              + " those that change it, and looks at what is there.")
  private boolean given;

  boolean isGiven() {
    return given;
  }

  /** The calls, one per line. */
  static List<String> lines(List<PlannedCall> calls) {
    if (calls.isEmpty()) {
      return List.of("Nothing would be changed");
    }
    List<String> lines = new ArrayList<>();
    lines.add("Would call, and has not called:");
    calls.forEach(call -> lines.add("  " + call));
    return lines;
  }
}
