package io.bqx.examples;

import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** Where a command writes: results to standard output, everything else to standard error. */
final class Console {

  private final PrintWriter out;
  private final PrintWriter err;

  Console(CommandSpec command) {
    this.out = command.commandLine().getOut();
    this.err = command.commandLine().getErr();
  }

  PrintWriter err() {
    return err;
  }

  /** Writes a line that is no result. */
  void note(String line) {
    err.println(line);
    err.flush();
  }

  /** What somebody at the terminal answers; empty if there is no terminal. */
  Optional<String> ask(String question) {
    return Optional.ofNullable(System.console())
        .map(terminal -> terminal.readLine("%s", question))
        .map(String::strip);
  }

  /** Writes a line of the result. */
  void print(String line) {
    out.println(line);
    out.flush();
  }

  /** Writes lines of the result. */
  void print(List<String> lines) {
    lines.forEach(out::println);
    out.flush();
  }
}
