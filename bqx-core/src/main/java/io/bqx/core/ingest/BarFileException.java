package io.bqx.core.ingest;

import io.bqx.core.BqxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A file of bars was refused, and nothing of it was loaded.
 *
 * <p>The message names the file, its first {@value #SHOWN} problems and how many there are; {@link
 * #problems()} has the first {@value #KEPT}.
 */
public final class BarFileException extends BqxException {

  /** How many problems the message shows. */
  public static final int SHOWN = 20;

  /** How many problems {@link #problems()} holds. */
  public static final int KEPT = 10_000;

  private static final long serialVersionUID = 1L;

  /**
   * What is wrong with one line.
   *
   * @param line the line's number in the (uncompressed) file, the first one is 1; 0 if the file as
   *     a whole is meant
   * @param reason what is wrong, and with which value
   */
  public record Problem(long line, String reason) {

    /** For example {@code line 17: high 1.1 is below low 1.2}. */
    @Override
    public String toString() {
      return line == 0 ? reason : "line " + line + ": " + reason;
    }
  }

  private final transient Path file;
  private final transient List<Problem> problems;
  private final long problemCount;

  BarFileException(
      Path file, BarFormat format, List<Problem> problems, long problemCount, Throwable cause) {
    super(message(file, format, problems, problemCount), cause);
    this.file = file;
    this.problems = List.copyOf(problems);
    this.problemCount = problemCount;
  }

  private static String message(
      Path file, BarFormat format, List<Problem> problems, long problemCount) {
    String shown =
        problems.stream().limit(SHOWN).map(Problem::toString).collect(Collectors.joining("\n  "));
    long more = problemCount - Math.min(SHOWN, problems.size());
    return String.format(
        Locale.ROOT,
        "Cannot read bars from %s: %s\n  %s%s\nExpected for %s: %s. Nothing of the file was loaded; correct it and import it again.",
        file,
        problemCount == 1 ? "1 problem" : problemCount + " problems",
        shown,
        more > 0 ? "\n  and " + more + " more" : "",
        format.id(),
        format.expectation());
  }

  /** The refused file. */
  public Path file() {
    return file;
  }

  /**
   * The problems in the order of their lines, one per bad line, at most the first {@value #KEPT}.
   */
  public List<Problem> problems() {
    return problems;
  }

  /** How many problems the file has. */
  public long problemCount() {
    return problemCount;
  }
}
