package io.bqx.aws.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.aws.cost.Market;
import io.bqx.aws.testing.TestTime;
import io.bqx.core.BqxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFileTest {

  @TempDir private Path folder;

  private final WorkerState state =
      new WorkerState(
          "phase2",
          List.of(
              new Attempt(
                  1,
                  Attempt.Phase.ENDED,
                  "bqx-token",
                  Market.SPOT,
                  "c7i.8xlarge",
                  TestSpecs.SUBNET_A,
                  "ami-0123456789abcdef0",
                  Optional.of("us-east-1a"),
                  Optional.of("i-0123456789abcdef0"),
                  Optional.of("sir-0123456a"),
                  TestTime.BEGIN,
                  Optional.of(TestTime.BEGIN.plusSeconds(9)),
                  Optional.of(TestTime.BEGIN.plusSeconds(99))),
              new Attempt(
                  2,
                  Attempt.Phase.REQUESTED,
                  "bqx-other",
                  Market.ON_DEMAND,
                  "c7i.8xlarge",
                  TestSpecs.SUBNET_B,
                  "ami-0123456789abcdef0",
                  Optional.empty(),
                  Optional.empty(),
                  Optional.empty(),
                  TestTime.BEGIN.plusSeconds(100),
                  Optional.empty(),
                  Optional.empty())),
          List.of(
              new WorkerInterruption(
                  1,
                  "i-0123456789abcdef0",
                  TestTime.BEGIN.plusSeconds(99),
                  "instance-terminated-by-price",
                  true,
                  Optional.of(TestTime.BEGIN.plusSeconds(60)),
                  12,
                  3,
                  Optional.empty())),
          List.of(
              new StepRecord(
                  RunStep.LAUNCH, TestTime.BEGIN, Optional.of(TestTime.BEGIN.plusSeconds(9)), "ok"),
              new StepRecord(
                  RunStep.SUPERVISE, TestTime.BEGIN.plusSeconds(9), Optional.empty(), "begun")),
          List.of(new Decision(TestTime.BEGIN, "Asking for \"everything\"")));

  @Test
  void whatWasWrittenIsRead() {
    StateFile file = new StateFile(folder.resolve("new/folder/phase2.json"), "phase2");

    assertThat(file.read()).isEmpty();
    file.write(state);
    assertThat(file.read()).contains(state);
  }

  @Test
  void aFileFromBeforeInterruptionsWereRecordedIsRead() throws IOException {
    Path path =
        Files.writeString(
            folder.resolve("phase2.json"),
            "{\"version\":1,\"name\":\"phase2\",\"attempts\":[],\"decisions\":[]}");

    assertThat(new StateFile(path, "phase2").read()).contains(WorkerState.empty("phase2"));
  }

  @Test
  void nothingButTheFileIsLeft() throws IOException {
    new StateFile(folder.resolve("phase2.json"), "phase2").write(state);

    try (var files = Files.list(folder)) {
      assertThat(files.map(path -> path.getFileName().toString())).containsExactly("phase2.json");
    }
  }

  @Test
  void aDamagedFileIsNamedWithWhatToDo() throws IOException {
    Path path = folder.resolve("phase2.json");
    for (String text : List.of("", "{", "{\"version\":1}", "{\"version\":7}", "[]")) {
      Files.writeString(path, text);
      assertThatThrownBy(() -> new StateFile(path, "phase2").read())
          .as(text)
          .isInstanceOf(BqxException.class)
          .hasMessageContaining(path + " is damaged. Move it away");
    }
  }

  @Test
  void theFileOfAnotherWorkerIsRefused() {
    Path path = folder.resolve("state.json");
    new StateFile(path, "phase2").write(state);

    assertThatThrownBy(() -> new StateFile(path, "other").read())
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("is about the worker phase2, not about other");
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");

    assertThatThrownBy(() -> new StateFile(file.resolve("phase2.json"), "phase2").write(state))
        .isInstanceOf(BqxException.class)
        .hasMessageContaining("Cannot write the worker's state " + file.resolve("phase2.json"));
  }
}
