package io.bqx.examples;

import io.bqx.core.BqxException;
import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * The PostgreSQL programs that the class path brings along, unpacked into a folder.
 *
 * <p>PostgreSQL refuses to run as root. There, the programs run in a user namespace of their own,
 * in which they see themselves as another user; that needs {@code unshare} of util-linux.
 */
final class PostgresBinaries {

  private static final long COMMAND_TIMEOUT_MINUTES = 15;
  private static final int QUOTED_LINES = 6;

  private final Path home;
  private final List<String> prefix;

  private PostgresBinaries(Path home, List<String> prefix) {
    this.home = home;
    this.prefix = prefix;
  }

  /**
   * The programs in {@code directory/postgres}, unpacked there unless they already are.
   *
   * @throws BqxException if there are none for this kind of machine, or they cannot run here
   */
  static PostgresBinaries in(Path directory) {
    List<String> prefix = prefixForThisUser();
    Path home = directory.resolve("postgres");
    if (!Files.isDirectory(home)) {
      unpack(directory, home);
    }
    return new PostgresBinaries(home, prefix);
  }

  private static void unpack(Path directory, Path home) {
    Path unfinished = directory.resolve("postgres.new");
    try {
      Directories.deleteRecursively(unfinished);
      try (InputStream packed = resource();
          TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(packed))) {
        for (TarArchiveEntry entry = tar.getNextEntry();
            entry != null;
            entry = tar.getNextEntry()) {
          unpack(tar, entry, unfinished);
        }
      }
      Files.move(unfinished, home, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot unpack the embedded PostgreSQL into %s: %s. It needs about 60 MB there.",
              directory,
              Directories.reason(e)),
          e);
    }
  }

  private static void unpack(TarArchiveInputStream tar, TarArchiveEntry entry, Path target)
      throws IOException {
    Path path = target.resolve(entry.getName()).normalize();
    if (!path.startsWith(target)) {
      throw new IOException("the archive has an entry outside of its folder: " + entry.getName());
    }
    if (entry.isDirectory()) {
      Files.createDirectories(path);
      return;
    }
    Files.createDirectories(path.getParent());
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
    } else if (entry.isLink()) {
      Files.createLink(path, target.resolve(entry.getLinkName()));
    } else {
      Files.copy(tar, path);
      if ((entry.getMode() & 0100) != 0 && !path.toFile().setExecutable(true)) {
        throw new IOException("cannot make " + path + " executable");
      }
    }
  }

  private static InputStream resource() throws IOException {
    String system = operatingSystem();
    String architecture = System.getProperty("os.arch").replace("amd64", "x86_64");
    try {
      InputStream found = DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(system, architecture);
      if (found != null) {
        return found;
      }
    } catch (IllegalStateException e) {
      throw new IOException(noBinaries(system, architecture), e);
    }
    throw new IOException(noBinaries(system, architecture));
  }

  private static String noBinaries(String system, String architecture) {
    return String.format(
        Locale.ROOT,
        "there is no PostgreSQL for %s on %s among the libraries; use --jdbc-url with a server of your own",
        system,
        architecture);
  }

  private static String operatingSystem() {
    String name = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    if (name.contains("windows")) {
      return "Windows";
    }
    return name.contains("mac") ? "Darwin" : "Linux";
  }

  private static List<String> prefixForThisUser() {
    if (operatingSystem().equals("Windows") || !"0".equals(firstLine("id", "-u"))) {
      return List.of();
    }
    String seen = firstLine("unshare", "-U", "id", "-u");
    if (seen.isEmpty() || seen.equals("0")) {
      throw new BqxException(
          "Cannot start the embedded PostgreSQL: it refuses to run as root, and 'unshare -U', which would make it another"
              + " user, does not work here. Run bqx as an ordinary user, allow user namespaces (sysctl"
              + " user.max_user_namespaces), or use --jdbc-url with a server of your own.");
    }
    return List.of("unshare", "-U");
  }

  private static String firstLine(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      List<String> lines = process.inputReader().lines().toList();
      return process.waitFor() == 0 && !lines.isEmpty() ? lines.get(0).strip() : "";
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  /** Whether the program file of a running process is one of these. */
  boolean contain(Path executable) throws IOException {
    return Files.exists(executable) && executable.toRealPath().startsWith(home.toRealPath());
  }

  /**
   * Runs a program to its end.
   *
   * @param what what this is for, as in "Cannot ..."
   * @throws BqxException if it fails or takes longer than a quarter of an hour; the message ends
   *     with its last lines
   */
  void run(String what, String program, List<String> arguments) {
    List<String> command = new ArrayList<>(prefix);
    command.add(home.resolve("bin").resolve(program).toString());
    command.addAll(arguments);
    Path output = home.resolveSibling(program + ".log");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .redirectInput(ProcessBuilder.Redirect.PIPE)
              .start();
      process.getOutputStream().close();
      if (!process.waitFor(COMMAND_TIMEOUT_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new BqxException(
            String.format(
                Locale.ROOT,
                "Cannot %s: %s did not end within %d minutes",
                what,
                program,
                COMMAND_TIMEOUT_MINUTES));
      }
      if (process.exitValue() != 0) {
        throw new BqxException(
            String.format(Locale.ROOT, "Cannot %s: %s", what, lastLines(output)));
      }
    } catch (IOException e) {
      throw new BqxException(
          String.format(Locale.ROOT, "Cannot %s: %s", what, Directories.reason(e)), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BqxException(String.format(Locale.ROOT, "Cannot %s: interrupted", what), e);
    }
  }

  /** The last lines of a file of messages, as one line. */
  static String lastLines(Path file) {
    try {
      List<String> lines =
          Files.readAllLines(file).stream().map(String::strip).filter(s -> !s.isEmpty()).toList();
      return String.join(
          "; ", lines.subList(Math.max(0, lines.size() - QUOTED_LINES), lines.size()));
    } catch (IOException e) {
      return "no output in " + file;
    }
  }
}
