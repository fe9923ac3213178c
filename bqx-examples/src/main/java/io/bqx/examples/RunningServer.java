package io.bqx.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What {@code postmaster.pid} says about the server that runs on a data folder. */
record RunningServer(long pid, int port) {

  private static final int PORT_LINE = 3;

  /** Linux counts CPU time in hundredths of a second, whatever the clock of its kernel is. */
  private static final long TICK_MILLIS = 10;

  /** Where, after the name of a process, Linux tells its CPU time; user and system. */
  private static final int OWN_TICKS = 11;

  /** The same of those of its children that have ended. */
  private static final int CHILDRENS_TICKS = 13;

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

  /**
   * CPU time of the server's processes, those that have ended included; empty where there is no
   * {@code /proc} to tell.
   */
  Optional<Duration> cpuTime() {
    Optional<ProcessHandle> postmaster = ProcessHandle.of(pid);
    Optional<long[]> ticks = ticks(pid);
    if (postmaster.isEmpty() || ticks.isEmpty()) {
      return Optional.empty();
    }
    long sum = ticks.get()[0] + ticks.get()[1];
    List<Long> children = postmaster.get().children().map(ProcessHandle::pid).toList();
    for (long child : children) {
      // One that has ended since is among the ended children of the next reading.
      sum += ticks(child).map(own -> own[0]).orElse(0L);
    }
    return Optional.of(Duration.ofMillis(sum * TICK_MILLIS));
  }

  /** Ticks of a process, and of its ended children. */
  private static Optional<long[]> ticks(long process) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(process), "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return Optional.of(
          new long[] {
            Long.parseLong(fields[OWN_TICKS]) + Long.parseLong(fields[OWN_TICKS + 1]),
            Long.parseLong(fields[CHILDRENS_TICKS]) + Long.parseLong(fields[CHILDRENS_TICKS + 1])
          });
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
