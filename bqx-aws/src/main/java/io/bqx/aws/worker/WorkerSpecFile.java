package io.bqx.aws.worker;

import io.bqx.aws.cost.Market;
import io.bqx.aws.s3.S3Address;
import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;

/** Reads a specification from a file. Both formats become one map with keys as in job.jar. */
final class WorkerSpecFile {

  private static final String TAGS = "tags.";
  private static final Pattern TIME = Pattern.compile("([0-9]{1,6})\\s*(d|h|min)");
  private static final Set<String> KEYS =
      Set.of(
          "name",
          "instance-type",
          "market",
          "max-price",
          "fallback-to-on-demand",
          "image",
          "subnets",
          "security-groups",
          "key-pair",
          "like-instance",
          "instance-profile",
          "root-volume-gb",
          "max-run-time",
          "ready-signal",
          "ready-port",
          "ssh-cidr",
          "database-security-group",
          "job.jar",
          "job.jar-sha256",
          "job.jdbc-url",
          "job.secret",
          "job.arguments",
          "job.workers",
          "job.logs");

  private final Path file;
  private final Map<String, List<String>> values = new LinkedHashMap<>();

  WorkerSpecFile(Path file) {
    this.file = file;
  }

  WorkerSpec read() {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".yaml") || name.endsWith(".yml")) {
      readYaml();
    } else if (name.endsWith(".properties")) {
      readProperties();
    } else {
      throw new WorkerSpecException(
          file
              + " is neither YAML nor properties: its name must end in .yaml, .yml or .properties");
    }
    refuseUnknownKeys();
    return spec();
  }

  private void readYaml() {
    Object root;
    try {
      root =
          new Load(
                  LoadSettings.builder()
                      .setLabel(file.toString())
                      .setSchema(new FailsafeSchema())
                      .build())
              .loadFromString(text());
    } catch (YamlEngineException e) {
      throw new WorkerSpecException(file + " is not YAML: " + e.getMessage(), e);
    }
    if (!(root instanceof Map<?, ?> map)) {
      throw new WorkerSpecException(file + " holds no keys; expected lines such as name: phase2");
    }
    flatten("", map);
  }

  private void flatten(String prefix, Map<?, ?> map) {
    map.forEach(
        (key, value) -> {
          String path = prefix + key;
          if (value instanceof Map<?, ?> inner) {
            flatten(path + ".", inner);
          } else if (value instanceof List<?> list) {
            values.put(path, list.stream().map(String::valueOf).toList());
          } else {
            values.put(path, List.of(String.valueOf(value).strip()));
          }
        });
  }

  private void readProperties() {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(text()));
    } catch (IOException | IllegalArgumentException e) {
      throw new WorkerSpecException(file + " is not a properties file: " + e.getMessage(), e);
    }
    for (String key : properties.stringPropertyNames()) {
      String value = properties.getProperty(key).strip();
      values.put(key, "job.arguments".equals(key) ? words(value) : List.of(value));
    }
  }

  private String text() {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new WorkerSpecException("The worker's specification " + file + " does not exist", e);
    } catch (IOException e) {
      throw new WorkerSpecException(
          "The worker's specification " + file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private void refuseUnknownKeys() {
    for (String key : values.keySet()) {
      if (!KEYS.contains(key) && !key.startsWith(TAGS)) {
        throw new WorkerSpecException(
            file
                + ": "
                + key
                + " is not a key; the keys are "
                + String.join(", ", new TreeSet<>(KEYS))
                + " and tags.*");
      }
    }
  }

  private WorkerSpec spec() {
    WorkerSpec.Builder spec = convert("name", required("name"), WorkerSpec::named);
    each("instance-type", types -> spec.instanceTypes(types.toArray(String[]::new)));
    one("market", text -> spec.market(Market.named(text)));
    one("max-price", text -> spec.maxPrice(decimal(text)));
    one("fallback-to-on-demand", text -> spec.fallbackToOnDemand(flag(text)));
    one("image", spec::image);
    each("subnets", subnets -> spec.subnets(subnets.toArray(String[]::new)));
    each("security-groups", groups -> spec.securityGroups(groups.toArray(String[]::new)));
    one("key-pair", spec::keyPair);
    one("like-instance", spec::likeInstance);
    one("instance-profile", spec::instanceProfile);
    one("root-volume-gb", text -> spec.rootVolumeGigabytes(integer(text)));
    one("max-run-time", text -> spec.maxRunTime(time(text)));
    one("ready-signal", text -> spec.readySignal(ReadySignal.named(text)));
    one("ready-port", text -> spec.readyPort(integer(text)));
    one("ssh-cidr", spec::sshCidr);
    one("database-security-group", spec::databaseSecurityGroup);
    Map<String, String> tags = tags();
    if (!tags.isEmpty()) {
      convert("tags", tags, spec::tags);
    }
    spec.job(job());
    try {
      return spec.build();
    } catch (IllegalArgumentException e) {
      throw new WorkerSpecException(file + ": " + e.getMessage(), e);
    }
  }

  private WorkerJob job() {
    S3Address jar = convert("job.jar", required("job.jar"), S3Address::of);
    S3Address logs = convert("job.logs", required("job.logs"), S3Address::of);
    int workers = convert("job.workers", required("job.workers"), WorkerSpecFile::integer);
    String sha256 = required("job.jar-sha256");
    String jdbcUrl = required("job.jdbc-url");
    String secret = required("job.secret");
    List<String> arguments = values.getOrDefault("job.arguments", List.of());
    List<String> separate = arguments.size() == 1 ? words(arguments.get(0)) : arguments;
    return convert(
        "job",
        separate,
        words -> new WorkerJob(jar, sha256, jdbcUrl, secret, words, workers, logs));
  }

  private Map<String, String> tags() {
    Map<String, String> tags = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          if (key.startsWith(TAGS)) {
            tags.put(key.substring(TAGS.length()), String.join(",", value));
          }
        });
    return tags;
  }

  private void one(String key, Consumer<String> setter) {
    if (values.containsKey(key)) {
      convert(key, required(key), accepting(setter));
    }
  }

  private void each(String key, Consumer<List<String>> setter) {
    if (values.containsKey(key)) {
      List<String> several = new ArrayList<>();
      for (String value : values.get(key)) {
        Arrays.stream(value.split(",")).map(String::strip).forEach(several::add);
      }
      convert(key, several, accepting(setter));
    }
  }

  private String required(String key) {
    List<String> value = values.getOrDefault(key, List.of());
    if (value.isEmpty()) {
      throw new WorkerSpecException(file + ": " + key + " is missing");
    }
    if (value.size() > 1) {
      throw new WorkerSpecException(file + ": " + key + " has several values; it takes one");
    }
    return value.get(0);
  }

  private <T, R> R convert(String key, T value, Function<T, R> conversion) {
    try {
      return conversion.apply(value);
    } catch (IllegalArgumentException e) {
      String reason = e.getMessage();
      throw new WorkerSpecException(
          file + ": " + (reason.startsWith(key) ? reason : key + ": " + reason), e);
    }
  }

  private static <T> Function<T, Boolean> accepting(Consumer<T> setter) {
    return value -> {
      setter.accept(value);
      return true;
    };
  }

  private static List<String> words(String text) {
    return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
  }

  private static BigDecimal decimal(String text) {
    try {
      return new BigDecimal(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not a number of USD; write 0.60", e);
    }
  }

  private static int integer(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not a whole number", e);
    }
  }

  private static boolean flag(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("'" + text + "' is neither true nor false");
    };
  }

  private static Duration time(String text) {
    Matcher parts = TIME.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a length of time; write 36 h, 90 min or 2 d");
    }
    long number = Long.parseLong(parts.group(1));
    return switch (parts.group(2)) {
      case "d" -> Duration.ofDays(number);
      case "h" -> Duration.ofHours(number);
      default -> Duration.ofMinutes(number);
    };
  }
}
