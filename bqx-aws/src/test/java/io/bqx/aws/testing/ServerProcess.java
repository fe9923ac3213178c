package io.bqx.aws.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A server that tests use, in a process of its own. It ends when it is closed, and when this JVM is
 * gone, however that has ended; the tests' folder {@code target} holds what it writes.
 */
final class ServerProcess implements AutoCloseable {

  /** Ends the server when the standard input does, which it shares with nobody. */
  private static final String UNTIL_END_OF_INPUT =
      """
      exec 3<&0
      "$@" </dev/null 3<&- &
      server=$!
      (read -r end; kill $server) <&3 >/dev/null 2>&1 &
      reader=$!
      wait $server
      kill $reader 2>/dev/null
      """;

  private static final long END_SECONDS = 30;

  private final Process process;

  private ServerProcess(Process process) {
    this.process = process;
  }

  /** Starts a program whose output is {@linkplain #output() read} by the caller. */
  static ServerProcess start(List<String> command) {
    return start(builder(command));
  }

  /** Starts a program whose output goes to a file. */
  static ServerProcess start(List<String> command, Path log) {
    return start(builder(command).redirectOutput(log.toFile()));
  }

  private static ProcessBuilder builder(List<String> command) {
    List<String> all = new ArrayList<>(List.of("/bin/sh", "-c", UNTIL_END_OF_INPUT, "sh"));
    all.addAll(command);
    return new ProcessBuilder(all).redirectErrorStream(true);
  }

  private static ServerProcess start(ProcessBuilder builder) {
    try {
      return new ServerProcess(builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start " + builder.command(), e);
    }
  }

  /** The folder for what servers write. */
  static Path folder() {
    return Path.of(System.getProperty("basedir", "."), "target").toAbsolutePath();
  }

  BufferedReader output() {
    return process.inputReader();
  }

  /** Waits for its end at most that long; whether it has ended. */
  boolean endsWithin(long milliseconds) {
    try {
      return process.waitFor(milliseconds, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting for a server", e);
    }
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (!endsWithin(TimeUnit.SECONDS.toMillis(END_SECONDS))) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
