package io.bqx.core.export;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.Layout;
import io.bqx.core.export.ExportTargets.Kind;
import io.bqx.core.export.ExportTargets.Target;
import io.bqx.core.watch.Activity;
import io.bqx.core.watch.Watchdog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Measures the encoder alone. */
final class EncoderMeasurement {

  private final ExportSettings settings;
  private final ColumnarFormat format;

  EncoderMeasurement(ExportSettings settings, ColumnarFormat format) {
    this.settings = settings;
    this.format = format;
  }

  EncodingTime measure() {
    Layout layout = settings.layout();
    EncodingTime sum = new EncodingTime(0, 0, Duration.ZERO);
    try (Watchdog watchdog =
        new Watchdog(settings.dataSource(), settings.stallPolicy(), stall -> {})) {
      SpoolFolder spool = SpoolFolder.open(settings.destination().spoolFolder());
      for (Target target : ExportTargets.of(settings)) {
        if (target.kind() == Kind.FEATURES) {
          try (Activity activity = watchdog.begin(target.pair(), target.month(), "reading")) {
            sum = plus(sum, measure(target, layout, activity, spool));
          }
        }
      }
      return sum;
    } catch (IOException | SQLException e) {
      throw new BqxException("Cannot measure the encoder: " + e.getMessage(), e);
    }
  }

  private static EncodingTime plus(EncodingTime sum, EncodingTime more) {
    return new EncodingTime(
        sum.rows() + more.rows(), sum.bytes() + more.bytes(), sum.elapsed().plus(more.elapsed()));
  }

  private EncodingTime measure(Target target, Layout layout, Activity activity, SpoolFolder spool)
      throws IOException, SQLException {
    PartitionReader reader =
        new PartitionReader(
            settings, new PartitionSource(settings, layout, target), activity, wait -> {});
    PartitionState state = reader.state();
    List<RowBlock> blocks = new ArrayList<>();
    PartitionReader.Rows rows =
        reader.read(
            state,
            new PartitionReader.Blocks() {
              @Override
              public RowBlock next() {
                return new RowBlock(state.columns().size() - 1);
              }

              @Override
              public void done(RowBlock block) {
                blocks.add(block);
              }
            });
    Path file = spool.newFile();
    try {
      long start = System.nanoTime();
      try (ColumnarFormat.Writer writer = format.create(file, state.columns())) {
        for (RowBlock block : blocks) {
          writer.write(block);
        }
        long bytes = writer.finish(Map.of()).bytes();
        return new EncodingTime(
            rows.checks().rows(), bytes, Duration.ofNanos(System.nanoTime() - start));
      }
    } finally {
      Files.deleteIfExists(file);
    }
  }
}
