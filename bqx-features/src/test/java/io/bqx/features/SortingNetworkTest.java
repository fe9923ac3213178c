package io.bqx.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A network that sorts every row of zeros and ones sorts everything (Knuth, volume 3, 5.3.4). */
class SortingNetworkTest {

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
  void sortsEveryRowOfZerosAndOnes(int size) {
    double[][] lanes = new double[size][1 << size];
    for (int lane = 0; lane < size; lane++) {
      for (int row = 0; row < lanes[lane].length; row++) {
        lanes[lane][row] = row >> lane & 1;
      }
    }
    new SortingNetwork(size).sort(lanes);
    for (int row = 0; row < 1 << size; row++) {
      for (int lane = 0; lane < size; lane++) {
        assertThat(lanes[lane][row]).isEqualTo(lane < size - Integer.bitCount(row) ? 0 : 1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 21, 33})
  void sortsRowsOfAnyValuesWithInfinitiesLast(int size) {
    SplittableRandom random = new SplittableRandom(size);
    double[][] rows = new double[1000][size];
    double[][] lanes = new double[size][1000];
    for (int row = 0; row < 1000; row++) {
      for (int lane = 0; lane < size; lane++) {
        boolean infinite = random.nextInt(5) == 0;
        rows[row][lane] = infinite ? Double.POSITIVE_INFINITY : random.nextInt(20) - 10;
        lanes[lane][row] = rows[row][lane];
      }
      Arrays.sort(rows[row]);
    }
    new SortingNetwork(size).sort(lanes);
    for (int row = 0; row < 1000; row++) {
      for (int lane = 0; lane < size; lane++) {
        assertThat(lanes[lane][row]).isEqualTo(rows[row][lane]);
      }
    }
  }
}
