package io.bqx.examples;

import io.bqx.aws.AwsClients;
import io.bqx.aws.s3.S3Address;
import io.bqx.aws.s3.S3Destination;
import io.bqx.aws.s3.S3Encryption;
import io.bqx.core.export.ExportDestination;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say where exported files are. Credentials are never among them. */
final class DestinationOptions {

  private static final String S3 = "s3://";

  /** How S3 is to encrypt, by the names that its own tools have for it. */
  enum Encryption {
    /** Keys of the service's own. */
    AES256("AES256"),
    /** A key of the Key Management Service. */
    KMS("aws:kms");

    private final String text;

    Encryption(String text) {
      this.text = text;
    }

    /** The encryption of that name. */
    static Encryption of(String text) {
      return Stream.of(values())
          .filter(value -> value.text.equalsIgnoreCase(text))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "There is no encryption '" + text + "'; expected AES256 or aws:kms"));
    }
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--to",
      paramLabel = "DIR|s3://BUCKET/PREFIX",
      description =
          "Where the files are: a folder, or a bucket and what the keys in it begin with. S3 takes credentials and region from"
              + " the environment, the profile or the machine, as all programs of AWS do.")
  private String to;

  @Option(
      names = "--region",
      paramLabel = "REGION",
      description = "The region of the bucket, if the environment does not name it.")
  private String region;

  @Option(
      names = "--endpoint-url",
      paramLabel = "URL",
      description = "Another service that speaks the protocol of S3.")
  private URI endpoint;

  @Option(
      names = "--sse",
      paramLabel = "AES256|aws:kms",
      description =
          "How S3 encrypts what it stores: AES256 by keys of its own, aws:kms by a key of the Key Management Service. As the"
              + " bucket is set up if not given.")
  private Encryption encryption;

  @Option(
      names = "--sse-kms-key-id",
      paramLabel = "KEY",
      description = "The key for --sse aws:kms; the account's own for S3 if not given.")
  private String key;

  @Option(
      names = "--spool",
      paramLabel = "DIR",
      description =
          "The local folder for files on their way to or from S3, one per worker; the system's folder of temporary files if not"
              + " given.")
  private Path spool;

  /**
   * Checks what is given.
   *
   * @throws ParameterException if there is no destination, or what is given contradicts itself
   */
  void check() {
    if (to == null) {
      throw badUsage("Where to? Missing --to DIR or --to s3://BUCKET/PREFIX");
    }
    if (!isS3(to) && (region != null || endpoint != null || encryption != null || spool != null)) {
      throw badUsage(
          "--region, --endpoint-url, --sse and --spool go with --to s3://BUCKET/PREFIX, and %s is a folder",
          to);
    }
    checkPlace(command, "--to", to);
    if (key != null && encryption != Encryption.KMS) {
      throw badUsage("--sse-kms-key-id goes with --sse aws:kms");
    }
  }

  /**
   * Checks that files may be at a place.
   *
   * @param option the option that names the place
   * @throws ParameterException if it is neither a folder nor an address in S3
   */
  static void checkPlace(CommandSpec command, String option, String place) {
    try {
      checkPlace(place);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), option + ": " + e.getMessage());
    }
  }

  private static void checkPlace(String place) {
    if (isS3(place)) {
      S3Address.of(place);
    } else if (place.contains("://")
        || (Files.exists(Path.of(place)) && !Files.isDirectory(Path.of(place)))) {
      throw new IllegalArgumentException(place + " is neither a folder nor s3://BUCKET/PREFIX");
    }
  }

  /** A place of files, in S3 by the given clients; the caller closes it. */
  static ExportDestination placeOf(String place, AwsClients clients) {
    return isS3(place)
        ? S3Destination.at(S3Address.of(place)).client(clients.s3()).build()
        : ExportDestination.directory(Path.of(place));
  }

  private static boolean isS3(String place) {
    return place.startsWith(S3);
  }

  /** The destination; the caller closes it. */
  ExportDestination open() {
    if (!isS3(to)) {
      return ExportDestination.directory(Path.of(to));
    }
    S3Destination.Builder builder = S3Destination.at(S3Address.of(to)).encryption(s3Encryption());
    if (region != null) {
      builder.region(region);
    }
    if (endpoint != null) {
      builder.endpoint(endpoint);
    }
    if (spool != null) {
      builder.spoolIn(spool);
    }
    return builder.build();
  }

  private S3Encryption s3Encryption() {
    if (encryption == null) {
      return S3Encryption.ofBucket();
    }
    return switch (encryption) {
      case AES256 -> S3Encryption.aes256();
      case KMS -> key == null ? S3Encryption.kms() : S3Encryption.kms(key);
    };
  }

  private ParameterException badUsage(String message, Object... arguments) {
    return new ParameterException(
        command.commandLine(), String.format(Locale.ROOT, message, arguments));
  }
}
