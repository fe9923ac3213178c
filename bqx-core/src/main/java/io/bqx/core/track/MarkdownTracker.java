package io.bqx.core.track;

import io.bqx.core.BqxException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Objects;

/** Adds a line to a Markdown file for every stage that is complete. */
public final class MarkdownTracker implements StageTracker {

  private static final String TITLE = "# Stages\n\n";

  private final Path file;

  private MarkdownTracker(Path file) {
    this.file = Objects.requireNonNull(file, "file");
  }

  /** Notes in the given file, which is created when there is something to note. */
  public static MarkdownTracker in(Path file) {
    return new MarkdownTracker(file);
  }

  @Override
  public void stageCompleted(StageCompletion completion) {
    String line =
        String.format(
            Locale.ROOT,
            "- **%s %s**: %s%n",
            escaped(completion.stage()),
            escaped(completion.name()),
            completion.note());
    try {
      boolean fresh = Files.notExists(file) || Files.size(file) == 0;
      Files.writeString(
          file,
          fresh ? TITLE + line : line,
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot note in %s that stage %s is complete: %s",
              file,
              completion.stage(),
              e),
          e);
    }
  }

  private static String escaped(String text) {
    return text.replaceAll("([\\\\*_`\\[<])", "\\\\$1").replaceAll("\\R", " ");
  }

  /** The file. */
  @Override
  public String toString() {
    return file.toString();
  }
}
