package io.bqx.aws.cost;

import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;

/** Hours as the quantity of a price per hour. */
final class Hours {

  private static final BigDecimal NANOS = BigDecimal.valueOf(3_600_000_000_000L);

  private Hours() {}

  /** To 34 digits. */
  static BigDecimal of(Duration time) {
    return BigDecimal.valueOf(time.getSeconds())
        .multiply(BigDecimal.valueOf(1_000_000_000L))
        .add(BigDecimal.valueOf(time.getNano()))
        .divide(NANOS, MathContext.DECIMAL128);
  }
}
