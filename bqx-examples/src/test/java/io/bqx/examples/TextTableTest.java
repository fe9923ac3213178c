package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TextTableTest {

  @Test
  void wordsAreAlignedLeftAndNumbersRight() {
    TextTable table = new TextTable().left("pair").right("rows").left("state");
    table.row("eurusd", "1,000", "done").row("gbpusd", 7, "failed");
    assertThat(table.lines())
        .containsExactly(
            "pair     rows  state",
            "------  -----  ------",
            "eurusd  1,000  done",
            "gbpusd      7  failed");
  }

  @Test
  void lastWordsHaveNoBlanksAfterThem() {
    assertThat(new TextTable().left("a").left("long").row("x", "y").lines())
        .noneMatch(line -> line.endsWith(" "));
  }

  @Test
  void aRowHasOneCellPerColumn() {
    assertThatThrownBy(() -> new TextTable().left("a").row("x", "y"))
        .hasMessage("A row of 2 cells in a table of 1 columns");
  }
}
