package io.bqx.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.zip.CRC32C;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

class ChainedCrcProperties {

  @Property
  void theChecksumOfPiecesIsThatOfTheirBytesInARow(
      @ForAll @Size(max = 20) List<@Size(max = 300) byte[]> pieces) {
    CRC32C whole = new CRC32C();
    ChainedCrc chained = new ChainedCrc();
    for (byte[] piece : pieces) {
      whole.update(piece, 0, piece.length);
      CRC32C own = new CRC32C();
      own.update(piece, 0, piece.length);
      chained.append((int) own.getValue(), piece.length);
    }
    assertThat(chained.value()).isEqualTo(whole.getValue());
  }
}
