package io.bqx.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantitiesTest {

  @ParameterizedTest
  @CsvSource({
    "0,0 B",
    "999,999 B",
    "1000,1.0 kB",
    "999949,999.9 kB",
    "999950,1.0 MB",
    "57100000000,57.1 GB",
    "2000000000000000,2000.0 TB"
  })
  void bytesHaveOneDigitAfterThePoint(long bytes, String text) {
    assertThat(Quantities.bytes(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "0,0.00 s",
    "1234,1.23 s",
    "9994,9.99 s",
    "9996,10 s",
    "59499,59 s",
    "59500,1 min 0 s",
    "125000,2 min 5 s",
    "3599600,1 h 0 min",
    "43200000,12 h 0 min"
  })
  void durationsHaveTheirTwoLargestUnits(long millis, String text) {
    assertThat(Quantities.duration(Duration.ofMillis(millis))).isEqualTo(text);
  }

  @Test
  void countsHaveSeparatorsAndAPlural() {
    assertThat(Quantities.count(10_425_134, "row")).isEqualTo("10,425,134 rows");
    assertThat(Quantities.count(1, "row")).isEqualTo("1 row");
    assertThat(Quantities.rate(23_456.7)).isEqualTo("23,457 rows/s");
  }
}
