package io.bqx.core.export;

import io.bqx.core.BqxException;
import io.bqx.core.catalog.Layout;
import io.bqx.core.export.ExportOutcome.State;
import io.bqx.core.export.ExportTargets.Kind;
import io.bqx.core.export.ExportTargets.Target;
import io.bqx.core.retry.Retries;
import io.bqx.core.retry.RetryListener;
import io.bqx.core.watch.Activity;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** Reads files back, records which are right, and tells whether those that there are have been. */
final class Verifier {

  private final ExportSettings settings;
  private final ColumnarFormat format;
  private final Retries retries = Retries.ofDefaults();
  private final AtomicLong values = new AtomicLong();
  private final AtomicLong sampledRows = new AtomicLong();

  Verifier(ExportSettings settings, ColumnarFormat format) {
    this.settings = settings;
    this.format = format;
  }

  ExportVerification verify() {
    long start = System.nanoTime();
    Layout layout = layout();
    List<Target> targets = targets();
    ExportManifest manifest = manifest();
    try (ExportWorkers workers = new ExportWorkers(settings)) {
      SpoolFolder spool = SpoolFolder.open(settings.destination().spoolFolder());
      List<ExportOutcome> outcomes =
          workers.onEach(targets, target -> verify(target, layout, manifest, workers, spool));
      List<String> foreign = foreign(manifest, targets);
      record(targets, outcomes);
      return new ExportVerification(
          outcomes, foreign, values.get(), sampledRows.get(), ExportWorkers.since(start));
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private Layout layout() {
    return retries.call("reading the layout", settings::layout, RetryListener.NONE);
  }

  private List<Target> targets() {
    return retries.call(
        "looking for features", () -> ExportTargets.of(settings), RetryListener.NONE);
  }

  private ExportManifest manifest() {
    return ExportManifest.of(settings.destination())
        .orElseThrow(
            () ->
                new BqxException(
                    "Cannot verify an export at "
                        + settings.destination()
                        + ": it has no "
                        + ExportManifest.NAME
                        + "; export first, or name the place"));
  }

  private BqxException unreadable(IOException e) {
    return new BqxException(
        "Cannot read the export at " + settings.destination() + ": " + PartitionExport.reason(e),
        e);
  }

  private ExportOutcome verify(
      Target target,
      Layout layout,
      ExportManifest manifest,
      ExportWorkers workers,
      SpoolFolder spool) {
    long start = System.nanoTime();
    try (Activity activity =
        workers.watchdog().begin(target.pair(), target.month(), "verifying the export")) {
      FileVerification verification =
          new FileVerification(
              settings,
              format,
              spool,
              manifest.file(target.pair(), target.month()),
              target.fileName(),
              new PartitionReader(
                  settings,
                  new PartitionSource(settings, layout, target),
                  activity,
                  wait -> workers.waiting(target, wait)));
      FileVerification.Result result =
          retries.call(
              "the verification of " + target,
              () -> {
                activity.enter("verifying the export");
                return verification.verify();
              },
              (what, attempt, wait, error) -> {
                activity.rest();
                workers.retrying(target, attempt, error);
              });
      values.addAndGet(result.values());
      sampledRows.addAndGet(result.sampledRows());
      return ExportOutcome.of(target, State.VERIFIED, result.file(), ExportWorkers.since(start));
    }
  }

  /** Of what the manifest lists only what was asked for is looked at. */
  private List<String> foreign(ExportManifest manifest, List<Target> targets) throws IOException {
    Set<String> known = new HashSet<>(Set.of(ExportManifest.NAME, VerifiedFiles.NAME));
    manifest.files().forEach(file -> known.add(file.name()));
    targets.stream().filter(t -> t.kind() == Kind.FEATURES).forEach(t -> known.add(t.fileName()));
    targets.stream()
        .filter(t -> t.kind() != Kind.FEATURES)
        .forEach(t -> known.remove(t.fileName()));
    List<String> foreign = new ArrayList<>();
    for (StoredFile file : settings.destination().list()) {
      if (!known.contains(file.name())) {
        foreign.add(file.name());
      }
    }
    return foreign;
  }

  private void record(List<Target> targets, List<ExportOutcome> outcomes) throws IOException {
    Map<String, String> right = new TreeMap<>();
    Set<String> looked = new HashSet<>();
    targets.forEach(target -> looked.add(target.fileName()));
    for (ExportOutcome outcome : outcomes) {
      String name = ExportedFile.nameOf(outcome.pair(), outcome.month());
      if (outcome.state() == State.CANCELLED) {
        looked.remove(name);
      }
      outcome.file().ifPresent(file -> right.put(name, file.sha256()));
    }
    Instant now = Instant.now();
    settings
        .destination()
        .update(
            VerifiedFiles.NAME,
            old ->
                ExportJson.bytes(
                    old.map(ExportJson::verified)
                        .orElse(VerifiedFiles.NONE)
                        .after(looked, right, now)));
  }

  /** What keeps the export from counting as verified. */
  List<String> unverified() {
    Layout layout = layout();
    List<Target> targets = targets();
    Optional<ExportManifest> manifest = ExportManifest.of(settings.destination());
    if (manifest.isEmpty()) {
      return List.of("There is no " + ExportManifest.NAME + " at " + settings.destination());
    }
    try (ExportWorkers workers = new ExportWorkers(settings)) {
      VerifiedFiles verified =
          settings
              .destination()
              .read(VerifiedFiles.NAME)
              .map(ExportJson::verified)
              .orElse(VerifiedFiles.NONE);
      Map<String, Long> sizes = new HashMap<>();
      settings.destination().list().forEach(file -> sizes.put(file.name(), file.bytes()));
      List<String> reasons = new ArrayList<>();
      List<ExportOutcome> outcomes =
          workers.onEach(
              targets,
              target -> {
                try (Activity activity =
                    workers
                        .watchdog()
                        .begin(target.pair(), target.month(), "looking at the export")) {
                  return held(target, layout, manifest.get(), verified, sizes, activity);
                }
              });
      outcomes.stream()
          .filter(outcome -> !outcome.state().isComplete())
          .forEach(outcome -> reasons.add(outcome.message().orElse("no reason")));
      foreign(manifest.get(), targets).forEach(name -> reasons.add(name + " belongs to no export"));
      return List.copyOf(reasons);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private ExportOutcome held(
      Target target,
      Layout layout,
      ExportManifest manifest,
      VerifiedFiles verified,
      Map<String, Long> sizes,
      Activity activity) {
    String name = target.fileName();
    ExportedFile file =
        manifest
            .file(target.pair(), target.month())
            .orElseThrow(() -> new BqxException(name + " was never exported"));
    if (!Long.valueOf(file.bytes()).equals(sizes.get(name))) {
      throw new BqxException(name + " is missing or has another size");
    }
    if (!verified.has(file)) {
      throw new BqxException(name + " was not verified since it was exported, or was not right");
    }
    PartitionReader reader =
        new PartitionReader(
            settings, new PartitionSource(settings, layout, target), activity, wait -> {});
    PartitionState state = retries.call("looking at " + target, reader::state, RetryListener.NONE);
    if (state.isRecorded() && !state.source().equals(file.source())) {
      throw new BqxException(name + " is out of date: the database has been changed since");
    }
    return ExportOutcome.of(target, State.VERIFIED, file, Duration.ZERO);
  }
}
