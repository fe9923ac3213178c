package io.bqx.aws.worker;

import io.bqx.aws.s3.S3Address;
import io.bqx.core.Passwords;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What a worker runs: {@code bqx.jar} from S3 on a database whose credentials are a secret. It
 * never holds the credentials themselves.
 *
 * @param jar where {@code bqx.jar} is
 * @param jarSha256 its SHA-256 in 64 hexadecimal digits; the worker refuses any other file
 * @param jdbcUrl the database: {@code jdbc:postgresql://HOST:PORT/DATABASE}
 * @param secret name or ARN of the secret in Secrets Manager that holds {@code username} and {@code
 *     password}, as RDS writes it
 * @param arguments what follows {@code bqx run}, such as {@code --from 2024-07 --to 2025-06}
 * @param workers how many partitions are written at the same time
 * @param logs where the worker's logs go, below which each machine has a folder of its own
 */
public record WorkerJob(
    S3Address jar,
    String jarSha256,
    String jdbcUrl,
    String secret,
    List<String> arguments,
    int workers,
    S3Address logs) {

  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern SECRET = Pattern.compile("[A-Za-z0-9/_+=.@:-]{1,512}");
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");
  private static final String URL_START = "jdbc:postgresql:";

  /**
   * Checks everything that can be checked without asking AWS.
   *
   * @throws IllegalArgumentException if a value cannot be right
   */
  public WorkerJob {
    Objects.requireNonNull(jar, "jar");
    Objects.requireNonNull(logs, "logs");
    arguments = List.copyOf(arguments);
    if (jar.key().isEmpty()) {
      throw new IllegalArgumentException(
          jar + " is a whole bucket, and not bqx.jar; write s3://BUCKET/bqx.jar");
    }
    if (!SHA_256.matcher(jarSha256).matches()) {
      throw new IllegalArgumentException(
          "'"
              + jarSha256
              + "' is not a SHA-256; it has 64 digits 0-9 and a-f, as sha256sum prints it");
    }
    if (!jdbcUrl.startsWith(URL_START)) {
      throw new IllegalArgumentException(
          "The database's address must begin with jdbc:postgresql:, as in"
              + " jdbc:postgresql://HOST:5432/DATABASE");
    }
    if (!jdbcUrl.equals(Passwords.masked(jdbcUrl))) {
      throw new IllegalArgumentException(
          "The database's address holds a password, which would be readable in the machine's user"
              + " data; name a secret instead");
    }
    if (!SECRET.matcher(secret).matches()) {
      throw new IllegalArgumentException(
          "That is not the name or ARN of a secret; write letters, digits and /_+=.@:-");
    }
    if (arguments.stream().anyMatch(word -> CONTROL.matcher(word).find())
        || CONTROL.matcher(jdbcUrl).find()) {
      throw new IllegalArgumentException(
          "An argument or the database's address has a line break or another control character");
    }
    if (workers < 1) {
      throw new IllegalArgumentException(workers + " workers; there must be at least 1");
    }
  }
}
