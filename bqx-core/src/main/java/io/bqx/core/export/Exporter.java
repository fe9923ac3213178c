package io.bqx.core.export;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.Layout;
import io.bqx.core.export.ExportTargets.Target;
import io.bqx.core.retry.Retries;
import io.bqx.core.retry.RetryListener;
import io.bqx.core.watch.Activity;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes the files that are missing or out of date, and then the manifest. */
final class Exporter {

  private static final Logger LOG = LoggerFactory.getLogger(Exporter.class);

  private final ExportSettings settings;
  private final ColumnarFormat format;
  private final Retries retries = Retries.ofDefaults();

  Exporter(ExportSettings settings, ColumnarFormat format) {
    this.settings = settings;
    this.format = format;
  }

  ExportReport run() {
    long start = System.nanoTime();
    Layout layout = retries.call("reading the layout", settings::layout, RetryListener.NONE);
    List<Target> targets =
        retries.call("looking for features", () -> ExportTargets.of(settings), RetryListener.NONE);
    Optional<ExportManifest> before = readableManifest();
    LOG.info(
        "Export started [schema={}] [layout={}] [files={}] [destination={}]",
        settings.schema(),
        layout,
        targets.size(),
        settings.destination());
    try (ExportWorkers workers = new ExportWorkers(settings)) {
      SpoolFolder spool = SpoolFolder.open(settings.destination().spoolFolder());
      FileFacts facts = new FileFacts(settings.destination(), format, spool, before);
      List<ExportOutcome> outcomes =
          workers.onEach(targets, target -> export(target, layout, workers, spool, facts));
      ExportManifest manifest = write(before, outcomes);
      return new ExportReport(outcomes, manifest, ExportWorkers.since(start));
    } catch (IOException e) {
      throw new BqxException(
          "Cannot export to " + settings.destination() + ": " + PartitionExport.reason(e), e);
    }
  }

  private Optional<ExportManifest> readableManifest() {
    try {
      return ExportManifest.of(settings.destination());
    } catch (ExportJson.DamagedException e) {
      LOG.warn("The manifest of {} is damaged and will be written anew", settings.destination(), e);
      return Optional.empty();
    }
  }

  private ExportOutcome export(
      Target target, Layout layout, ExportWorkers workers, SpoolFolder spool, FileFacts facts) {
    try (Activity activity = workers.watchdog().begin(target.pair(), target.month(), "exporting")) {
      PartitionReader reader =
          new PartitionReader(
              settings,
              new PartitionSource(settings, layout, target),
              activity,
              wait -> workers.waiting(target, wait));
      PartitionExport export =
          new PartitionExport(
              settings, format, spool, facts, workers.readers(), target, reader, activity);
      return retries.call(
          "the export of " + target,
          export::attempt,
          (what, attempt, wait, error) -> {
            activity.rest();
            workers.retrying(target, attempt, error);
          });
    }
  }

  /** After all files, so that it never names one that is not there. */
  private ExportManifest write(Optional<ExportManifest> before, List<ExportOutcome> outcomes)
      throws IOException {
    List<ExportedFile> files = outcomes.stream().flatMap(o -> o.file().stream()).toList();
    if (before.isPresent() && before.get().files().containsAll(files)) {
      return before.get();
    }
    Instant now = Instant.now();
    settings
        .destination()
        .update(ExportManifest.NAME, old -> ExportJson.bytes(merge(old, files, now)));
    return ExportManifest.of(settings.destination()).orElseThrow();
  }

  private static ExportManifest merge(Optional<byte[]> old, List<ExportedFile> files, Instant now) {
    ExportManifest before;
    try {
      before = old.map(ExportJson::manifest).orElse(new ExportManifest(now, List.of()));
    } catch (ExportJson.DamagedException e) {
      before = new ExportManifest(now, List.of());
    }
    return before.with(files, now);
  }
}
