package io.bqx.examples;

import io.bqx.core.track.AirTableTracker;
import io.bqx.core.track.MarkdownTracker;
import io.bqx.core.track.StageTracker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say where completed stages are noted. */
final class TrackerOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--track",
      paramLabel = "FILE",
      description = "Note every stage that the run completes in this Markdown file.")
  private Path file;

  @Option(
      names = "--track-airtable",
      description =
          "Note it in AirTable. From the environment: BQX_AIRTABLE_TOKEN, BQX_AIRTABLE_BASE, BQX_AIRTABLE_TABLE; and if they"
              + " differ from these, BQX_AIRTABLE_STAGE_FIELD (Stage), BQX_AIRTABLE_NOTES_FIELD (Notes),"
              + " BQX_AIRTABLE_STATUS_FIELD (none), BQX_AIRTABLE_STATUS (Done), BQX_AIRTABLE_URL.")
  private boolean airtable;

  /**
   * What was asked for; nothing is noted yet.
   *
   * @throws ParameterException if the file cannot be one, or a variable is missing
   */
  List<StageTracker> trackers() {
    List<StageTracker> trackers = new ArrayList<>();
    if (file != null) {
      if (Files.isDirectory(file) || !Files.isDirectory(file.toAbsolutePath().getParent())) {
        throw badUsage("--track %s must be a file in a folder that exists", file);
      }
      trackers.add(MarkdownTracker.in(file));
    }
    if (airtable) {
      try {
        trackers.add(AirTableTracker.from(root().environment()));
      } catch (IllegalArgumentException e) {
        throw badUsage("--track-airtable cannot be used: %s", e.getMessage());
      }
    }
    return trackers;
  }

  private Bqx root() {
    return (Bqx) command.root().userObject();
  }

  private ParameterException badUsage(String message, Object... arguments) {
    return new ParameterException(
        command.commandLine(), String.format(Locale.ROOT, message, arguments));
  }
}
