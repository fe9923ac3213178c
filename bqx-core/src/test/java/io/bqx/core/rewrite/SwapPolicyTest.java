package io.bqx.core.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SwapPolicyTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  @Test
  void theDefaultsWaitTwoSecondsTwentyTimes() {
    assertThat(SwapPolicy.ofDefaults())
        .isEqualTo(new SwapPolicy(Duration.ofSeconds(2), 20, SECOND));
  }

  @Test
  void settingsOutOfRangeAreRefusedByNameAndValue() {
    assertThatThrownBy(() -> new SwapPolicy(Duration.ZERO, 1, SECOND))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("lockTimeout", "PT0S", "1 ms");
    assertThatThrownBy(() -> new SwapPolicy(Duration.ofHours(1), 1, SECOND))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("lockTimeout", "PT1H", "10 min");
    assertThatThrownBy(() -> new SwapPolicy(SECOND, 0, SECOND))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("tries", "0");
    assertThatThrownBy(() -> new SwapPolicy(SECOND, 1, SECOND.negated()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("pause", "PT-1S");
  }
}
