package io.bqx.core.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Where the files of an export are: a folder, or whatever else can store a file whole.
 *
 * <p>Names are relative, with slashes: {@code "pair=eurusd/month=2024-07/part-0.parquet"}. A file
 * is visible under its name whole or not at all, whatever happens while it is put there. Safe for
 * use by several threads. Errors name the file and the destination, and have no secret in them.
 */
public interface ExportDestination extends AutoCloseable {

  /**
   * A folder of the local file system, which is created if it does not exist. Files are renamed
   * into place when the disk has them.
   */
  static ExportDestination directory(Path folder) {
    return new DirectoryDestination(folder);
  }

  /**
   * A local folder in which files are written before they are put, on the file system on which
   * {@link #put} costs least.
   */
  Path spoolFolder();

  /**
   * A file that is there; empty if there is none of that name.
   *
   * @throws IOException if the destination cannot be asked
   */
  Optional<StoredFile> find(String name) throws IOException;

  /** All files that are there, hidden ones of a folder left out, by name. */
  List<StoredFile> list() throws IOException;

  /**
   * Puts a finished file there, in place of one of that name if there is one. The local file is
   * then in its place or still where it was; the caller deletes it if it still exists.
   *
   * @param attributes short texts of ASCII characters to keep with the file, if the destination
   *     can; names of lower-case letters, digits and dashes
   */
  void put(Path file, String name, Map<String, String> attributes) throws IOException;

  /**
   * A local file with the content of one that is there: that file itself if it is local, else a
   * copy.
   *
   * @param into where a copy is made
   */
  Path fetch(String name, Path into) throws IOException;

  /** The content of a small file; empty if there is none of that name. */
  Optional<byte[]> read(String name) throws IOException;

  /**
   * Replaces a small file by what is made of its content. Of several that do so at the same time,
   * each sees what the one before it has written.
   *
   * @param change makes the new content of the old one, which is empty if there is no such file;
   *     may be called more than once
   */
  void update(String name, Function<Optional<byte[]>, byte[]> change) throws IOException;

  /** Gives back what the destination holds, such as connections. */
  @Override
  void close();
}
