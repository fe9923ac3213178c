package io.bqx.core.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class StallPolicyTest {

  @Test
  void byDefaultAStallIsToldAfterAMinuteAndNothingIsEnded() {
    assertThat(StallPolicy.ofDefaults()).isEqualTo(new StallPolicy(Duration.ofMinutes(1), false));
    assertThat(StallPolicy.reportAfter(Duration.ofSeconds(5)).cancel()).isFalse();
    assertThat(StallPolicy.cancelAfter(Duration.ofSeconds(5)).cancel()).isTrue();
  }

  @Test
  void aTimeoutOutOfRangeIsRefusedWithItsValueAndTheRange() {
    assertThatThrownBy(() -> StallPolicy.reportAfter(Duration.ofMillis(99)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("stall timeout", "PT0.099S", "100 ms", "1 day");
    assertThatThrownBy(() -> StallPolicy.cancelAfter(Duration.ofDays(2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PT48H");
  }
}
