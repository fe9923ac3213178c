package io.bqx.examples;

import java.time.Duration;
import java.util.Optional;

/**
 * What a piece of work has taken.
 *
 * @param elapsed time by the clock
 * @param clientCpu CPU time of this process, its compiler and garbage collector included; empty
 *     where the system does not tell
 * @param serverCpu CPU time of the server; empty unless it runs on this machine and the system
 *     tells
 * @param wal bytes of write-ahead log that the server wrote, for others too; empty where the server
 *     does not tell
 * @param peakHeap the most bytes of heap that were in use, garbage not yet collected included
 */
record Usage(
    Duration elapsed,
    Optional<Duration> clientCpu,
    Optional<Duration> serverCpu,
    Optional<Long> wal,
    long peakHeap) {

  static final Usage NONE =
      new Usage(
          Duration.ZERO,
          Optional.of(Duration.ZERO),
          Optional.of(Duration.ZERO),
          Optional.of(0L),
          0);

  /** This and more work after it. */
  Usage plus(Usage more) {
    return new Usage(
        elapsed.plus(more.elapsed),
        clientCpu.flatMap(time -> more.clientCpu.map(time::plus)),
        serverCpu.flatMap(time -> more.serverCpu.map(time::plus)),
        wal.flatMap(bytes -> more.wal.map(another -> bytes + another)),
        Math.max(peakHeap, more.peakHeap));
  }
}
