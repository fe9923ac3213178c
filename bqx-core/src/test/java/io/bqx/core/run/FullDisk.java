package io.bqx.core.run;

import io.bqx.core.testing.TestDatabase;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;

/**
 * A disk without room, on which a partition's next version is to be written.
 *
 * <p>It is a small file system of memory that is mounted as a tablespace, where this process may
 * mount one and the server runs on this machine. Elsewhere the server raises the same error
 * (SQLSTATE 53100) from an event trigger, which {@link #description()} then says.
 */
final class FullDisk implements AutoCloseable {

  private static final boolean MOUNTABLE = isMountable();

  private final SmallMarket market;
  private final String name;
  private final Path directory;

  private FullDisk(SmallMarket market, String name, Path directory) {
    this.market = market;
    this.name = name;
    this.directory = directory;
  }

  static String description() {
    return MOUNTABLE
        ? "a full disk fails only the partitions on it"
        : "a full disk fails only the partitions on it (error raised by an event trigger, as no file system can be mounted here)";
  }

  /** Puts a partition on a disk that is full from then on. */
  static FullDisk of(SmallMarket market, String partition) {
    String name = market.schema() + "_disk";
    if (MOUNTABLE) {
      Path directory = mount();
      TestDatabase.execute("CREATE TABLESPACE %s LOCATION '%s'".formatted(name, directory));
      TestDatabase.execute(
          "ALTER TABLE %s.%s SET TABLESPACE %s".formatted(market.schema(), partition, name));
      fill(directory);
      return new FullDisk(market, name, directory);
    }
    TestDatabase.execute(
        """
        CREATE FUNCTION %s() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE '%s.bqx\\_staging%%%s')
          THEN
            RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
          END IF;
        END $$
        """
            .formatted(name, market.schema(), partition));
    TestDatabase.execute(
        "CREATE EVENT TRIGGER %s ON ddl_command_end EXECUTE FUNCTION %s()".formatted(name, name));
    return new FullDisk(market, name, null);
  }

  void makeRoom() {
    if (directory == null) {
      TestDatabase.execute("DROP EVENT TRIGGER " + name);
      return;
    }
    try {
      Files.delete(ballast(directory));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Drops the market and gives the disk back. */
  @Override
  public void close() {
    market.close();
    if (directory == null) {
      TestDatabase.execute("DROP FUNCTION " + name + " CASCADE");
      return;
    }
    TestDatabase.execute("DROP TABLESPACE " + name);
    unmount(directory);
  }

  private static Path ballast(Path directory) {
    return directory.resolve("ballast");
  }

  private static void fill(Path directory) {
    byte[] block = new byte[1 << 12];
    try (OutputStream out = Files.newOutputStream(ballast(directory))) {
      while (Files.getFileStore(directory).getUsableSpace() > 0) {
        out.write(block);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isMountable() {
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")
        || !TestDatabase.isEmbedded()) {
      return false;
    }
    try {
      unmount(mount());
      return true;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  private static Path mount() {
    try {
      Path directory =
          Files.createTempDirectory(
              "bqx-disk",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      call("mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", directory.toString());
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void unmount(Path directory) {
    try {
      call("umount", directory.toString());
      Files.delete(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void call(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    try {
      if (process.waitFor() != 0) {
        throw new IOException(String.join(" ", command) + ": " + output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
