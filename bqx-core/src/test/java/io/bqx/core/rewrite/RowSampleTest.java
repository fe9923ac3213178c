package io.bqx.core.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import io.bqx.core.copy.RowEncoder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowSampleTest {

  private final RowSample sample = new RowSample();

  private static byte[] row(int mark) {
    RowEncoder encoder = new RowEncoder(64);
    encoder.beginRow(4);
    encoder.timestamp(mark);
    encoder.nullField();
    encoder.bool(1);
    encoder.float8(mark);
    return Arrays.copyOf(encoder.array(), encoder.length());
  }

  private static byte[] block(int mark) {
    byte[] first = row(mark);
    byte[] block = Arrays.copyOf(first, 3 + 2 * first.length);
    System.arraycopy(first, 0, block, 3, first.length);
    System.arraycopy(row(-1), 0, block, 3 + first.length, first.length);
    return block;
  }

  @Test
  void nothingWrittenGivesNoRows() {
    sample.see(new byte[4], 2, 0);
    assertThat(sample.rows()).isEmpty();
  }

  @Test
  void theFirstRowsOfTheFirstAndLastBlockAreAlwaysThere() {
    for (int mark = 0; mark < 1000; mark++) {
      byte[] block = block(mark);
      sample.see(block, 3, block.length - 3);
      Arrays.fill(block, (byte) 0x55);
    }
    List<byte[]> rows = sample.rows();
    assertThat(rows).hasSizeBetween(2, 16);
    assertThat(rows).anyMatch(row -> Arrays.equals(row, row(0)));
    assertThat(rows).anyMatch(row -> Arrays.equals(row, row(999)));
    assertThat(rows).noneMatch(row -> Arrays.equals(row, row(-1)));
  }
}
