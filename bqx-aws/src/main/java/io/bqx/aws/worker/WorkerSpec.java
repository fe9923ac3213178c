package io.bqx.aws.worker;

import io.bqx.aws.cost.Market;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What machine is wanted and what it is to run. Immutable.
 *
 * <pre>{@code
 * WorkerSpec spec = WorkerSpec.named("phase2")
 *     .subnets("subnet-0123456789abcdef0")
 *     .securityGroups(groupOfTheWorker)
 *     .instanceProfile("bqx-worker")
 *     .job(job)
 *     .build();
 * }</pre>
 *
 * <p>The name is the identity of the run: there is never more than one machine of a name, however
 * often it is launched.
 */
public final class WorkerSpec {

  /** The newest Amazon Linux 2023 for x86-64. */
  public static final String DEFAULT_IMAGE =
      "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";

  /** 32 vCPUs and 64 GiB. */
  public static final String DEFAULT_INSTANCE_TYPE = "c7i.8xlarge";

  private static final Duration DEFAULT_MAX_RUN_TIME = Duration.ofHours(48);
  private static final Duration LONGEST_RUN_TIME = Duration.ofDays(60);
  private static final int DEFAULT_ROOT_VOLUME_GIGABYTES = 30;
  private static final int DEFAULT_READY_PORT = 7700;
  private static final int MOST_TAGS = 40;

  private final Builder settings;

  private WorkerSpec(Builder settings) {
    this.settings = settings;
  }

  /**
   * Begins a specification.
   *
   * @param name 1 to 40 lower-case letters, digits and hyphens, beginning with a letter
   * @throws IllegalArgumentException if it is something else
   */
  public static Builder named(String name) {
    return new Builder(name);
  }

  /**
   * Reads a YAML file ({@code .yaml}, {@code .yml}) or a properties file ({@code .properties}); the
   * keys are those of docs/worker.md.
   *
   * @throws WorkerSpecException if it cannot be read, or a value in it cannot be right; the message
   *     names file, key and reason
   */
  public static WorkerSpec fromFile(Path file) {
    return new WorkerSpecFile(file).read();
  }

  /** The identity of the run. */
  public String name() {
    return settings.name;
  }

  /** The types of machine in order of preference. */
  public List<String> instanceTypes() {
    return settings.get("instance-type", List.of(DEFAULT_INSTANCE_TYPE));
  }

  /** Under which terms it is rented. */
  public Market market() {
    return settings.get("market", Market.SPOT);
  }

  /** The most to pay on the Spot market, in USD per hour; empty: up to the On-Demand price. */
  public Optional<BigDecimal> maxPrice() {
    return Optional.ofNullable(settings.get("max-price", null));
  }

  /** Whether an On-Demand machine is taken where there is no Spot machine. */
  public boolean fallbackToOnDemand() {
    return settings.get("fallback-to-on-demand", true);
  }

  /** The id of an image, or the public parameter of Systems Manager that names one. */
  public String image() {
    return settings.get("image", DEFAULT_IMAGE);
  }

  /** The subnets in order of preference; may be empty with {@link #likeInstance}. */
  public List<String> subnets() {
    return settings.get("subnets", List.of());
  }

  /** The security groups; may be empty with {@link #likeInstance}. */
  public List<String> securityGroups() {
    return settings.get("security-groups", List.of());
  }

  /** The key pair to log in with. */
  public Optional<String> keyPair() {
    return Optional.ofNullable(settings.get("key-pair", null));
  }

  /** The machine whose subnet, security groups and key pair are taken where none are named. */
  public Optional<String> likeInstance() {
    return Optional.ofNullable(settings.get("like-instance", null));
  }

  /** The name of the instance profile with the worker's permissions. */
  public String instanceProfile() {
    return settings.get("instance-profile", null);
  }

  /** The size of the root volume, encrypted gp3, in GB. */
  public int rootVolumeGigabytes() {
    return settings.get("root-volume-gb", DEFAULT_ROOT_VOLUME_GIGABYTES);
  }

  /** Tags of everything that is made, besides bqx's own. */
  public Map<String, String> tags() {
    return settings.get("tags", Map.of());
  }

  /** When the machine shuts itself down, whatever happens; counted from its start. */
  public Duration maxRunTime() {
    return settings.get("max-run-time", DEFAULT_MAX_RUN_TIME);
  }

  /** How the machine makes known that its initialisation is complete. */
  public ReadySignal readySignal() {
    return settings.get("ready-signal", ReadySignal.TAG);
  }

  /** The port of {@link ReadySignal#TCP}. */
  public int readyPort() {
    return settings.get("ready-port", DEFAULT_READY_PORT);
  }

  /** From which addresses one logs in, in CIDR notation. */
  public Optional<String> sshCidr() {
    return Optional.ofNullable(settings.get("ssh-cidr", null));
  }

  /** The security group of the database. */
  public Optional<String> databaseSecurityGroup() {
    return Optional.ofNullable(settings.get("database-security-group", null));
  }

  /** What the machine runs. */
  public WorkerJob job() {
    return settings.get("job", null);
  }

  /** How long a machine is rented if nobody ends it, for messages about one that is. */
  String longestRent() {
    long minutes = maxRunTime().toMinutes();
    return String.format(
        Locale.ROOT,
        "at most until it shuts itself down %d %s after its start",
        minutes % 60 == 0 ? minutes / 60 : minutes,
        minutes % 60 == 0 ? "hours" : "minutes");
  }

  /** The name. */
  @Override
  public String toString() {
    return "worker " + name();
  }

  /** Collects a specification. Every setting may be given once and is checked where it is given. */
  public static final class Builder {

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,39}");
    private static final Pattern INSTANCE_TYPE = Pattern.compile("[a-z0-9-]+\\.[a-z0-9-]+");
    private static final Pattern IMAGE = Pattern.compile("ami-[0-9a-f]{8,17}|/[A-Za-z0-9/_.-]+");
    private static final Pattern CIDR =
        Pattern.compile("(?:[0-9]{1,3}\\.){3}[0-9]{1,3}/(?:[0-9]|[12][0-9]|3[0-2])");
    private static final Pattern PROFILE = Pattern.compile("[A-Za-z0-9_+=,.@-]{1,128}");

    private final String name;
    private final Map<String, Object> values = new HashMap<>();

    private Builder(String name) {
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "'"
                + name
                + "' is not a name; write 1 to 40 lower-case letters, digits and hyphens, beginning"
                + " with a letter");
      }
      this.name = name;
    }

    private Builder(Builder other) {
      this.name = other.name;
      this.values.putAll(other.values);
    }

    /** The types of machine in order of preference; {@code c7i.8xlarge} if it is not set. */
    public Builder instanceTypes(String... types) {
      requireSome("instance-type", types);
      for (String type : types) {
        require("instance-type", INSTANCE_TYPE, type, "write for example c7i.8xlarge");
      }
      return set("instance-type", List.of(types));
    }

    /** Under which terms it is rented; Spot if it is not set. */
    public Builder market(Market market) {
      return set("market", Objects.requireNonNull(market, "market"));
    }

    /**
     * The most to pay on the Spot market, in USD per hour; the On-Demand price if it is not set.
     */
    public Builder maxPrice(BigDecimal usdPerHour) {
      if (usdPerHour.signum() <= 0) {
        throw new IllegalArgumentException(
            "max-price is " + usdPerHour + "; it must be above 0 USD per hour");
      }
      return set("max-price", usdPerHour);
    }

    /**
     * Whether to take an On-Demand machine where there is no Spot machine; yes if it is not set.
     */
    public Builder fallbackToOnDemand(boolean allowed) {
      return set("fallback-to-on-demand", allowed);
    }

    /** The id of an image, or the public parameter that names one; {@link #DEFAULT_IMAGE}. */
    public Builder image(String image) {
      require("image", IMAGE, image, "write ami-0123456789abcdef0 or /aws/service/...");
      return set("image", image);
    }

    /** The subnets in order of preference, at least one unless {@link #likeInstance} is set. */
    public Builder subnets(String... subnets) {
      requireIds("subnets", "subnet", subnets);
      return set("subnets", List.of(subnets));
    }

    /** The security groups, at least one unless {@link #likeInstance} is set. */
    public Builder securityGroups(String... groups) {
      requireIds("security-groups", "sg", groups);
      return set("security-groups", List.of(groups));
    }

    /** The key pair to log in with; none if it is not set. */
    public Builder keyPair(String keyPair) {
      if (keyPair.isBlank()) {
        throw new IllegalArgumentException("key-pair is blank");
      }
      return set("key-pair", keyPair);
    }

    /** Takes subnet, security groups and key pair of another machine where none are named. */
    public Builder likeInstance(String id) {
      requireIds("like-instance", "i", id);
      return set("like-instance", id);
    }

    /** The name of the instance profile with the worker's permissions; must be set. */
    public Builder instanceProfile(String profile) {
      require("instance-profile", PROFILE, profile, "write the name, not the ARN");
      return set("instance-profile", profile);
    }

    /** The size of the root volume in GB, 8 to 16384; 30 if it is not set. */
    public Builder rootVolumeGigabytes(int gigabytes) {
      requireRange("root-volume-gb", gigabytes, 8, 16_384);
      return set("root-volume-gb", gigabytes);
    }

    /** Tags of everything that is made, besides bqx's own; at most 40. */
    public Builder tags(Map<String, String> tags) {
      if (tags.size() > MOST_TAGS) {
        throw new IllegalArgumentException(
            tags.size() + " tags; there may be " + MOST_TAGS + " besides bqx's own");
      }
      tags.keySet().stream()
          .filter(key -> key.isBlank() || key.startsWith("aws:") || key.startsWith(Tags.PREFIX))
          .findFirst()
          .ifPresent(
              key -> {
                throw new IllegalArgumentException(
                    "tags: the key '"
                        + key
                        + "' is reserved; keys that begin with aws: or bqx: are");
              });
      return set("tags", Collections.unmodifiableMap(new LinkedHashMap<>(tags)));
    }

    /** When the machine shuts itself down, 10 minutes to 60 days; 48 hours if it is not set. */
    public Builder maxRunTime(Duration time) {
      if (time.compareTo(Duration.ofMinutes(10)) < 0 || time.compareTo(LONGEST_RUN_TIME) > 0) {
        throw new IllegalArgumentException(
            "max-run-time is " + time + "; it must be between 10 minutes and 60 days");
      }
      return set("max-run-time", time);
    }

    /** How the machine makes known that it is initialised; by a tag if it is not set. */
    public Builder readySignal(ReadySignal signal) {
      return set("ready-signal", Objects.requireNonNull(signal, "signal"));
    }

    /** The port of {@link ReadySignal#TCP}; 7700 if it is not set. */
    public Builder readyPort(int port) {
      requireRange("ready-port", port, 1, 65_535);
      return set("ready-port", port);
    }

    /** From which addresses one logs in, as in {@code 203.0.113.0/24}; none if it is not set. */
    public Builder sshCidr(String cidr) {
      require("ssh-cidr", CIDR, cidr, "write for example 203.0.113.7/32");
      return set("ssh-cidr", cidr);
    }

    /** The security group of the database, which the preflight looks at. */
    public Builder databaseSecurityGroup(String group) {
      requireIds("database-security-group", "sg", group);
      return set("database-security-group", group);
    }

    /** What the machine runs; must be set. */
    public Builder job(WorkerJob job) {
      return set("job", Objects.requireNonNull(job, "job"));
    }

    /**
     * The specification.
     *
     * @throws IllegalArgumentException if something is missing, or two settings contradict each
     *     other
     */
    public WorkerSpec build() {
      for (String needed : List.of("instance-profile", "job")) {
        if (!values.containsKey(needed)) {
          throw new IllegalArgumentException(needed + " is missing");
        }
      }
      if (!values.containsKey("like-instance")) {
        for (String needed : List.of("subnets", "security-groups")) {
          if (!values.containsKey(needed)) {
            throw new IllegalArgumentException(
                needed + " is missing; name them, or a machine that has them by like-instance");
          }
        }
      }
      if (get("market", Market.SPOT) == Market.ON_DEMAND && values.containsKey("max-price")) {
        throw new IllegalArgumentException("max-price is given, but the market is on-demand");
      }
      return new WorkerSpec(new Builder(this));
    }

    private <T> Builder set(String key, T value) {
      Object before = values.putIfAbsent(key, value);
      if (before != null) {
        throw new IllegalStateException(key + " was already set to " + before);
      }
      return this;
    }

    @SuppressWarnings("unchecked")
    private <T> T get(String key, T otherwise) {
      return (T) values.getOrDefault(key, otherwise);
    }

    private static void requireIds(String key, String prefix, String... ids) {
      requireSome(key, ids);
      Pattern pattern = Pattern.compile(prefix + "-[0-9a-f]{8,17}");
      for (String id : ids) {
        require(key, pattern, id, "write " + prefix + "-0123456789abcdef0");
      }
    }

    private static void requireSome(String key, String... values) {
      if (values.length == 0) {
        throw new IllegalArgumentException(key + " is empty; name at least one");
      }
    }

    private static void require(String key, Pattern pattern, String value, String expected) {
      if (!pattern.matcher(value).matches()) {
        throw new IllegalArgumentException(key + ": '" + value + "' cannot be right; " + expected);
      }
    }

    private static void requireRange(String key, int value, int least, int most) {
      if (value < least || value > most) {
        throw new IllegalArgumentException(
            key + " is " + value + "; it must be between " + least + " and " + most);
      }
    }
  }
}
