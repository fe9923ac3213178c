package io.bqx.core.doctor;

import static io.bqx.core.doctor.SystemViews.call;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jooq.impl.DSL;
import org.postgresql.PGConnection;

/** What stands between the job and the server, and on this side of it. */
final class ClientChecks {

  private static final int ROUND_TRIPS = 15;
  private static final Duration SLOW_ROUND_TRIP = Duration.ofMillis(5);
  private static final Duration SHORTEST_SOCKET_TIMEOUT = Duration.ofMinutes(10);

  /** The table of memory in docs/architecture.md: two months, and what each worker has. */
  private static final long HEAP_OF_MONTHS = 2L * 300 << 20;

  private static final long HEAP_OF_WORKER = 45L << 20;

  private ClientChecks() {}

  static List<Finding> roundTrip(Examination at) {
    long[] nanos = new long[ROUND_TRIPS];
    for (int i = 0; i < ROUND_TRIPS; i++) {
      long started = System.nanoTime();
      at.dsl().selectOne().fetch();
      nanos[i] = System.nanoTime() - started;
    }
    Arrays.sort(nanos);
    return List.of(roundTrip(Duration.ofNanos(nanos[ROUND_TRIPS / 2])));
  }

  /** Judges the time of a statement that does nothing. */
  static Finding roundTrip(Duration median) {
    String found =
        String.format(
            Locale.ROOT, "%.2f ms, the median of %d", median.toNanos() / 1e6, ROUND_TRIPS);
    String why =
        "Rows travel in a stream, but each partition also takes some 50 statements one after the other, and the rows"
            + " of a month of 28 pairs are 4.5 GB on the network";
    return median.compareTo(SLOW_ROUND_TRIP) > 0
        ? Finding.advice(
            "round trip",
            found,
            why,
            "Run the job on a machine in the server's network: the same region and availability zone")
        : Finding.ok("round trip", found, why);
  }

  static List<Finding> connection(Examination at) throws SQLException {
    List<Finding> findings = new ArrayList<>();
    Duration socketTimeout = Duration.ofMillis(at.connection().getNetworkTimeout());
    String whySocket =
        "A long COPY, index build or wait for a lock sends nothing for a while: it is slow, not dead, and a timeout"
            + " throws its work away";
    String remedySocket =
        "Leave socketTimeout out of the URL; tcpKeepAlive=true finds dead connections";
    if (socketTimeout.isZero()) {
      findings.add(Finding.ok("socketTimeout", "none", whySocket));
    } else {
      findings.add(
          socketTimeout.compareTo(SHORTEST_SOCKET_TIMEOUT) < 0
              ? Finding.problem(
                  "socketTimeout", Amounts.duration(socketTimeout), whySocket, remedySocket)
              : Finding.advice(
                  "socketTimeout", Amounts.duration(socketTimeout), whySocket, remedySocket));
    }
    PGConnection driver = at.connection().unwrap(PGConnection.class);
    int process = at.dsl().select(call("pg_backend_pid", Integer.class)).fetchSingle().value1();
    findings.add(pooler(driver.getBackendPID(), process, driver.getPrepareThreshold()));
    return findings;
  }

  /**
   * Judges whether a pooler stands in between: it tells a process number of its own when a
   * connection is made.
   *
   * @param announced the process number that came with the connection
   * @param actual the process that executes the statements
   * @param prepareThreshold after how many executions the driver prepares a statement on the server
   */
  static Finding pooler(int announced, int actual, int prepareThreshold) {
    String why =
        "Each transaction of the job is complete in itself and may run on any server connection; but statements that"
            + " the driver has prepared on one do not exist on another, and a pooler carries every byte twice";
    if (announced == actual) {
      return Finding.ok("pooler", "none: connected to the server itself", why);
    }
    return Finding.advice(
        "pooler",
        "a pooler stands between, such as PgBouncer or a proxy; prepareThreshold "
            + prepareThreshold,
        why,
        prepareThreshold == 0
            ? "Connect to the server itself if you can"
            : "Connect to the server itself, or set prepareThreshold=0 in the URL if the pooler hands out connections"
                + " by transaction");
  }

  static List<Finding> keepAlive(Examination at) {
    Duration idle = at.settings().duration("tcp_keepalives_idle");
    String why =
        "A machine that falls silent in the middle of a swap keeps its locks until the server notices";
    if (isOnThisMachine(at)) {
      return List.of(
          Finding.ok("tcp_keepalives_idle", "not needed: the server is on this machine", why));
    }
    return List.of(
        idle.isZero() || idle.compareTo(Duration.ofMinutes(10)) > 0
            ? Finding.advice(
                "tcp_keepalives_idle",
                idle.isZero() ? "the system's own, often 2 h" : Amounts.duration(idle),
                why,
                at.changeForUser("tcp_keepalives_idle", "60"))
            : Finding.ok("tcp_keepalives_idle", Amounts.duration(idle), why));
  }

  /** Whether the session's two ends have the same address: one machine, or one container. */
  static boolean isOnThisMachine(Examination at) {
    Boolean local =
        at.dsl()
            .select(
                DSL.field(
                    DSL.condition(
                        "{0} is null or {1} << inet '127.0.0.0/8' or {1} = inet '::1'",
                        call("inet_client_addr", Object.class),
                        call("inet_client_addr", Object.class))))
            .fetchSingle()
            .value1();
    return Boolean.TRUE.equals(local);
  }

  static List<Finding> machine(Examination at) {
    Runtime machine = Runtime.getRuntime();
    return List.of(
        heap(machine.maxMemory(), at.workers()),
        processors(machine.availableProcessors(), at.workers()));
  }

  /** Judges the heap, in bytes. */
  static Finding heap(long most, int workers) {
    long needed = HEAP_OF_MONTHS + HEAP_OF_WORKER * workers;
    String found = Amounts.bytes(most) + "; about " + Amounts.bytes(needed) + " needed";
    String why =
        "Up to two months of market columns are in memory, and some blocks for each worker; with less the job collects"
            + " garbage instead of working, or ends with an OutOfMemoryError";
    return most < needed
        ? Finding.advice(
            "heap",
            found,
            why,
            "Start Java with -Xmx"
                + (needed / (256 << 20) + 1) * 256
                + "m or more, or lower --workers")
        : Finding.ok("heap", found, why);
  }

  /** Judges the processors of this machine. */
  static Finding processors(int processors, int workers) {
    String found =
        Amounts.count(workers, "worker") + " on " + Amounts.count(processors, "processor");
    String why =
        "A worker computes for a fraction of the time that the server needs for its rows; more than two of them to a"
            + " processor wait for each other";
    return workers > 2 * processors
        ? Finding.advice(
            "workers", found, why, "Run with --workers " + 2 * processors + " or fewer")
        : Finding.ok("workers", found, why);
  }
}
