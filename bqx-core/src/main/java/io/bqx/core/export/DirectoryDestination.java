package io.bqx.core.export;

import io.bqx.core.CancelledException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * A folder. What is being written is in a hidden folder in it, and renamed into place; small files
 * are changed by one process at a time.
 */
final class DirectoryDestination implements ExportDestination {

  private static final String HIDDEN = ".";
  private static final String SPOOL = ".bqx";
  private static final String LOCK = "update.lock";
  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final int TRIES = 1500;

  private final Path folder;

  DirectoryDestination(Path folder) {
    this.folder = Objects.requireNonNull(folder, "folder");
  }

  @Override
  public Path spoolFolder() {
    return folder.resolve(SPOOL);
  }

  @Override
  public Optional<StoredFile> find(String name) throws IOException {
    Path file = folder.resolve(name);
    return Files.isRegularFile(file)
        ? Optional.of(new StoredFile(name, Files.size(file), Map.of()))
        : Optional.empty();
  }

  @Override
  public List<StoredFile> list() throws IOException {
    List<StoredFile> found = new ArrayList<>();
    if (!Files.isDirectory(folder)) {
      return found;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path visited, BasicFileAttributes attributes) {
            return visited.equals(folder) || !isHidden(visited)
                ? FileVisitResult.CONTINUE
                : FileVisitResult.SKIP_SUBTREE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (!isHidden(file)) {
              found.add(new StoredFile(nameOf(file), attributes.size(), Map.of()));
            }
            return FileVisitResult.CONTINUE;
          }
        });
    found.sort(Comparator.comparing(StoredFile::name));
    return found;
  }

  private static boolean isHidden(Path path) {
    return path.getFileName().toString().startsWith(HIDDEN);
  }

  private String nameOf(Path file) {
    List<String> parts = new ArrayList<>();
    folder.relativize(file).forEach(part -> parts.add(part.toString()));
    return String.join("/", parts);
  }

  @Override
  public void put(Path file, String name, Map<String, String> attributes) throws IOException {
    Path target = folder.resolve(name);
    Files.createDirectories(target.getParent());
    Files.move(file, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    force(target.getParent());
  }

  /** Has the disk know the new name, where the system lets a folder be opened for that. */
  private static void force(Path directory) {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      return;
    }
  }

  @Override
  public Path fetch(String name, Path into) {
    return folder.resolve(name);
  }

  @Override
  public Optional<byte[]> read(String name) throws IOException {
    try {
      return Optional.of(Files.readAllBytes(folder.resolve(name)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  @Override
  public void update(String name, Function<Optional<byte[]>, byte[]> change) throws IOException {
    Files.createDirectories(spoolFolder());
    Path lock = spoolFolder().resolve(LOCK);
    acquire(lock);
    try {
      Path file = SpoolFolder.open(spoolFolder()).newFile();
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        ByteBuffer content = ByteBuffer.wrap(change.apply(read(name)));
        while (content.hasRemaining()) {
          channel.write(content);
        }
        channel.force(true);
      }
      put(file, name, Map.of());
    } finally {
      Files.deleteIfExists(lock);
    }
  }

  /** The lock of a process that has died is nobody's. */
  private void acquire(Path lock) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        Files.writeString(
            lock, SpoolFolder.owner(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        return;
      } catch (FileAlreadyExistsException e) {
        if (attempt == TRIES) {
          throw new IOException(
              "Somebody else has been changing the files of "
                  + folder
                  + " for "
                  + PAUSE.multipliedBy(TRIES).toSeconds()
                  + " s; if nobody is, delete "
                  + lock,
              e);
        }
        releaseIfOrphaned(lock);
        pause();
      }
    }
  }

  private static void releaseIfOrphaned(Path lock) throws IOException {
    try {
      if (SpoolFolder.isOrphan(Files.readString(lock), Files.getLastModifiedTime(lock))) {
        Files.deleteIfExists(lock);
      }
    } catch (NoSuchFileException e) {
      return;
    }
  }

  private void pause() {
    try {
      Thread.sleep(PAUSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("Interrupted while waiting to change a file of " + folder, e);
    }
  }

  /** Holds nothing open. */
  @Override
  public void close() {}

  /** The folder. */
  @Override
  public String toString() {
    return folder.toString();
  }
}
