package io.bqx.core.export;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A folder of files that are not finished. Each carries the name of the process that writes it, so
 * that what a process left behind which was killed can be told and removed.
 */
final class SpoolFolder {

  private static final String SUFFIX = ".tmp";

  /** Process, host, and when the process began, as its number will be another one's some day. */
  private static final Pattern OWNER = Pattern.compile("(\\d+)@([A-Za-z0-9._-]+)@(\\d+)");

  /** Of a process on another machine nothing is known but how old its files are. */
  private static final Duration LONGEST_WORK = Duration.ofDays(1);

  private final Path folder;

  private SpoolFolder(Path folder) {
    this.folder = folder;
  }

  /** The folder, which is created if it does not exist, without what dead processes left in it. */
  static SpoolFolder open(Path folder) throws IOException {
    Files.createDirectories(folder);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
      for (Path file : files) {
        removeIfOrphaned(file);
      }
    }
    return new SpoolFolder(folder);
  }

  private static void removeIfOrphaned(Path file) throws IOException {
    try {
      if (isOrphan(file.getFileName().toString(), Files.getLastModifiedTime(file))) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException e) {
      return;
    }
  }

  /** A name for a new file. */
  Path newFile() {
    return folder.resolve(owner() + "@" + UUID.randomUUID() + SUFFIX);
  }

  /** The name of this process. */
  static String owner() {
    String process =
        ManagementFactory.getRuntimeMXBean().getName().replaceAll("[^A-Za-z0-9@._-]", "_");
    return process + "@" + startOf(ProcessHandle.current());
  }

  private static long startOf(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  /** Whether a name is of a process that has ended. */
  static boolean isOrphan(String name, FileTime lastModified) {
    Matcher owner = OWNER.matcher(name);
    if (!owner.lookingAt()) {
      return isOld(lastModified);
    }
    String self = owner();
    String host = self.substring(self.indexOf('@') + 1, self.lastIndexOf('@'));
    if (!owner.group(2).equals(host)) {
      return isOld(lastModified);
    }
    Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(owner.group(1)));
    return process.isEmpty() || startOf(process.get()) != Long.parseLong(owner.group(3));
  }

  private static boolean isOld(FileTime lastModified) {
    return lastModified.toInstant().isBefore(Instant.now().minus(LONGEST_WORK));
  }
}
