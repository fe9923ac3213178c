package io.bqx.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What {@code postmaster.pid} says about the server that runs on a data folder. */
record RunningServer(long pid, int port) {

  private static final int PORT_LINE = 3;

  /**
   * The file that a server keeps in its data folder while it runs, and leaves behind if it is
   * killed.
   */
  static Path pidFile(Path data) {
    return data.resolve("postmaster.pid");
  }

  /**
   * The server that the file names, if that process exists; its port is 0 while it has not written
   * one.
   */
  static Optional<RunningServer> of(Path data) throws IOException {
    if (!Files.exists(pidFile(data))) {
      return Optional.empty();
    }
    List<String> lines = Files.readAllLines(pidFile(data)).stream().map(String::strip).toList();
    if (lines.isEmpty() || !lines.get(0).matches("\\d+")) {
      return Optional.empty();
    }
    long pid = Long.parseLong(lines.get(0));
    if (ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty()) {
      return Optional.empty();
    }
    boolean hasPort = lines.size() > PORT_LINE && lines.get(PORT_LINE).matches("\\d+");
    return Optional.of(
        new RunningServer(pid, hasPort ? Integer.parseInt(lines.get(PORT_LINE)) : 0));
  }

  /**
   * Whether the file was left behind although a process has its number: that process has ended
   * without being waited for, or is certainly not one of the given programs.
   */
  boolean isStale(PostgresBinaries binaries) {
    try {
      Path status = Path.of("/proc", Long.toString(pid), "stat");
      if (Files.isReadable(status) && Files.readString(status).contains(") Z ")) {
        return true;
      }
      Optional<String> command = ProcessHandle.of(pid).flatMap(handle -> handle.info().command());
      return command.isPresent() && !binaries.contain(Path.of(command.get()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
