package io.bqx.examples;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Measures what work takes of time, CPU and heap, from when it is started. */
final class UsageMeter {

  private final Database database;
  private final List<MemoryPoolMXBean> heap;
  private final long startNanos;
  private final Optional<Duration> clientCpu;
  private final Optional<Duration> serverCpu;

  private UsageMeter(Database database) {
    this.database = database;
    this.heap =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .toList();
    heap.forEach(MemoryPoolMXBean::resetPeakUsage);
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
        heap.stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum());
  }

  private static Optional<Duration> clientCpu() {
    return ProcessHandle.current().info().totalCpuDuration();
  }

  private Optional<Duration> serverCpu() {
    return database.server().flatMap(EmbeddedServer::cpuTime);
  }
}
