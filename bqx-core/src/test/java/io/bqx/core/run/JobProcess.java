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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The job of a {@link SmallMarket} in a virtual machine of its own, which stands still at a chosen
 * event of an {@link ObservedDatabase}, so that it can be killed there.
 */
final class JobProcess implements AutoCloseable {

  private static final String READY = "READY";
  private static final String REACHED = "REACHED";
  private static final String OUTCOME = "OUTCOME ";
  private static final String FINISHED = "FINISHED ";
  private static final String NOWHERE = "(?!)";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** What the process said, and when it said it. */
  private final List<String> lines = new ArrayList<>();

  private final Process process;
  private boolean silent;

  private JobProcess(Process process) {
    this.process = process;
    Thread reader = new Thread(this::read, "output of " + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts a machine that waits for {@link #go()} and then runs to its end. */
  static JobProcess prepare(String schema, Duration lease, double cost) {
    return prepare(schema, lease, cost, NOWHERE, 1);
  }

  /**
   * Starts a machine that waits for {@link #go()}, and then runs until the given pattern is found
   * in an event for the given time.
   */
  static JobProcess prepare(
      String schema, Duration lease, double cost, String event, int occurrence) {
    return prepare(schema, lease, cost, Layout.WIDE, event, occurrence);
  }

  /** The same for a job with the given layout. */
  static JobProcess prepare(
      String schema, Duration lease, double cost, Layout layout, String event, int occurrence) {
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
            JobProcess.class.getName(),
            schema,
            lease.toString(),
            Double.toString(cost),
            event,
            Integer.toString(occurrence),
            layout.name());
    builder.environment().remove("BQX_TEST_REQUIRE_DOCKER");
    builder.environment().put("BQX_TEST_JDBC_URL", TestDatabase.jdbcUrl());
    builder.environment().put("BQX_TEST_DB_USER", TestDatabase.user());
    builder.environment().put("BQX_TEST_DB_PASSWORD", TestDatabase.password());
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.directory(new File(System.getProperty("java.io.tmpdir")));
    try {
      JobProcess process = new JobProcess(builder.start());
      process.await(READY::equals);
      return process;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lets the job begin. */
  JobProcess go() {
    try {
      process.getOutputStream().write('\n');
      process.getOutputStream().flush();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until it stands still at its event. */
  JobProcess awaitEvent() {
    await(REACHED::equals);
    return this;
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

  /** The process: schema, lease, cost, event, occurrence, layout. */
  public static void main(String[] arguments) throws IOException {
    say(READY);
    if (System.in.read() < 0) {
      return;
    }
    dieWithTheParent();
    StandStill observer = new StandStill(arguments[3], Integer.parseInt(arguments[4]));
    RunReport report =
        SmallMarket.bareJob(ObservedDatabase.of(TestDatabase.pool(), observer), arguments[0])
            .months(SmallMarket.FIRST, SmallMarket.LAST)
            .lease(Duration.parse(arguments[1]))
            .cost(Double.parseDouble(arguments[2]))
            .layout(Layout.valueOf(arguments[5]))
            .swapPolicy(SmallMarket.patient())
            .run();
    report.outcomes().forEach(o -> say(OUTCOME + o.scope() + " " + o.month() + " " + o.state()));
    say(FINISHED + report.exitCode());
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static void dieWithTheParent() {
    Thread watcher =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {
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

  /** From the chosen event on, no thread does anything with the database any more. */
  private static final class StandStill implements ObservedDatabase.Observer {

    private final Pattern event;
    private final AtomicInteger left;
    private final CountDownLatch never = new CountDownLatch(1);

    StandStill(String event, int occurrence) {
      this.event = Pattern.compile(event);
      this.left = new AtomicInteger(occurrence);
    }

    @Override
    public void saw(String what, Connection connection) {
      if (left.get() > 0 && event.matcher(what).find() && left.decrementAndGet() == 0) {
        say(REACHED);
      }
      while (left.get() <= 0) {
        try {
          never.await();
        } catch (InterruptedException e) {
          continue;
        }
      }
    }
  }
}
