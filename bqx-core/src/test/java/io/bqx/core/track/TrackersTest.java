package io.bqx.core.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.core.BqxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrackersTest {

  static StageCompletion completion(String stage) {
    return new StageCompletion(
        stage,
        "currency_indices",
        Instant.parse("2024-07-22T10:04:59Z"),
        336,
        10_425_134,
        224,
        Duration.ofMinutes(90),
        StageCompletion.Validation.PASSED);
  }

  @Test
  void theNoteHasTheWordsOfTheGroup() {
    assertThat(completion("2.3").note())
        .isEqualTo(
            "Completed 2024-07-22 10:04 UTC. Results: 336 partitions, 10,425,134 rows updated, 224 features added, 1.5 hours. Validation: passed.");
  }

  @Test
  void aMarkdownFileGetsATitleAndALinePerStage(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("stages.md");
    MarkdownTracker.in(file).stageCompleted(completion("2.3"));
    MarkdownTracker.in(file).stageCompleted(completion("2.4"));

    assertThat(Files.readString(file).lines())
        .hasSize(4)
        .startsWith("# Stages", "")
        .element(3)
        .asString()
        .startsWith("- **2.4 currency\\_indices**: Completed 2024-07-22");
  }

  @Test
  void aFileThatCannotBeWrittenIsNamed(@TempDir Path folder) {
    assertThatThrownBy(() -> MarkdownTracker.in(folder).stageCompleted(completion("2.3")))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("2.3");
  }
}
