package io.bqx.core.track;

import com.fasterxml.jackson.jr.ob.JSON;
import io.bqx.core.BqxException;
import io.bqx.core.internal.Quantities;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Notes complete stages in a table of AirTable: the note is added to the record whose stage field
 * holds the stage's id, or a new record is made. A note that is there already is not added again.
 *
 * <p>At most five requests a second are made, and none for 30 seconds after an answer that there
 * were too many, as AirTable demands. That answer, errors of the server, a connection that fails
 * and a service that is silent are tried again, four times in all; everything else fails at once.
 *
 * <p>Needs {@code com.fasterxml.jackson.jr:jackson-jr-objects} on the class path.
 */
public final class AirTableTracker implements StageTracker {

  private static final URI SERVICE = URI.create("https://api.airtable.com");
  private static final Duration BETWEEN_REQUESTS = Duration.ofMillis(200);
  private static final Duration AFTER_TOO_MANY = Duration.ofSeconds(30);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final int TRIES = 4;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERRORS = 500;
  private static final int LONGEST_EXPLANATION = 300;

  private final Builder settings;
  private final HttpClient client;
  private Instant next = Instant.MIN;

  private AirTableTracker(Builder settings) {
    this.settings = settings;
    this.client = HttpClient.newBuilder().connectTimeout(settings.timeout).build();
  }

  /**
   * Begins a tracker.
   *
   * @param base the id of the base, such as {@code appXXXXXXXXXXXXXX}
   * @param table the name or id of the table
   * @param token a personal access token that may read and write the base's records
   */
  public static Builder of(String base, String table, String token) {
    return new Builder(base, table, token);
  }

  /**
   * A tracker from the variables {@code BQX_AIRTABLE_TOKEN}, {@code BQX_AIRTABLE_BASE} and {@code
   * BQX_AIRTABLE_TABLE}; and, if they are not to be as {@link Builder} has them, {@code
   * BQX_AIRTABLE_STAGE_FIELD}, {@code BQX_AIRTABLE_NOTES_FIELD}, {@code BQX_AIRTABLE_STATUS_FIELD},
   * {@code BQX_AIRTABLE_STATUS} and {@code BQX_AIRTABLE_URL}.
   *
   * @param environment such as {@link System#getenv()}
   * @throws IllegalArgumentException if one of the first three is missing; the message names it
   */
  public static AirTableTracker from(Map<String, String> environment) {
    Builder builder =
        of(
            required(environment, "BQX_AIRTABLE_BASE"),
            required(environment, "BQX_AIRTABLE_TABLE"),
            required(environment, "BQX_AIRTABLE_TOKEN"));
    optional(environment, "BQX_AIRTABLE_STAGE_FIELD").ifPresent(builder::stageField);
    optional(environment, "BQX_AIRTABLE_NOTES_FIELD").ifPresent(builder::notesField);
    optional(environment, "BQX_AIRTABLE_STATUS_FIELD")
        .ifPresent(
            field ->
                builder.status(field, optional(environment, "BQX_AIRTABLE_STATUS").orElse("Done")));
    optional(environment, "BQX_AIRTABLE_URL").map(URI::create).ifPresent(builder::service);
    return builder.build();
  }

  private static String required(Map<String, String> environment, String name) {
    return optional(environment, name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Notes in AirTable need the environment variable " + name));
  }

  private static Optional<String> optional(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
  }

  @Override
  public synchronized void stageCompleted(StageCompletion completion) {
    Duration pause = FIRST_PAUSE;
    for (int attempt = 1; ; attempt++) {
      try {
        note(completion);
        return;
      } catch (TransientFailure e) {
        if (attempt == TRIES) {
          throw failure(completion, e.getMessage() + ", " + TRIES + " times", e);
        }
        next = settings.clock.instant().plus(e.tooMany ? AFTER_TOO_MANY : pause);
        pause = pause.multipliedBy(2);
      } catch (IOException e) {
        throw failure(completion, String.valueOf(e.getMessage()), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw failure(completion, "it was interrupted", e);
      }
    }
  }

  private BqxException failure(StageCompletion completion, String why, Exception cause) {
    return new BqxException(
        String.format(
            Locale.ROOT,
            "Cannot note in AirTable, base %s, table %s, that stage %s is complete: %s",
            settings.base,
            settings.table,
            completion.stage(),
            why.replace(settings.token, "***")),
        cause instanceof TransientFailure ? null : cause);
  }

  /** Looks before it writes, so that it may be repeated whatever has become of an earlier try. */
  private void note(StageCompletion completion) throws IOException, InterruptedException {
    Map<?, ?> found =
        JSON.std.mapFrom(
            send(
                HttpRequest.newBuilder(
                        at("?maxRecords=1&filterByFormula=" + encoded(formula(completion.stage()))))
                    .GET()));
    List<?> records = found.get("records") instanceof List<?> list ? list : List.of();
    if (records.isEmpty()) {
      Map<String, Object> fields = fields(completion.note());
      fields.put(settings.stageField, completion.stage());
      write("", "POST", fields);
      return;
    }
    Map<?, ?> record = (Map<?, ?>) records.get(0);
    Object before =
        record.get("fields") instanceof Map<?, ?> fields ? fields.get(settings.notesField) : null;
    String notes = before == null ? "" : before.toString();
    if (!notes.contains(completion.note())) {
      String joined = notes.isBlank() ? completion.note() : notes + "\n" + completion.note();
      write("/" + encoded(String.valueOf(record.get("id"))), "PATCH", fields(joined));
    }
  }

  private Map<String, Object> fields(String notes) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put(settings.notesField, notes);
    if (settings.statusField != null) {
      fields.put(settings.statusField, settings.status);
    }
    return fields;
  }

  private void write(String record, String method, Map<String, Object> fields)
      throws IOException, InterruptedException {
    String body = JSON.std.asString(Map.of("fields", fields, "typecast", true));
    send(
        HttpRequest.newBuilder(at(record))
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body)));
  }

  private String formula(String stage) {
    return String.format(
        Locale.ROOT,
        "{%s} = '%s'",
        settings.stageField.replace("\\", "\\\\").replace("}", "\\}"),
        stage.replace("\\", "\\\\").replace("'", "\\'"));
  }

  private URI at(String rest) {
    return URI.create(
        settings.service.toString().replaceFirst("/+$", "")
            + "/v0/"
            + encoded(settings.base)
            + "/"
            + encoded(settings.table)
            + rest);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private String send(HttpRequest.Builder request) throws IOException, InterruptedException {
    Duration wait = Duration.between(settings.clock.instant(), earliest());
    if (wait.compareTo(Duration.ZERO) > 0) {
      settings.sleeper.sleep(wait);
    }
    next = settings.clock.instant().plus(BETWEEN_REQUESTS);
    HttpResponse<String> response;
    try {
      response =
          client.send(
              request
                  .timeout(settings.timeout)
                  .header("Authorization", "Bearer " + settings.token)
                  .build(),
              HttpResponse.BodyHandlers.ofString());
    } catch (HttpTimeoutException e) {
      throw new TransientFailure(
          "the service has not answered within " + Quantities.duration(settings.timeout), false);
    } catch (IOException e) {
      throw new TransientFailure("the service cannot be reached (" + e + ")", false);
    }
    int status = response.statusCode();
    if (status / 100 == 2) {
      return response.body();
    }
    String answer = "the service answered " + status + explanation(response.body());
    if (status == TOO_MANY_REQUESTS || status >= SERVER_ERRORS) {
      throw new TransientFailure(answer, status == TOO_MANY_REQUESTS);
    }
    throw new IOException(answer + advice(status));
  }

  private Instant earliest() {
    return next.equals(Instant.MIN) ? settings.clock.instant() : next;
  }

  private static String advice(int status) {
    return switch (status) {
      case 401 -> ". Look at the token";
      case 403, 404 -> ". Look at base and table, and at what the token may do";
      case 422 -> ". Look at the names of the fields";
      default -> "";
    };
  }

  /** What the service says of an error: as a word, as type and message, or as a list of these. */
  private static String explanation(String body) {
    Object error;
    try {
      Map<String, Object> answer = JSON.std.mapFrom(body);
      error =
          answer.get("errors") instanceof List<?> list && !list.isEmpty()
              ? list.get(0)
              : answer.get("error");
    } catch (IOException e) {
      return "";
    }
    String text =
        error instanceof Map<?, ?> fields
            ? Optional.<Object>ofNullable(fields.get("type")).orElse(fields.get("error"))
                + ", "
                + fields.get("message")
            : String.valueOf(error);
    return ": "
        + text.substring(0, Math.min(LONGEST_EXPLANATION, text.length())).replaceAll("\\R", " ");
  }

  /** Base and table. */
  @Override
  public String toString() {
    return "AirTable base " + settings.base + ", table " + settings.table;
  }

  /** A failure that may pass by itself. */
  private static final class TransientFailure extends IOException {

    private static final long serialVersionUID = 1L;

    private final boolean tooMany;

    TransientFailure(String message, boolean tooMany) {
      super(message);
      this.tooMany = tooMany;
    }
  }

  /** How a tracker waits. */
  @FunctionalInterface
  public interface Sleeper {
    /** Returns after the given time. */
    void sleep(Duration time) throws InterruptedException;
  }

  /** Collects where and how notes are made. */
  public static final class Builder {

    private final String base;
    private final String table;
    private final String token;
    private String stageField = "Stage";
    private String notesField = "Notes";
    private String statusField;
    private String status;
    private URI service = SERVICE;
    private Duration timeout = Duration.ofSeconds(20);
    private InstantSource clock = InstantSource.system();
    private Sleeper sleeper = time -> Thread.sleep(time.toMillis());

    private Builder(String base, String table, String token) {
      this.base = requireText("base", base);
      this.table = requireText("table", table);
      this.token = requireText("token", token);
    }

    private Builder(Builder other) {
      this(other.base, other.table, other.token);
      this.stageField = other.stageField;
      this.notesField = other.notesField;
      this.statusField = other.statusField;
      this.status = other.status;
      this.service = other.service;
      this.timeout = other.timeout;
      this.clock = other.clock;
      this.sleeper = other.sleeper;
    }

    private static String requireText(String what, String text) {
      if (Objects.requireNonNull(text, what).isBlank()) {
        throw new IllegalArgumentException("The " + what + " is blank");
      }
      return text;
    }

    /** The field with the stage's id; {@code Stage} if not called. */
    public Builder stageField(String name) {
      this.stageField = requireText("stage field", name);
      return this;
    }

    /** The field that the note is added to; {@code Notes} if not called. */
    public Builder notesField(String name) {
      this.notesField = requireText("notes field", name);
      return this;
    }

    /** A field that is set as well, and what to; none if not called. */
    public Builder status(String field, String value) {
      this.statusField = requireText("status field", field);
      this.status = Objects.requireNonNull(value, "value");
      return this;
    }

    /** Where the service is; AirTable itself if not called. */
    public Builder service(URI uri) {
      this.service = Objects.requireNonNull(uri, "uri");
      return this;
    }

    /** How long to wait for a connection and for an answer; 20 seconds if not called. */
    public Builder timeout(Duration time) {
      this.timeout = Objects.requireNonNull(time, "time");
      return this;
    }

    /** The clock by which requests are paced, and how to wait; the system's if not called. */
    public Builder pacedBy(InstantSource source, Sleeper waits) {
      this.clock = Objects.requireNonNull(source, "source");
      this.sleeper = Objects.requireNonNull(waits, "waits");
      return this;
    }

    /** The tracker; nothing is sent yet. */
    public AirTableTracker build() {
      return new AirTableTracker(new Builder(this));
    }
  }
}
