package io.bqx.features;

/**
 * A number of about 32 decimal digits, the unevaluated sum of two doubles (Dekker 1971; Hida, Li
 * and Bailey 2001). The oracle of the accuracy tests; {@link ExactSeriesTest} checks it against
 * {@link java.math.BigDecimal}.
 */
record DoubleDouble(double high, double low) {

  static final DoubleDouble ZERO = of(0);

  static DoubleDouble of(double value) {
    return new DoubleDouble(value, 0);
  }

  private static DoubleDouble normalized(double a, double b) {
    double sum = a + b;
    return new DoubleDouble(sum, b - (sum - a));
  }

  DoubleDouble plus(DoubleDouble other) {
    double sum = high + other.high;
    double rounded = sum - high;
    double error = (high - (sum - rounded)) + (other.high - rounded);
    double lowSum = low + other.low;
    double lowRounded = lowSum - low;
    double lowError = (low - (lowSum - lowRounded)) + (other.low - lowRounded);
    DoubleDouble first = normalized(sum, error + lowSum);
    return normalized(first.high, first.low + lowError);
  }

  DoubleDouble negated() {
    return new DoubleDouble(-high, -low);
  }

  DoubleDouble minus(DoubleDouble other) {
    return plus(other.negated());
  }

  DoubleDouble times(DoubleDouble other) {
    double product = high * other.high;
    double error = Math.fma(high, other.high, -product);
    return normalized(product, error + (high * other.low + low * other.high));
  }

  DoubleDouble times(double factor) {
    return times(of(factor));
  }

  DoubleDouble over(DoubleDouble divisor) {
    double first = high / divisor.high;
    DoubleDouble rest = minus(divisor.times(first));
    double second = rest.high / divisor.high;
    rest = rest.minus(divisor.times(second));
    double third = rest.high / divisor.high;
    return normalized(first, second).plus(of(third));
  }

  DoubleDouble over(double divisor) {
    return over(of(divisor));
  }

  /** The nearest double. */
  double value() {
    return high + low;
  }
}
