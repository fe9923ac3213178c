package io.bqx.core.ingest;

import io.bqx.features.Bars;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Files of bars for tests. */
final class BarFiles {

  static final String HISTDATA = "real-m1/DAT_ASCII_EURUSD_M1_2014.csv";
  static final String MT5 = "real-m1/EURUSD_M1_201405010300_201405160259.csv";
  static final String DUKASCOPY = "real-m1/EURUSD_Candlestick_1_M_MID_01.05.2014-15.05.2014.csv";
  static final String CSV = "real-m1/eurusd.csv.gz";
  static final String HEADER = "time,open,high,low,close,volume\n";

  private BarFiles() {}

  /** A file of the test resources. */
  static Path resource(String name) {
    try {
      return Path.of(BarFiles.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static Path write(Path folder, String name, String text) {
    return write(folder, name, text.getBytes(StandardCharsets.UTF_8));
  }

  static Path write(Path folder, String name, byte[] bytes) {
    try {
      return Files.write(folder.resolve(name), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] gzip(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Every bar as text, to compare bars as wholes. */
  static List<String> lines(Bars bars) {
    List<String> lines = new ArrayList<>();
    for (int row = 0; row < bars.rows(); row++) {
      lines.add(
          bars.axis().instant(row)
              + " "
              + bars.open(row)
              + " "
              + bars.high(row)
              + " "
              + bars.low(row)
              + " "
              + bars.close(row)
              + " "
              + bars.volume(row));
    }
    return lines;
  }
}
