package io.bqx.core.internal;

import java.time.YearMonth;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The settings of a chain of calls, each of which may be given once. */
public final class OnceSettings {

  private final Map<String, Object> given = new HashMap<>();

  /**
   * Takes a setting.
   *
   * @param name that of its setter
   * @throws NullPointerException if the value is null
   * @throws IllegalStateException if it was given before; the message has the first value
   */
  public void put(String name, Object value) {
    Object before = given.putIfAbsent(name, Objects.requireNonNull(value, name));
    if (before != null) {
      throw new IllegalStateException(name + " was already set to " + before);
    }
  }

  /**
   * Takes a number of workers.
   *
   * @throws IllegalArgumentException if it is below 1
   * @throws IllegalStateException if it was given before
   */
  public void putWorkers(int workers) {
    if (workers < 1) {
      throw new IllegalArgumentException("workers must be 1 or more, not " + workers);
    }
    put("workers", workers);
  }

  /**
   * Takes a range of months, as a list of all of them.
   *
   * @throws IllegalArgumentException if the last month is before the first one
   * @throws IllegalStateException if they were given before
   */
  public void putMonths(YearMonth from, YearMonth to) {
    if (to.isBefore(from)) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "The last month, %s, is before the first one, %s", to, from));
    }
    List<YearMonth> months = new ArrayList<>();
    for (YearMonth month = from; !month.isAfter(to); month = month.plusMonths(1)) {
      months.add(month);
    }
    put("months", List.copyOf(months));
  }

  /** The value of a setting; empty if it was not given. */
  public <T> Optional<T> find(String name, Class<T> type) {
    return Optional.ofNullable(type.cast(given.get(name)));
  }

  /** The value of a setting, or another one if it was not given. */
  public <T> T get(String name, Class<T> type, T otherwise) {
    return find(name, type).orElse(otherwise);
  }

  /** Whether something was asked for that needs no value. */
  public boolean isOn(String name) {
    return given.containsKey(name);
  }

  /** The number of workers; that of the processors if it was not given. */
  public int workers() {
    return get("workers", Integer.class, Runtime.getRuntime().availableProcessors());
  }

  /** The months; empty if they were not given. */
  public Optional<List<YearMonth>> months() {
    return list("months", YearMonth.class);
  }

  /** The value of a setting that is a list; empty if it was not given. */
  public <T> Optional<List<T>> list(String name, Class<T> type) {
    return find(name, List.class)
        .map(values -> ((List<?>) values).stream().<T>map(type::cast).toList());
  }
}
