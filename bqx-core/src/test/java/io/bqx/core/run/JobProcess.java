package io.bqx.core.run;

import io.bqx.core.catalog.Layout;
import io.bqx.core.testing.TestDatabase;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;

/**
 * The job of a {@link SmallMarket} in a virtual machine of its own, which stands still at a chosen
 * event of an {@link ObservedDatabase}, so that it can be killed there.
 */
final class JobProcess implements AutoCloseable {

  private static final String READY = "READY";
  private static final String REACHED = "REACHED ";
  private static final String OUTCOME = "OUTCOME ";
  private static final String FINISHED = "FINISHED ";
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  /** What the process said, and when it said it. */
  private final List<String> lines = new ArrayList<>();

  private final Process process;
  private JobRequest request;
  private boolean silent;

  private JobProcess(Process process) {
    this.process = process;
    Thread reader = new Thread(this::read, "output of " + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * A machine that waits for {@link #go()}, and then runs until the given pattern is found in an
   * event for the given time.
   */
  static JobProcess prepare(
      String schema, Duration lease, double cost, String event, int occurrence) {
    JobProcess process = start();
    process.request = JobRequest.of(schema, lease, cost).until(event, occurrence, true);
    return process.awaitReady();
  }

  /** The same for a job that asks for a layout. */
  static JobProcess prepare(
      String schema, Duration lease, double cost, Layout layout, String event, int occurrence) {
    JobProcess process = start();
    process.request = JobRequest.of(schema, lease, cost).in(layout).until(event, occurrence, true);
    return process.awaitReady();
  }

  /** A machine that waits for {@link #go(JobRequest)}; it may still be on its way there. */
  static JobProcess start() {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.jooq.no-logo=true",
            "-Dorg.jooq.no-tips=true",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            JobProcess.class.getName());
    builder.environment().remove("BQX_TEST_REQUIRE_DOCKER");
    builder.environment().put("BQX_TEST_JDBC_URL", TestDatabase.jdbcUrl());
    builder.environment().put("BQX_TEST_DB_USER", TestDatabase.user());
    builder.environment().put("BQX_TEST_DB_PASSWORD", TestDatabase.password());
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.directory(new File(System.getProperty("java.io.tmpdir")));
    try {
      return new JobProcess(builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until it waits for its job. */
  JobProcess awaitReady() {
    await(READY::equals);
    return this;
  }

  /** Lets the prepared job begin. */
  JobProcess go() {
    return go(request);
  }

  /** Lets a job begin. */
  JobProcess go(JobRequest job) {
    try {
      process.getOutputStream().write((job.line() + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until it stands still at its event. */
  JobProcess awaitEvent() {
    await(l -> l.startsWith(REACHED));
    return this;
  }

  /** Waits for its event, which is returned, or the end of the job. */
  Optional<String> awaitEventOrEnd() {
    return Optional.of(await(l -> l.startsWith(REACHED) || l.startsWith(FINISHED)))
        .filter(l -> l.startsWith(REACHED))
        .map(l -> l.substring(REACHED.length()));
  }

  /** Waits for the end of the job and returns its exit code. */
  int awaitEnd() {
    return Integer.parseInt(await(l -> l.startsWith(FINISHED)).substring(FINISHED.length()));
  }

  /** After the end: pair, month and state of each outcome, in a line. */
  synchronized List<String> outcomes() {
    return lines.stream()
        .filter(l -> l.startsWith(OUTCOME))
        .map(l -> l.substring(OUTCOME.length()))
        .toList();
  }

  /** Kills it with SIGKILL and waits until it is dead. */
  void kill() {
    try {
      process.destroyForcibly();
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("Process " + process.pid() + " does not die");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Sends it a signal, such as {@code STOP}. */
  void signal(String name) {
    try {
      Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start();
      if (kill.waitFor() != 0) {
        throw new IllegalStateException("Cannot send " + name + " to process " + pid());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public synchronized String toString() {
    return "process " + pid() + ": " + lines;
  }

  long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    kill();
  }

  private void read() {
    try (BufferedReader output =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        heard(line);
      }
    } catch (IOException e) {
      heard("The output broke off: " + e.getMessage());
    }
    synchronized (this) {
      silent = true;
      notifyAll();
    }
  }

  private synchronized void heard(String line) {
    lines.add(line);
    notifyAll();
  }

  private synchronized String await(Predicate<String> wanted) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (lines.stream().noneMatch(wanted)) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (silent || left <= 0) {
        throw new IllegalStateException(
            "Process " + process.pid() + " did not get there; it said " + lines);
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
    return lines.stream().filter(wanted).findFirst().orElseThrow();
  }

  /** The process, whose job comes as a line of its input. */
  public static void main(String[] arguments) throws IOException, SQLException {
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    loadClasses();
    say(READY);
    String line = input.readLine();
    if (line == null) {
      return;
    }
    dieWithTheParent(input);
    JobRequest request = JobRequest.parse(line);
    RunReport report =
        request.job(ObservedDatabase.of(TestDatabase.pool(), new Marks(request))).run();
    report.outcomes().forEach(o -> say(OUTCOME + o.scope() + " " + o.month() + " " + o.state()));
    report.failures().forEach(f -> say("FAILURE " + f));
    say(FINISHED + report.exitCode());
  }

  /** What every job needs, so that a machine that waits has done it already. */
  private static void loadClasses() throws SQLException {
    try (Connection connection = TestDatabase.pool().getConnection()) {
      DSL.using(connection, SQLDialect.POSTGRES).selectOne().fetch();
    }
  }

  private static void say(String line) {
    System.out.println(line.replace('\n', ' '));
    System.out.flush();
  }

  private static void dieWithTheParent(BufferedReader input) {
    Thread watcher =
        new Thread(
            () -> {
              try {
                while (input.readLine() != null) {
                  continue;
                }
              } catch (IOException e) {
                say(e.toString());
              }
              Runtime.getRuntime().halt(1);
            });
    watcher.setDaemon(true);
    watcher.start();
  }

  /**
   * Says that the chosen event has come; from then on, if that was asked for, no thread does
   * anything with the database any more.
   */
  private static final class Marks implements ObservedDatabase.Observer {

    private final Pattern event;
    private final AtomicInteger left;
    private final boolean standStill;
    private final CountDownLatch never = new CountDownLatch(1);

    Marks(JobRequest request) {
      this.event = Pattern.compile(request.event());
      this.left = new AtomicInteger(request.occurrence());
      this.standStill = request.standStill();
    }

    @Override
    public void saw(String what, Connection connection) {
      if (left.get() > 0 && event.matcher(what).find() && left.decrementAndGet() == 0) {
        say(REACHED + what);
      }
      while (standStill && left.get() <= 0) {
        try {
          never.await();
        } catch (InterruptedException e) {
          continue;
        }
      }
    }
  }
}
