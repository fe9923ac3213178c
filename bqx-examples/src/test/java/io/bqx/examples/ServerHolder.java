package io.bqx.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Another JVM that has an embedded server open until it is told to close it, or is killed. */
final class ServerHolder implements AutoCloseable {

  private static final String OPEN = "open ";
  private static final String QUICK = "--quick";

  private final Process process;
  private final BufferedReader output;
  private final String url;

  private ServerHolder(Process process) throws IOException {
    this.process = process;
    this.output = process.inputReader();
    String line = output.readLine();
    if (line == null || !line.startsWith(OPEN)) {
      throw new IllegalStateException("The other JVM did not open the server: " + line);
    }
    this.url = line.substring(OPEN.length());
  }

  public static void main(String[] arguments) throws IOException {
    try (EmbeddedServer server = open(arguments)) {
      System.out.println(OPEN + server.jdbcUrl());
      System.in.read();
    }
  }

  private static EmbeddedServer open(String... arguments) {
    if (arguments.length == 0) {
      return EmbeddedServer.temporary();
    }
    return arguments[0].equals(QUICK)
        ? EmbeddedServer.forBulkLoad(Path.of(arguments[1]))
        : EmbeddedServer.in(Path.of(arguments[0]));
  }

  /** A server in a new folder that does not wait for its disk, for tests of something else. */
  static ServerHolder startQuick(Path folder) throws IOException {
    return start(QUICK, folder.toString());
  }

  static ServerHolder start(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                ServerHolder.class.getName()));
    command.addAll(List.of(arguments));
    return new ServerHolder(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  String jdbcUrl() {
    return url;
  }

  /** Ends the JVM as the operating system would, without any chance to clean up. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Ends the JVM as Ctrl-C or a service manager would; returns its exit status. */
  int terminate() throws InterruptedException {
    process.toHandle().destroy();
    return process.waitFor();
  }

  /** Tells the JVM to close its server and, before it can have done so, to end. */
  void closeAndTerminate() throws IOException, InterruptedException {
    process.getOutputStream().close();
    terminate();
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    process.onExit().join();
  }
}
