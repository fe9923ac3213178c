package io.bqx.aws.worker;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.aws.cost.Market;
import io.bqx.core.BqxException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The state of a worker in a JSON file. It is replaced in whole, so that a crash leaves the old one
 * or the new one. It holds no secret.
 */
final class StateFile {

  private static final int VERSION = 1;

  private final Path file;
  private final String name;

  StateFile(Path file, String name) {
    this.file = file.toAbsolutePath();
    this.name = name;
  }

  /** Where the state of a worker is kept if nothing else is said. */
  static Path defaultFor(String name) {
    return Path.of(System.getProperty("user.home"), ".bqx", "workers", name + ".json");
  }

  Path path() {
    return file;
  }

  /**
   * What was recorded; empty if there is no file.
   *
   * @throws BqxException if the file cannot be read, or is about another worker
   */
  Optional<WorkerState> read() {
    String text;
    try {
      text = Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new BqxException("Cannot read the worker's state " + file + ": " + e.getMessage(), e);
    }
    WorkerState state;
    try {
      state = parse(JSON.std.mapFrom(text));
    } catch (IOException
        | ClassCastException
        | NullPointerException
        | IllegalArgumentException
        | DateTimeException e) {
      throw new BqxException(
          "The worker's state "
              + file
              + " is damaged. Move it away: what there is will be found again by its tags",
          e);
    }
    if (!state.name().equals(name)) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "The state file %s is about the worker %s, not about %s; name another file for it",
              file,
              state.name(),
              name));
    }
    return Optional.of(state);
  }

  /**
   * Replaces what was recorded.
   *
   * @throws BqxException if the file cannot be written
   */
  void write(WorkerState state) {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.createDirectories(file.getParent());
      byte[] text =
          (JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(map(state)) + "\n")
              .getBytes(StandardCharsets.UTF_8);
      try (FileChannel channel =
          FileChannel.open(
              fresh,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(text);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new BqxException(
          "Cannot write the worker's state "
              + file
              + ": "
              + e.getMessage()
              + ". Make room or name another file; without it a machine could be forgotten",
          e);
    }
  }

  private static Map<String, Object> map(WorkerState state) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("version", VERSION);
    map.put("name", state.name());
    map.put("attempts", state.attempts().stream().map(StateFile::map).toList());
    map.put("interruptions", state.interruptions().stream().map(StateFile::map).toList());
    map.put("steps", state.steps().stream().map(StateFile::map).toList());
    map.put(
        "decisions",
        state.decisions().stream()
            .map(
                decision -> {
                  Map<String, Object> fields = new LinkedHashMap<>();
                  fields.put("at", decision.at().toString());
                  fields.put("what", decision.what());
                  return fields;
                })
            .toList());
    return map;
  }

  private static Map<String, Object> map(Attempt attempt) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("number", attempt.number());
    map.put("phase", attempt.phase().name());
    map.put("token", attempt.token());
    map.put("market", attempt.market().toString());
    map.put("instanceType", attempt.instanceType());
    map.put("subnet", attempt.subnet());
    map.put("image", attempt.image());
    attempt.zone().ifPresent(zone -> map.put("zone", zone));
    attempt.instance().ifPresent(instance -> map.put("instance", instance));
    attempt.spotRequest().ifPresent(request -> map.put("spotRequest", request));
    map.put("requested", attempt.requested().toString());
    attempt.launched().ifPresent(at -> map.put("launched", at.toString()));
    attempt.ended().ifPresent(at -> map.put("ended", at.toString()));
    return map;
  }

  private static Map<String, Object> map(WorkerInterruption interruption) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("machine", interruption.machine());
    map.put("instance", interruption.instance());
    map.put("noticed", interruption.noticed().toString());
    map.put("reason", interruption.reason());
    map.put("takenBack", interruption.takenBack());
    interruption.lastHeartbeat().ifPresent(at -> map.put("lastHeartbeat", at.toString()));
    map.put("done", interruption.done());
    map.put("unfinished", interruption.unfinished());
    interruption.resumed().ifPresent(at -> map.put("resumed", at.toString()));
    return map;
  }

  private static Map<String, Object> map(StepRecord step) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("step", step.step().name());
    map.put("started", step.started().toString());
    step.finished().ifPresent(at -> map.put("finished", at.toString()));
    map.put("result", step.result());
    return map;
  }

  private static WorkerState parse(Map<String, Object> map) {
    if (!Objects.equals(map.get("version"), VERSION)) {
      throw new IllegalArgumentException("version " + map.get("version"));
    }
    return new WorkerState(
        text(map, "name"),
        maps(map, "attempts").stream().map(StateFile::attempt).toList(),
        added(map, "interruptions").stream().map(StateFile::interruption).toList(),
        added(map, "steps").stream().map(StateFile::step).toList(),
        maps(map, "decisions").stream()
            .map(fields -> new Decision(Instant.parse(text(fields, "at")), text(fields, "what")))
            .toList());
  }

  private static Attempt attempt(Map<String, Object> map) {
    return new Attempt(
        number(map, "number"),
        Attempt.Phase.valueOf(text(map, "phase")),
        text(map, "token"),
        Market.named(text(map, "market")),
        text(map, "instanceType"),
        text(map, "subnet"),
        text(map, "image"),
        optional(map, "zone"),
        optional(map, "instance"),
        optional(map, "spotRequest"),
        Instant.parse(text(map, "requested")),
        optional(map, "launched").map(Instant::parse),
        optional(map, "ended").map(Instant::parse));
  }

  private static WorkerInterruption interruption(Map<String, Object> map) {
    return new WorkerInterruption(
        number(map, "machine"),
        text(map, "instance"),
        Instant.parse(text(map, "noticed")),
        text(map, "reason"),
        (Boolean) map.get("takenBack"),
        optional(map, "lastHeartbeat").map(Instant::parse),
        number(map, "done"),
        number(map, "unfinished"),
        optional(map, "resumed").map(Instant::parse));
  }

  private static StepRecord step(Map<String, Object> map) {
    return new StepRecord(
        RunStep.valueOf(text(map, "step")),
        Instant.parse(text(map, "started")),
        optional(map, "finished").map(Instant::parse),
        text(map, "result"));
  }

  /** A list that files of earlier versions do not have. */
  private static List<Map<String, Object>> added(Map<String, Object> map, String key) {
    return map.containsKey(key) ? maps(map, key) : List.of();
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> maps(Map<String, Object> map, String key) {
    return ((List<Object>) Objects.requireNonNull(map.get(key), key))
        .stream().map(entry -> (Map<String, Object>) entry).toList();
  }

  private static int number(Map<String, Object> map, String key) {
    return ((Number) Objects.requireNonNull(map.get(key), key)).intValue();
  }

  private static String text(Map<String, Object> map, String key) {
    return (String) Objects.requireNonNull(map.get(key), key);
  }

  private static Optional<String> optional(Map<String, Object> map, String key) {
    return Optional.ofNullable((String) map.get(key));
  }
}
