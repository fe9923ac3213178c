package io.bqx.core.export;

import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import io.bqx.core.export.ExportOutcome.State;
import io.bqx.core.export.ExportTargets.Target;
import io.bqx.core.watch.Activity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/** Writes the file of one pair's month, unless it is there already. */
final class PartitionExport {

  private final ExportSettings settings;
  private final ColumnarFormat format;
  private final SpoolFolder spool;
  private final FileFacts facts;
  private final ExecutorService readers;
  private final Target target;
  private final PartitionReader reader;
  private final Activity activity;

  PartitionExport(
      ExportSettings settings,
      ColumnarFormat format,
      SpoolFolder spool,
      FileFacts facts,
      ExecutorService readers,
      Target target,
      PartitionReader reader,
      Activity activity) {
    this.settings = settings;
    this.format = format;
    this.spool = spool;
    this.facts = facts;
    this.readers = readers;
    this.target = target;
    this.reader = reader;
    this.activity = activity;
  }

  /** Does it once; errors of the database come through as they are. */
  ExportOutcome attempt() throws SQLException {
    long start = System.nanoTime();
    try {
      activity.enter("looking at what is there");
      PartitionState state = reader.state();
      Optional<ExportedFile> there = settings.redo() ? Optional.empty() : current(state);
      if (there.isPresent()) {
        return ExportOutcome.of(target, State.UP_TO_DATE, there.get(), ExportWorkers.since(start));
      }
      activity.enter("exporting");
      return ExportOutcome.of(target, State.WRITTEN, write(state), ExportWorkers.since(start));
    } catch (IOException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot write %s to %s: %s",
              target.fileName(),
              settings.destination(),
              reason(e)),
          e);
    }
  }

  /** The words of an {@link IOException}, whose message is often no more than a name. */
  static String reason(IOException e) {
    String kind = e.getClass() == IOException.class ? "" : e.getClass().getSimpleName() + ": ";
    return kind + e.getMessage();
  }

  /** The file that is there, if it holds what the database has. */
  private Optional<ExportedFile> current(PartitionState state) throws IOException, SQLException {
    Optional<ExportedFile> there =
        facts
            .find(target.fileName())
            .filter(file -> file.pair().equals(target.pair()))
            .filter(file -> file.month().equals(target.month()))
            .filter(file -> file.columns() == state.columnsCrc())
            .filter(file -> file.encoding() == settings.encoding());
    if (there.isEmpty()) {
      return there;
    }
    boolean same =
        state.isRecorded()
            ? there.get().source().equals(state.source())
            : there.get().crc32c() == crcOf(state);
    return there.filter(file -> same);
  }

  /** What is not in the ledger has to be read to know whether it has changed. */
  private long crcOf(PartitionState state) throws SQLException {
    RowBlock block = new RowBlock(state.columns().size() - 1);
    PartitionReader.Rows rows =
        reader.read(
            state,
            new PartitionReader.Blocks() {
              @Override
              public RowBlock next() {
                block.clear();
                return block;
              }

              @Override
              public void done(RowBlock filled) {}
            });
    return rows.checks().crc();
  }

  private ExportedFile write(PartitionState expected) throws IOException, SQLException {
    Path file = spool.newFile();
    try {
      ExportedFile written = encode(expected, file);
      activity.enter("putting the file in place");
      settings.destination().put(file, written.name(), FileFacts.attributesToPut(written));
      return written;
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private ExportedFile encode(PartitionState expected, Path file) throws IOException, SQLException {
    RowPipe pipe = new RowPipe(expected.columns().size() - 1);
    Future<PartitionReader.Rows> reading = readers.submit(() -> read(expected, pipe));
    try (ColumnarFormat.Writer writer = format.create(file, expected.columns())) {
      for (RowBlock block = pipe.next(); block.rows() > 0; block = pipe.next()) {
        writer.write(block);
        pipe.used(block);
      }
      PartitionReader.Rows rows = await(reading);
      rows.checks()
          .fault()
          .ifPresent(
              fault -> {
                throw new BqxException(fault);
              });
      ExportedFile described = describe(rows, 0, "");
      ColumnarFormat.Written written = writer.finish(FileFacts.metadata(described, rows.state()));
      return describe(rows, written.bytes(), written.sha256());
    } finally {
      pipe.stop();
      awaitEnd(reading);
    }
  }

  private PartitionReader.Rows read(PartitionState expected, RowPipe pipe) throws SQLException {
    try {
      return reader.read(
          expected,
          new PartitionReader.Blocks() {
            @Override
            public RowBlock next() {
              return pipe.blockToFill();
            }

            @Override
            public void done(RowBlock block) {
              pipe.filled(block);
            }
          });
    } finally {
      pipe.end();
    }
  }

  private ExportedFile describe(PartitionReader.Rows rows, long bytes, String sha256) {
    RowChecks checks = rows.checks();
    return new ExportedFile(
        target.pair(),
        target.month(),
        checks.rows(),
        bytes,
        checks.crc(),
        sha256,
        checks.first(),
        checks.last(),
        rows.state().source(),
        rows.state().columnsCrc(),
        settings.encoding());
  }

  private static <T> T await(Future<T> reading) throws SQLException {
    try {
      return reading.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("Interrupted while rows were exported", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SQLException fault) {
        throw fault;
      }
      if (e.getCause() instanceof RuntimeException fault) {
        throw fault;
      }
      if (e.getCause() instanceof Error fault) {
        throw fault;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Nothing is to read any more when an attempt is over, whatever has become of it. */
  private static void awaitEnd(Future<?> reading) {
    boolean interrupted = false;
    while (true) {
      try {
        reading.get();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException e) {
        break;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
