package io.bqx.core.report;

import io.bqx.core.BqxException;
import java.io.IOException;
import java.io.Reader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;

/**
 * What a job was planned to take, against which a report compares what it took.
 *
 * <p>As a properties file, with the default plan as the example:
 *
 * <pre>{@code
 * foundation.stages = 1.5, 2.11, 2.12, 2.14
 * foundation.hours = 12
 * foundation.partitions = 336
 * tier1.stages = 2.3, 2.4, 2.16B
 * tier1.hours = 55
 * tier1.partitions = 336
 * planned.usd.per.hour = 0.45
 * actual.usd.per.hour = 0.45
 * }</pre>
 *
 * <p>Any names may stand where {@code foundation} and {@code tier1} do; {@code partitions} is 336,
 * a year of 28 pairs, if it is left out. The prices may be left out, and then there are no costs.
 */
public final class WorkPlan {

  private static final int PARTITIONS_OF_A_YEAR = 336;
  private static final String PLANNED_PRICE = "planned.usd.per.hour";
  private static final String ACTUAL_PRICE = "actual.usd.per.hour";
  private static final List<String> FIELDS = List.of("stages", "hours", "partitions");

  private final List<PlannedWork> work;
  private final Optional<BigDecimal> plannedPrice;
  private final Optional<BigDecimal> actualPrice;

  private WorkPlan(
      List<PlannedWork> work, Optional<BigDecimal> plannedPrice, Optional<BigDecimal> actualPrice) {
    this.work = List.copyOf(work);
    this.plannedPrice = plannedPrice;
    this.actualPrice = actualPrice;
  }

  /** A plan without prices. */
  public static WorkPlan of(List<PlannedWork> work) {
    return new WorkPlan(work, Optional.empty(), Optional.empty());
  }

  /**
   * The plan of the project for a year of 28 pairs: 12 hours for stages 1.5 to 2.14 and 55 hours
   * for 2.3, 2.4 and 2.16B; without prices.
   */
  public static WorkPlan ofDefaults() {
    return of(
        List.of(
            new PlannedWork(
                "foundation",
                List.of("1.5", "2.11", "2.12", "2.14"),
                Duration.ofHours(12),
                PARTITIONS_OF_A_YEAR),
            new PlannedWork(
                "tier1",
                List.of("2.3", "2.4", "2.16B"),
                Duration.ofHours(55),
                PARTITIONS_OF_A_YEAR)));
  }

  /**
   * Reads a plan from a properties file in UTF-8.
   *
   * @throws BqxException if it cannot be read, or something in it is not understood; the message
   *     names the file and the key
   */
  public static WorkPlan read(Path file) {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      throw new BqxException(
          String.format(Locale.ROOT, "Cannot read the plan %s: %s", file, e.getMessage()), e);
    }
    try {
      return of(properties);
    } catch (IllegalArgumentException e) {
      throw new BqxException(
          String.format(Locale.ROOT, "Cannot use the plan %s: %s", file, e.getMessage()), e);
    }
  }

  /**
   * The plan in properties.
   *
   * @throws IllegalArgumentException if a key or value is not understood; the message names it
   */
  public static WorkPlan of(Properties properties) {
    TreeSet<String> names = new TreeSet<>();
    for (String key : properties.stringPropertyNames()) {
      int dot = key.lastIndexOf('.');
      if (dot > 0 && FIELDS.contains(key.substring(dot + 1))) {
        names.add(key.substring(0, dot));
      } else if (!key.equals(PLANNED_PRICE) && !key.equals(ACTUAL_PRICE)) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "the key '%s' is none of NAME.stages, NAME.hours, NAME.partitions, %s, %s",
                key,
                PLANNED_PRICE,
                ACTUAL_PRICE));
      }
    }
    List<PlannedWork> work = new ArrayList<>();
    for (String name : names) {
      work.add(
          new PlannedWork(
              name,
              List.of(text(properties, name + ".stages").split("\\s*,\\s*")),
              Duration.ofSeconds(
                  number(properties, name + ".hours")
                      .multiply(BigDecimal.valueOf(3600))
                      .longValue()),
              properties.containsKey(name + ".partitions")
                  ? number(properties, name + ".partitions").intValue()
                  : PARTITIONS_OF_A_YEAR));
    }
    WorkPlan plan = of(work);
    if (properties.containsKey(PLANNED_PRICE)) {
      plan = plan.plannedPrice(number(properties, PLANNED_PRICE));
    }
    return properties.containsKey(ACTUAL_PRICE)
        ? plan.actualPrice(number(properties, ACTUAL_PRICE))
        : plan;
  }

  private static String text(Properties properties, String key) {
    String value = properties.getProperty(key, "").strip();
    if (value.isEmpty()) {
      throw new IllegalArgumentException("the key '" + key + "' is missing");
    }
    return value;
  }

  private static BigDecimal number(Properties properties, String key) {
    String value = text(properties, key);
    try {
      return new BigDecimal(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "'%s' of the key '%s' is not a number", value, key), e);
    }
  }

  /**
   * This plan with a price of the machine that was planned for.
   *
   * @param usdPerHour in USD per hour
   * @throws IllegalArgumentException if it is negative
   */
  public WorkPlan plannedPrice(BigDecimal usdPerHour) {
    return new WorkPlan(work, Optional.of(requirePrice(usdPerHour)), actualPrice);
  }

  /**
   * This plan with the price of the machine that did the work.
   *
   * @param usdPerHour in USD per hour
   * @throws IllegalArgumentException if it is negative
   */
  public WorkPlan actualPrice(BigDecimal usdPerHour) {
    return new WorkPlan(work, plannedPrice, Optional.of(requirePrice(usdPerHour)));
  }

  private static BigDecimal requirePrice(BigDecimal usdPerHour) {
    if (Objects.requireNonNull(usdPerHour, "usdPerHour").signum() < 0) {
      throw new IllegalArgumentException("A price per hour must not be negative: " + usdPerHour);
    }
    return usdPerHour;
  }

  /** Whether there is a price of the machine that was planned for. */
  public boolean hasPlannedPrice() {
    return plannedPrice.isPresent();
  }

  /** What was planned, in order. */
  public List<PlannedWork> work() {
    return work;
  }

  /**
   * Compares a part of the plan with what it took.
   *
   * @param planned a part of this plan
   * @param partitions pair-months that were done
   * @param actual how long they took
   */
  public WorkComparison compare(PlannedWork planned, int partitions, Duration actual) {
    Duration time = planned.timeFor(partitions);
    return new WorkComparison(
        planned.name(),
        planned.stages(),
        time,
        actual,
        plannedPrice.map(price -> WorkComparison.cost(time, price)),
        actualPrice.map(price -> WorkComparison.cost(actual, price)));
  }
}
