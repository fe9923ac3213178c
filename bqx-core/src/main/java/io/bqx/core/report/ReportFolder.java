package io.bqx.core.report;

import io.bqx.core.BqxException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * A folder with {@code report.md}, {@code report.json} and {@code report.html}. A report that is
 * written where one stands already is compared with it and replaces it.
 *
 * <p>Needs the libraries that {@link JsonReport} and {@link HtmlReport} need.
 */
public final class ReportFolder {

  private static final String JSON = "report.json";

  private final Path folder;

  private ReportFolder(Path folder) {
    this.folder = Objects.requireNonNull(folder, "folder");
  }

  /** The folder; it is created when a report is written. */
  public static ReportFolder at(Path folder) {
    return new ReportFolder(folder);
  }

  /**
   * Writes the three files, each of them whole or not at all.
   *
   * @return the files, the page first
   * @throws BqxException if a file cannot be written, or the {@code report.json} that is there is
   *     no report
   */
  public List<Path> write(CompletionReport report) {
    Path earlier = folder.resolve(JSON);
    CompletionReport compared =
        Files.exists(earlier) ? report.since(JsonReport.contents(earlier)) : report;
    Map<String, String> contents = new LinkedHashMap<>();
    contents.put("report.html", HtmlReport.of(compared));
    contents.put("report.md", MarkdownReport.of(compared));
    contents.put(JSON, JsonReport.of(compared));
    contents.forEach(this::replace);
    return contents.keySet().stream().map(folder::resolve).toList();
  }

  private void replace(String name, String content) {
    Path file = folder.resolve(name);
    try {
      Files.createDirectories(folder);
      Path fresh = folder.resolve("." + name + ".new");
      try {
        Files.writeString(fresh, content, StandardCharsets.UTF_8);
        Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(fresh);
      }
    } catch (IOException e) {
      throw new BqxException(
          String.format(Locale.ROOT, "Cannot write %s: %s", file, e.getMessage()), e);
    }
  }
}
