package io.bqx.examples;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.core.BqxException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** A file that a command also writes its results to, if an option names one. */
final class ResultFile {

  private ResultFile() {}

  /**
   * Finds out before the work begins that the file cannot be written.
   *
   * @param file may be null
   * @throws ParameterException if it is a folder, or in no folder that exists
   */
  static void check(CommandSpec command, String option, Path file) {
    if (file != null
        && (Files.isDirectory(file) || !Files.isDirectory(file.toAbsolutePath().getParent()))) {
      throw new ParameterException(
          command.commandLine(),
          option + " " + file + " cannot be written: it must be a file in a folder that exists");
    }
  }

  /** Writes maps, lists, texts and numbers as JSON, if there is a file. */
  static void writeJson(Path file, Object content) {
    if (file != null) {
      writeText(file, json(content));
    }
  }

  private static String json(Object content) {
    try {
      return JSON.std
              .with(JSON.Feature.PRETTY_PRINT_OUTPUT, JSON.Feature.WRITE_NULL_PROPERTIES)
              .asString(content)
          + "\n";
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write as JSON: " + content, e);
    }
  }

  /**
   * Writes a text, if there is a file.
   *
   * @throws BqxException if that fails
   */
  static void writeText(Path file, String content) {
    if (file != null) {
      try {
        Files.writeString(file, content);
      } catch (IOException e) {
        throw new BqxException(
            String.format(Locale.ROOT, "Cannot write %s: %s", file, Directories.reason(e)), e);
      }
    }
  }
}
