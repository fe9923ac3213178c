package io.bqx.examples;

import io.bqx.core.BqxException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserPrincipal;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A PostgreSQL server that the program brings along, with its data in a folder of yours or a
 * temporary one.
 *
 * <p>A folder holds everything: the server's programs, its data, its log ({@code server.log}) and
 * the password of its superuser {@code postgres} (file {@code password}, readable by its owner
 * only). The server listens on the loopback address, on a free port. Several processes may have the
 * same folder open: the first one starts the server, the others connect to it, and the last one to
 * close it stops it, by {@link #close()} or when its JVM ends. A server that a killed process left
 * running is found and used again.
 *
 * <p>A server in a folder of yours loses nothing at a power cut. A temporary one, and one opened
 * {@linkplain #forBulkLoad(Path) for a bulk load}, does not wait for the disk.
 */
public final class EmbeddedServer implements AutoCloseable {

  private static final String TEMPORARY_PREFIX = "bqx-temporary-";
  private static final String DATABASE = "bqx";
  private static final String USER = "postgres";
  private static final long MUTEX_BYTE = 0;
  private static final long USERS_BYTE = 1;
  private static final int START_ATTEMPTS = 3;
  private static final Duration BEING_OPENED = Duration.ofMinutes(1);
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  private enum Durability {
    TEMPORARY,
    BULK_LOAD,
    DURABLE
  }

  private final Path directory;
  private final Path data;
  private final Durability durability;
  private final Thread atExit = new Thread(this::stopAtExit, "embedded-postgres-stop");
  private volatile Runnable beforeExit = () -> {};

  private PostgresBinaries binaries;
  private FileChannel lockChannel;
  private FileLock userLock;
  private String password;
  private int port;
  private boolean closed;

  private EmbeddedServer(Path directory, Durability durability) {
    this.directory = directory.toAbsolutePath().normalize();
    this.data = this.directory.resolve("data");
    this.durability = durability;
  }

  /**
   * A server in a temporary folder, which is deleted when the server is closed. Folders whose
   * processes were killed are deleted, too.
   *
   * @throws BqxException if the server cannot run here; the message says why and what to do
   */
  public static EmbeddedServer temporary() {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    try {
      Path directory = Files.createTempDirectory(temporary, TEMPORARY_PREFIX);
      removeAbandoned(temporary, Files.getOwner(directory));
      return new EmbeddedServer(directory, Durability.TEMPORARY).open();
    } catch (IOException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot create a folder for the embedded PostgreSQL in %s: %s",
              temporary,
              Directories.reason(e)),
          e);
    }
  }

  /**
   * The server of a folder, which is created if it does not exist. Everything committed is on disk.
   *
   * @throws BqxException if the folder holds something else or the server cannot run here; the
   *     message says why and what to do
   */
  public static EmbeddedServer in(Path directory) {
    return new EmbeddedServer(directory, Durability.DURABLE).open();
  }

  /**
   * The server of a new folder, to be filled at full speed: nothing is safe on disk until the
   * server has been closed. Opened {@linkplain #in(Path) again}, it is an ordinary durable server.
   *
   * @throws BqxException if the folder has something in it or the server cannot run here; the
   *     message says why and what to do
   */
  public static EmbeddedServer forBulkLoad(Path directory) {
    try {
      if (!Directories.isAbsentOrEmpty(directory)) {
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "Cannot create a database in %s: the folder is not empty. Choose a new folder, or delete this one.",
                directory));
      }
    } catch (IOException e) {
      throw cannotUse(directory, e);
    }
    return new EmbeddedServer(directory, Durability.BULK_LOAD).open();
  }

  /** Where to connect to, without the password. */
  public String jdbcUrl() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + DATABASE;
  }

  /** The user who owns everything in the server. */
  public String user() {
    return USER;
  }

  /** The file that holds the password of {@link #user()}. */
  public Path passwordFile() {
    return directory.resolve("password");
  }

  /** The folder that holds everything. */
  Path directory() {
    return directory;
  }

  /**
   * CPU time of all processes of the server since it was started, those included that have ended;
   * empty where the system does not tell.
   */
  Optional<Duration> cpuTime() {
    try {
      return RunningServer.of(data).flatMap(RunningServer::cpuTime);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Connections to the server's database, each a new session. */
  public DataSource dataSource() {
    return dataSource(DATABASE);
  }

  /**
   * Sets what is to be done first if the JVM is asked to end (Ctrl-C, SIGTERM) while this server is
   * open: typically to cancel the work in hand and wait for its end.
   */
  public void beforeExit(Runnable action) {
    beforeExit = Objects.requireNonNull(action, "action");
  }

  /**
   * Stops the server unless another process uses it, and deletes a temporary folder. Closing again
   * does nothing.
   *
   * @throws BqxException if the server does not stop; the message quotes it
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      release();
      if (durability == Durability.TEMPORARY) {
        Directories.deleteRecursively(directory);
      }
    } catch (IOException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot clean up after the embedded PostgreSQL in %s: %s",
              directory,
              Directories.reason(e)),
          e);
    } finally {
      // Not before: a JVM that is asked to end meanwhile would not wait for the server's end.
      removeExitHook();
    }
  }

  private void removeExitHook() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The JVM is ending, which is why this is called.
    }
  }

  private void stopAtExit() {
    beforeExit.run();
    close();
  }

  private void release() throws IOException {
    if (lockChannel == null) {
      return;
    }
    try (FileChannel channel = lockChannel;
        FileLock mutex = channel.lock(MUTEX_BYTE, 1, false)) {
      if (userLock != null) {
        userLock.release();
      }
      try (FileLock lastUser = channel.tryLock(USERS_BYTE, 1, false)) {
        if (lastUser != null && mutex.isValid()) {
          stop();
        }
      }
    }
  }

  private synchronized EmbeddedServer open() {
    try {
      Runtime.getRuntime().addShutdownHook(atExit);
      requireOurs();
      Directories.createPrivate(directory);
      lockChannel =
          FileChannel.open(
              lockFile(directory),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.READ);
      try (FileLock mutex = lockChannel.lock(MUTEX_BYTE, 1, false)) {
        Objects.requireNonNull(mutex);
        binaries = PostgresBinaries.in(directory);
        initialise();
        password = Files.readString(passwordFile()).strip();
        if (!attach()) {
          start();
        }
        userLock = lockChannel.lock(USERS_BYTE, 1, true);
      }
      return this;
    } catch (OverlappingFileLockException e) {
      abandonAfter(e);
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "The embedded PostgreSQL in %s is open in this process already; use that one",
              directory),
          e);
    } catch (IOException e) {
      BqxException failure = cannotUse(directory, e);
      abandonAfter(failure);
      throw failure;
    } catch (RuntimeException e) {
      abandonAfter(e);
      throw e;
    }
  }

  private void abandonAfter(Exception failure) {
    try {
      if (failure instanceof OverlappingFileLockException) {
        closed = true;
        removeExitHook();
        lockChannel.close();
      } else {
        close();
      }
    } catch (BqxException | IOException e) {
      failure.addSuppressed(e);
    }
  }

  private static BqxException cannotUse(Path directory, IOException cause) {
    return new BqxException(
        String.format(
            Locale.ROOT,
            "Cannot use %s for an embedded PostgreSQL: %s",
            directory,
            Directories.reason(cause)),
        cause);
  }

  private void requireOurs() throws IOException {
    if (!Directories.isAbsentOrEmpty(directory) && !Files.exists(lockFile(directory))) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot use %s for an embedded PostgreSQL: the folder holds other things. Choose a new or an empty folder.",
              directory));
    }
  }

  private static Path lockFile(Path directory) {
    return directory.resolve("bqx.lock");
  }

  private void initialise() throws IOException {
    if (Files.isDirectory(data)) {
      return;
    }
    Path unfinished = directory.resolve("data.new");
    Directories.deleteRecursively(unfinished);
    byte[] random = new byte[18];
    new SecureRandom().nextBytes(random);
    Directories.writePrivate(passwordFile(), HexFormat.of().formatHex(random) + "\n");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-D",
                unfinished.toString(),
                "-U",
                USER,
                "-A",
                "scram-sha-256",
                "--pwfile=" + passwordFile()));
    arguments.addAll(List.of("-E", "UTF8", "--locale=C"));
    if (durability != Durability.DURABLE) {
      arguments.add("--no-sync");
    }
    binaries.run("initialise the embedded PostgreSQL in " + directory, "initdb", arguments);
    Files.move(unfinished, data, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Uses the server that runs on the data already, if one does; waits for one that is starting or
   * stopping.
   */
  private boolean attach() throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Optional<RunningServer> running = RunningServer.of(data);
      if (running.isEmpty() || running.get().isStale(binaries)) {
        if (running.isPresent()) {
          Files.delete(RunningServer.pidFile(data));
        }
        return false;
      }
      if (running.get().port() > 0) {
        port = running.get().port();
        if (answers()) {
          return true;
        }
      }
      if (System.nanoTime() > deadline) {
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "The embedded PostgreSQL in %s runs as process %d but does not answer: %s",
                directory,
                running.get().pid(),
                PostgresBinaries.lastLines(serverLog())));
      }
      pause();
    }
  }

  private boolean answers() {
    try (Connection connection = dataSource(USER).getConnection()) {
      return connection.isValid(5);
    } catch (SQLException e) {
      return false;
    }
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BqxException("Interrupted while waiting for the embedded PostgreSQL", e);
    }
  }

  private Path serverLog() {
    return directory.resolve("server.log");
  }

  private void start() throws IOException {
    for (int attempt = 1; ; attempt++) {
      port = freePort();
      try {
        Files.deleteIfExists(serverLog());
        binaries.run("start the embedded PostgreSQL in " + directory, "pg_ctl", startArguments());
        createDatabase();
        return;
      } catch (BqxException e) {
        String log = PostgresBinaries.lastLines(serverLog());
        if (attempt == START_ATTEMPTS || !log.contains("could not bind")) {
          throw new BqxException(e.getMessage() + " Its log ends: " + log, e);
        }
      }
    }
  }

  private List<String> startArguments() {
    StringBuilder options = new StringBuilder("-p " + port);
    settings()
        .forEach((name, value) -> options.append(" -c ").append(name).append('=').append(value));
    return List.of(
        "start",
        "-D",
        data.toString(),
        "-l",
        serverLog().toString(),
        "-w",
        "-t",
        "600",
        "-o",
        options.toString());
  }

  private Map<String, String> settings() {
    Map<String, String> settings =
        new TreeMap<>(
            Map.of(
                "listen_addresses", "127.0.0.1",
                "unix_socket_directories", "",
                "max_connections", "100",
                "shared_buffers", "256MB",
                "maintenance_work_mem", "128MB",
                "wal_level", "minimal",
                "max_wal_senders", "0",
                "max_wal_size", "8GB",
                "checkpoint_timeout", "30min"));
    settings.put("timezone", "UTC");
    settings.put("log_timezone", "UTC");
    if (durability != Durability.DURABLE) {
      settings.put("fsync", "off");
      settings.put("full_page_writes", "off");
      settings.put("synchronous_commit", "off");
      settings.put("autovacuum", "off");
    }
    return settings;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      return socket.getLocalPort();
    }
  }

  private void createDatabase() {
    try (Connection connection = dataSource(USER).getConnection();
        Statement statement = connection.createStatement();
        var found =
            statement.executeQuery(
                "select 1 from pg_database where datname = '" + DATABASE + "'")) {
      if (!found.next()) {
        try (Statement creation = connection.createStatement()) {
          creation.execute("create database " + DATABASE);
        }
      }
    } catch (SQLException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot create database %s in the embedded PostgreSQL in %s: %s",
              DATABASE,
              directory,
              e.getMessage()),
          e);
    }
  }

  private DataSource dataSource(String database) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setServerNames(new String[] {"127.0.0.1"});
    source.setPortNumbers(new int[] {port});
    source.setDatabaseName(database);
    source.setUser(USER);
    source.setPassword(password);
    source.setApplicationName("bqx");
    return source;
  }

  private void stop() throws IOException {
    if (RunningServer.of(data).filter(running -> !running.isStale(binaries)).isEmpty()) {
      return;
    }
    String mode = durability == Durability.TEMPORARY ? "immediate" : "fast";
    binaries.run(
        "stop the embedded PostgreSQL in " + directory,
        "pg_ctl",
        List.of("stop", "-D", data.toString(), "-m", mode, "-w", "-t", "600"));
    if (durability == Durability.BULK_LOAD) {
      binaries.run(
          "write the embedded PostgreSQL in " + directory + " to disk",
          "initdb",
          List.of("--sync-only", "-D", data.toString()));
    }
  }

  private static void removeAbandoned(Path temporary, UserPrincipal owner) throws IOException {
    List<Path> candidates;
    try (Stream<Path> entries = Files.list(temporary)) {
      candidates =
          entries
              .filter(entry -> entry.getFileName().toString().startsWith(TEMPORARY_PREFIX))
              .toList();
    }
    Instant longAgo = Instant.now().minus(BEING_OPENED);
    for (Path candidate : candidates) {
      boolean ours =
          Files.isDirectory(candidate, LinkOption.NOFOLLOW_LINKS)
              && Files.getOwner(candidate, LinkOption.NOFOLLOW_LINKS).equals(owner);
      if (ours
          && Files.exists(lockFile(candidate))
          && Files.getLastModifiedTime(lockFile(candidate)).toInstant().isBefore(longAgo)) {
        removeIfAbandoned(candidate);
      }
    }
  }

  private static void removeIfAbandoned(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(lockFile(directory), StandardOpenOption.WRITE);
        FileLock mutex = channel.tryLock(MUTEX_BYTE, 1, false);
        FileLock lastUser = mutex == null ? null : channel.tryLock(USERS_BYTE, 1, false)) {
      if (lastUser == null) {
        return;
      }
      EmbeddedServer abandoned = new EmbeddedServer(directory, Durability.TEMPORARY);
      abandoned.binaries = PostgresBinaries.in(directory);
      abandoned.stop();
    } catch (OverlappingFileLockException e) {
      return;
    }
    Directories.deleteRecursively(directory);
  }
}
