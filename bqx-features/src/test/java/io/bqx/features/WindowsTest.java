package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WindowsTest {

  @Test
  void defaultsAreThoseOfTheSpecification() {
    Windows windows = Windows.ofDefaults();
    assertThat(windows.regression()).containsExactly(60, 90, 150, 240, 390, 630);
    assertThat(windows.bqx()).containsExactly(15, 30, 45, 60, 75);
    assertThat(windows.prediction()).isEqualTo(60);
    assertThat(windows.regressionSource()).isEqualTo(15);
    assertThat(windows.aggregate()).isEqualTo(75);
    assertThat(windows.longestRegression()).isEqualTo(630);
  }

  @Test
  void oneKindCanBeReplacedAndTheOtherKept() {
    Windows windows = Windows.ofDefaults().withRegression(3, 4).withBqx(2, 3);
    assertThat(windows).isEqualTo(new Windows(List.of(3, 4), List.of(2, 3)));
  }

  @Test
  void aCallersListIsCopied() {
    List<Integer> regression = new ArrayList<>(List.of(3));
    Windows windows = new Windows(regression, List.of(2));
    regression.add(1);
    assertThat(windows.regression()).containsExactly(3);
  }

  @Test
  void refusesListsThatAreEmptyTooShortOrNotAscendingAndNamesTheSetting() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Windows(List.of(), List.of(2)))
        .withMessageContaining("regression windows");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Windows.ofDefaults().withRegression(2))
        .withMessageContaining("start at 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Windows.ofDefaults().withBqx(1))
        .withMessageContaining("BQX windows");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Windows.ofDefaults().withRegression(60, 60))
        .withMessageContaining("ascend strictly");
  }
}
