package io.bqx.aws.cost;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** What is planned: the machine, the hours of each stage, and what is used beside the machine. */
public final class CostPlan {

  private final String instanceType;
  private final Market market;
  private final Optional<String> zone;
  private final Optional<Usd> hourPrice;
  private final Map<String, BigDecimal> stageHours;
  private final Map<Rate, BigDecimal> usage;
  private final PriceTable prices;
  private final List<CostSheet> scenarios;

  private CostPlan(Builder b) {
    this.instanceType = Objects.requireNonNull(b.instanceType, "instanceType");
    this.market = b.market;
    this.zone = Optional.ofNullable(b.zone);
    this.hourPrice = Optional.ofNullable(b.hourPrice);
    this.stageHours = Collections.unmodifiableMap(new LinkedHashMap<>(b.stageHours));
    this.usage = Collections.unmodifiableMap(new EnumMap<>(b.usage));
    this.prices = b.prices;
    this.scenarios = List.copyOf(b.scenarios);
  }

  /**
   * Begins a plan for a machine.
   *
   * @param instanceType such as {@code c7i.8xlarge}
   */
  public static Builder on(String instanceType) {
    return new Builder(instanceType);
  }

  /** The type of the machine. */
  public String instanceType() {
    return instanceType;
  }

  /** How it is paid for. */
  public Market market() {
    return market;
  }

  /** The zone whose Spot prices count; empty if it does not matter or is not known. */
  public Optional<String> zone() {
    return zone;
  }

  /** The planned price of an hour; empty if it is to be asked for. */
  public Optional<Usd> hourPrice() {
    return hourPrice;
  }

  /** Planned machine hours by stage id, in the plan's order. */
  public Map<String, BigDecimal> stageHours() {
    return stageHours;
  }

  /** All planned machine hours. */
  public BigDecimal hours() {
    return stageHours.values().stream().reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  /** What is used beside the machine, in the units of its rates. */
  public Map<Rate, BigDecimal> usage() {
    return usage;
  }

  /** Prices that go before AWS's. */
  public PriceTable prices() {
    return prices;
  }

  /** Ways of doing the work to compare, the present one first; empty if there are none. */
  public List<CostSheet> scenarios() {
    return scenarios;
  }

  /** Collects a plan. */
  public static final class Builder {

    private final String instanceType;
    private Market market = Market.SPOT;
    private String zone;
    private Usd hourPrice;
    private final Map<String, BigDecimal> stageHours = new LinkedHashMap<>();
    private final Map<Rate, BigDecimal> usage = new EnumMap<>(Rate.class);
    private PriceTable prices = PriceTable.empty();
    private List<CostSheet> scenarios = List.of();

    private Builder(String instanceType) {
      this.instanceType = instanceType;
    }

    /** How the machine is paid for; Spot if it is not set. */
    public Builder market(Market market) {
      this.market = Objects.requireNonNull(market, "market");
      return this;
    }

    /** The zone whose Spot prices count. */
    public Builder zone(String zone) {
      this.zone = Objects.requireNonNull(zone, "zone");
      return this;
    }

    /** The planned price of an hour; if it is not set, that of the table, the list or the zone. */
    public Builder hourPrice(Usd price) {
      this.hourPrice = Objects.requireNonNull(price, "price");
      return this;
    }

    /**
     * The planned machine hours of a stage; may be called for each of them.
     *
     * @throws IllegalArgumentException if they are negative
     */
    public Builder stage(String id, BigDecimal hours) {
      stageHours.put(Objects.requireNonNull(id, "id"), notNegative("hours of stage " + id, hours));
      return this;
    }

    /**
     * What is used beside the machine; may be called for each rate.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public Builder usage(Rate rate, BigDecimal quantity) {
      usage.put(rate, notNegative(rate.key(), quantity));
      return this;
    }

    private static BigDecimal notNegative(String what, BigDecimal number) {
      if (number.signum() < 0) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT, "%s is %s; it must not be negative", what, number.toPlainString()));
      }
      return number;
    }

    /** Prices that go before AWS's. */
    public Builder prices(PriceTable prices) {
      this.prices = Objects.requireNonNull(prices, "prices");
      return this;
    }

    /** Ways of doing the work to compare, the present one first. */
    public Builder scenarios(List<CostSheet> scenarios) {
      this.scenarios = List.copyOf(scenarios);
      return this;
    }

    /** The plan. */
    public CostPlan build() {
      return new CostPlan(this);
    }
  }
}
