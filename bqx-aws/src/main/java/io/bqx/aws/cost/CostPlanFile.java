package io.bqx.aws.cost;

import io.bqx.core.BqxException;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.ConstructNode;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;

/**
 * Reads a plan from a YAML file, in which every number is a decimal: {@code 0.45} is no double.
 *
 * <pre>{@code
 * worker: {instance-type: c7i.8xlarge, market: spot, zone: us-east-1a, hour-price: 0.45}
 * stages: {"2.3": 15, "2.4": 12, "2.16B": 15.5}
 * usage: {gp3-storage: 6, aurora-capacity: 85}
 * prices:
 *   gp3-storage: 0.08
 *   on-demand-hour: {c7i.8xlarge: 1.428}
 * scenarios:
 *   resident: [{what: t3.xlarge, quantity: 12, unit: month, price: 121.20}]
 * }</pre>
 */
public final class CostPlanFile {

  private static final String WORKER = "worker";
  private static final String STAGES = "stages";
  private static final String USAGE = "usage";
  private static final String PRICES = "prices";
  private static final String SCENARIOS = "scenarios";
  private static final String ON_DEMAND = "on-demand-hour";

  private final Path file;

  private CostPlanFile(Path file) {
    this.file = file;
  }

  /**
   * The plan in a file.
   *
   * @throws BqxException if it cannot be read, is not the YAML of a plan, or has a key or a number
   *     that a plan does not have; the message names it
   */
  public static CostPlan read(Path file) {
    return new CostPlanFile(file).plan();
  }

  private CostPlan plan() {
    Map<?, ?> root = map("the file", parse());
    requireKnown("the file", root, Set.of(WORKER, STAGES, USAGE, PRICES, SCENARIOS));
    Map<?, ?> worker = section(root, WORKER);
    requireKnown(WORKER, worker, Set.of("instance-type", "market", "zone", "hour-price"));
    CostPlan.Builder plan =
        CostPlan.on(
            optional(worker, "instance-type")
                .orElseThrow(() -> bad("%s has no instance-type", WORKER)));
    optional(worker, "market").ifPresent(name -> plan.market(market(name)));
    optional(worker, "zone").ifPresent(plan::zone);
    optional(worker, "hour-price")
        .ifPresent(price -> plan.hourPrice(new Usd(number("hour-price", price))));
    section(root, STAGES)
        .forEach((id, hours) -> plan.stage(id.toString(), number("stage " + id, hours)));
    rates(USAGE, section(root, USAGE)).forEach(plan::usage);
    return plan.prices(prices(section(root, PRICES)))
        .scenarios(scenarios(section(root, SCENARIOS)))
        .build();
  }

  private Object parse() {
    try {
      return new Load(LoadSettings.builder().setSchema(new TextSchema()).build())
          .loadFromString(Files.readString(file));
    } catch (IOException e) {
      throw new BqxException("Cannot read the plan " + file + ": " + e, e);
    } catch (YamlEngineException e) {
      throw new BqxException("The plan " + file + " is no YAML: " + e.getMessage(), e);
    }
  }

  private PriceTable prices(Map<?, ?> section) {
    Map<String, Usd> hours = new LinkedHashMap<>();
    section(section, ON_DEMAND)
        .forEach(
            (type, price) ->
                hours.put(type.toString(), new Usd(number("the price of " + type, price))));
    Map<Object, Object> others = new LinkedHashMap<>(section);
    others.remove(ON_DEMAND);
    Map<Rate, Usd> rates = new EnumMap<>(Rate.class);
    rates(PRICES, others).forEach((rate, price) -> rates.put(rate, new Usd(price)));
    return PriceTable.of(hours, rates);
  }

  private Map<Rate, BigDecimal> rates(String section, Map<?, ?> entries) {
    Map<Rate, BigDecimal> rates = new EnumMap<>(Rate.class);
    entries.forEach(
        (key, value) ->
            rates.put(
                Rate.named(key.toString())
                    .orElseThrow(
                        () ->
                            bad(
                                "%s has the key %s; known are %s",
                                section,
                                key,
                                Arrays.stream(Rate.values())
                                    .map(Rate::key)
                                    .collect(Collectors.joining(", ")))),
                number(key.toString(), value)));
    return rates;
  }

  private List<CostSheet> scenarios(Map<?, ?> section) {
    List<CostSheet> scenarios = new ArrayList<>();
    section.forEach(
        (name, lines) -> {
          if (!(lines instanceof List<?> list)) {
            throw bad("scenario '%s' must be a list of items", name);
          }
          scenarios.add(
              new CostSheet(
                  name.toString(),
                  list.stream().map(line -> item(name.toString(), line)).toList()));
        });
    return scenarios;
  }

  private CostItem item(String scenario, Object line) {
    Map<?, ?> fields = map("an item of scenario '" + scenario + "'", line);
    Set<String> names = Set.of("what", "quantity", "unit", "price");
    requireKnown("scenario '" + scenario + "'", fields, names);
    for (String name : List.of("what", "quantity", "unit", "price")) {
      if (optional(fields, name).isEmpty()) {
        throw bad("an item of scenario '%s' has no %s", scenario, name);
      }
    }
    return new CostItem(
        fields.get("what").toString(),
        number("quantity", fields.get("quantity")),
        fields.get("unit").toString(),
        new Usd(number("price", fields.get("price"))));
  }

  private Market market(String name) {
    return switch (name) {
      case "spot" -> Market.SPOT;
      case "on-demand" -> Market.ON_DEMAND;
      default -> throw bad("market is %s; it must be spot or on-demand", name);
    };
  }

  private BigDecimal number(String what, Object value) {
    try {
      BigDecimal number = new BigDecimal(String.valueOf(value));
      if (number.signum() >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Refused below, like a negative number.
    }
    throw bad("%s is %s; expected a decimal number that is not negative", what, value);
  }

  private Map<?, ?> section(Map<?, ?> of, String name) {
    return of.get(name) == null ? Map.of() : map(name, of.get(name));
  }

  private Map<?, ?> map(String what, Object value) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw bad("%s must be a mapping of keys to values", what);
  }

  private static Optional<String> optional(Map<?, ?> of, String key) {
    return Optional.ofNullable(of.get(key)).map(Object::toString).filter(text -> !text.isBlank());
  }

  private void requireKnown(String section, Map<?, ?> entries, Set<String> known) {
    for (Object key : entries.keySet()) {
      if (!known.contains(String.valueOf(key))) {
        throw bad(
            "%s has the key %s; known are %s",
            section, key, known.stream().sorted().collect(Collectors.joining(", ")));
      }
    }
  }

  /** Every scalar is a text, and an empty one nothing. */
  private static final class TextSchema extends FailsafeSchema {

    @Override
    public Map<Tag, ConstructNode> getSchemaTagConstructors() {
      Map<Tag, ConstructNode> constructors = new HashMap<>(super.getSchemaTagConstructors());
      constructors.put(Tag.NULL, node -> null);
      return constructors;
    }
  }

  private BqxException bad(String message, Object... arguments) {
    return new BqxException(
        "Cannot use the plan " + file + ": " + String.format(Locale.ROOT, message, arguments));
  }
}
