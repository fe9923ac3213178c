package io.bqx.core.export;

import io.bqx.features.FeatureColumn;
import io.bqx.features.FeatureType;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A file format that stores rows by column. What is behind it, an implementation knows alone: no
 * other class of this package names a class of the library that encodes and decodes.
 */
interface ColumnarFormat {

  /**
   * Begins a file.
   *
   * @param file where; it must not exist
   * @param columns the columns, the row's own time first
   */
  Writer create(Path file, List<FeatureColumn> columns) throws IOException;

  /**
   * Opens a file and reads what it says about itself.
   *
   * @throws IOException if it is not a whole file of this format
   */
  Reader open(Path file) throws IOException;

  /** A file that is being written. */
  interface Writer extends Closeable {

    /** Appends rows. Every block but the last one must be full. */
    void write(RowBlock block) throws IOException;

    /**
     * Ends the file, and waits until the disk has it.
     *
     * @param metadata what the file says about itself
     */
    Written finish(Map<String, String> metadata) throws IOException;

    /** Gives up the file unless it is finished; what there is of it stays. */
    @Override
    void close() throws IOException;
  }

  /**
   * A file that was written.
   *
   * @param bytes its size
   * @param sha256 of its content, in hexadecimal
   */
  record Written(long bytes, String sha256) {}

  /** A file that is being read. */
  interface Reader extends Closeable {

    /** What the file says about itself. */
    Map<String, String> metadata();

    /** The columns in order. */
    List<Column> columns();

    /** The number of rows. */
    long rows();

    /**
     * The next rows, of which a block need not be full; no rows after the last one.
     *
     * @throws IOException if a part of the file differs from its checksum or cannot be decoded
     */
    void next(RowBlock block) throws IOException;
  }

  /**
   * A column of a file.
   *
   * @param type what a value is, if it is one of those that features have
   * @param nullable whether a value may be missing
   */
  record Column(String name, FeatureType type, boolean nullable) {}
}
