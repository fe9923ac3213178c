package io.bqx.examples;

import java.time.Duration;
import java.util.Optional;

/** Measures what work takes of time, CPU, log and heap, from when it is started. */
final class UsageMeter implements AutoCloseable {

  private final Database database;
  private final HeapPeak heap;
  private final long startNanos;
  private final Optional<Duration> clientCpu;
  private final Optional<Duration> serverCpu;
  private final Optional<Long> wal;

  private UsageMeter(Database database) {
    this.database = database;
    this.heap = HeapPeak.begin();
    this.wal = database.walPosition();
    this.clientCpu = clientCpu();
    this.serverCpu = serverCpu();
    this.startNanos = System.nanoTime();
  }

  /** Begins to measure this process and, as far as it can be seen, the server of a database. */
  static UsageMeter start(Database database) {
    return new UsageMeter(database);
  }

  /** What has been used since the start. */
  Usage read() {
    Duration elapsed = Duration.ofNanos(System.nanoTime() - startNanos);
    return new Usage(
        elapsed,
        clientCpu().flatMap(now -> clientCpu.map(now::minus)),
        serverCpu().flatMap(now -> serverCpu.map(now::minus)),
        database.walPosition().flatMap(now -> wal.map(before -> now - before)),
        heap.bytes());
  }

  @Override
  public void close() {
    heap.close();
  }

  private static Optional<Duration> clientCpu() {
    return ProcessHandle.current().info().totalCpuDuration();
  }

  private Optional<Duration> serverCpu() {
    return database.server().flatMap(EmbeddedServer::cpuTime);
  }
}
