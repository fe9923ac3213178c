package io.bqx.aws.s3;

import io.bqx.core.BqxException;
import io.bqx.core.CancelledException;
import io.bqx.core.export.ExportDestination;
import io.bqx.core.export.StoredFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * An export in S3. Large files go up in parts, each with a CRC32C that the service compares, and
 * are visible when the service has put all of them together; what is given up on the way is
 * aborted. Small files that several processes change at a time are replaced on the condition that
 * they are as they were read.
 *
 * <p>Needs the rights {@code s3:PutObject}, {@code s3:GetObject}, {@code s3:ListBucket} and {@code
 * s3:AbortMultipartUpload}; with {@code s3:ListBucketMultipartUploads} also, uploads of an export
 * that was killed are aborted by the next one after an hour.
 */
public final class S3Destination implements ExportDestination {

  private static final Logger LOG = LoggerFactory.getLogger(S3Destination.class);

  private static final String METADATA_PREFIX = "bqx-";
  private static final int ATTEMPTS = 8;
  private static final Duration LONGEST_SILENCE = Duration.ofMinutes(2);
  private static final int TRIES_TO_UPDATE = 50;
  private static final Duration PAUSE = Duration.ofMillis(200);

  /** A file goes up within seconds, so an upload that old is nobody's any more. */
  private static final Duration ABANDONED = Duration.ofHours(1);

  private static final int NOT_FOUND = 404;
  private static final int FORBIDDEN = 403;
  private static final int CONFLICT = 409;
  private static final int PRECONDITION_FAILED = 412;

  private final S3Client client;
  private final boolean ownsClient;
  private final S3Address address;
  private final S3Encryption encryption;
  private final Clock clock;
  private final Path spool;
  private final AtomicBoolean lookedForAbandoned = new AtomicBoolean();

  private S3Destination(Builder builder) {
    this.address = builder.address;
    this.encryption = builder.encryption;
    this.clock = builder.clock;
    this.ownsClient = builder.client == null;
    this.client = ownsClient ? newClient(builder) : builder.client;
    try {
      this.spool =
          builder.spoolParent == null
              ? Files.createTempDirectory("bqx-export-")
              : Files.createTempDirectory(
                  Files.createDirectories(builder.spoolParent), "bqx-export-");
    } catch (IOException e) {
      throw new BqxException(
          "Cannot make a folder for files before they go to "
              + address
              + ": "
              + e.getClass().getSimpleName()
              + ": "
              + e.getMessage(),
          e);
    }
  }

  private static S3Client newClient(Builder builder) {
    try {
      return builder.newClient();
    } catch (SdkException e) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot use %s: %s. Name the region with --region or AWS_REGION",
              builder.address,
              e.getMessage()),
          e);
    }
  }

  /** Begins a destination. */
  public static Builder at(S3Address address) {
    return new Builder(address);
  }

  /** The optional parts of a destination. */
  public static final class Builder {

    private final S3Address address;
    private S3Encryption encryption = S3Encryption.ofBucket();
    private Region region;
    private URI endpoint;
    private S3Client client;
    private Path spoolParent;
    private Clock clock = Clock.systemUTC();

    private Builder(S3Address address) {
      this.address = Objects.requireNonNull(address, "address");
    }

    /** How objects are encrypted; as the bucket is set up if it is not called. */
    public Builder encryption(S3Encryption chosen) {
      this.encryption = Objects.requireNonNull(chosen, "encryption");
      return this;
    }

    /**
     * The region of the bucket, such as {@code eu-central-1}; if it is not called, that of the
     * environment, of the profile or of the machine.
     */
    public Builder region(String name) {
      this.region = Region.of(name);
      return this;
    }

    /** Another service that speaks the protocol of S3, such as one on this machine. */
    public Builder endpoint(URI uri) {
      this.endpoint = Objects.requireNonNull(uri, "endpoint");
      return this;
    }

    /**
     * The client to use instead of one with the default chain of credentials; its owner closes it,
     * and region and endpoint are its own.
     */
    public Builder client(S3Client given) {
      this.client = Objects.requireNonNull(given, "client");
      return this;
    }

    /**
     * A local folder in which a folder is made for files before they go up; the system's folder of
     * temporary files if it is not called. It needs room for one file per worker.
     */
    public Builder spoolIn(Path folder) {
      this.spoolParent = Objects.requireNonNull(folder, "folder");
      return this;
    }

    Builder clock(Clock given) {
      this.clock = given;
      return this;
    }

    /**
     * The destination. Nothing is asked of the service yet.
     *
     * @throws BqxException if no region is to be found, or there is no room for files on their way
     */
    public S3Destination build() {
      return new S3Destination(this);
    }

    private S3Client newClient() {
      S3ClientBuilder builder =
          S3Client.builder()
              .httpClientBuilder(UrlConnectionHttpClient.builder().socketTimeout(LONGEST_SILENCE))
              .overrideConfiguration(
                  settings ->
                      settings.retryStrategy(
                          AwsRetryStrategy.standardRetryStrategy().toBuilder()
                              .maxAttempts(ATTEMPTS)
                              .build()));
      if (region != null) {
        builder.region(region);
      }
      if (endpoint != null) {
        builder.endpointOverride(endpoint).forcePathStyle(true);
      }
      return builder.build();
    }
  }

  @Override
  public Path spoolFolder() {
    return spool;
  }

  @Override
  public Optional<StoredFile> find(String name) throws IOException {
    try {
      HeadObjectResponse head = client.headObject(r -> r.bucket(address.bucket()).key(key(name)));
      return Optional.of(new StoredFile(name, head.contentLength(), attributesOf(head.metadata())));
    } catch (S3Exception e) {
      if (e.statusCode() == NOT_FOUND) {
        return Optional.empty();
      }
      throw failure("ask for", name, e);
    } catch (SdkException e) {
      throw failure("ask for", name, e);
    }
  }

  private String key(String name) {
    return address.folder() + name;
  }

  private static Map<String, String> attributesOf(Map<String, String> metadata) {
    Map<String, String> attributes = new HashMap<>();
    metadata.forEach(
        (key, value) -> {
          if (key.startsWith(METADATA_PREFIX)) {
            attributes.put(key.substring(METADATA_PREFIX.length()), value);
          }
        });
    return attributes;
  }

  private static Map<String, String> metadataOf(Map<String, String> attributes) {
    Map<String, String> metadata = new HashMap<>();
    attributes.forEach((key, value) -> metadata.put(METADATA_PREFIX + key, value));
    return metadata;
  }

  @Override
  public List<StoredFile> list() throws IOException {
    List<StoredFile> found = new ArrayList<>();
    try {
      client
          .listObjectsV2Paginator(r -> r.bucket(address.bucket()).prefix(address.folder()))
          .contents()
          .forEach(
              object ->
                  found.add(
                      new StoredFile(
                          object.key().substring(address.folder().length()),
                          object.size(),
                          Map.of())));
    } catch (SdkException e) {
      throw failure("list", "", e);
    }
    found.sort(Comparator.comparing(StoredFile::name));
    return found;
  }

  @Override
  public void put(Path file, String name, Map<String, String> attributes) throws IOException {
    if (lookedForAbandoned.compareAndSet(false, true)) {
      abortAbandoned();
    }
    try {
      new S3Upload(client, address.bucket(), key(name), encryption)
          .put(file, metadataOf(attributes));
    } catch (SdkException e) {
      throw failure("write", name, e);
    }
  }

  /** What was killed in mid-upload is not visible, but has its price until it is aborted. */
  private void abortAbandoned() {
    Instant before = clock.instant().minus(ABANDONED);
    try {
      for (MultipartUpload upload :
          client
              .listMultipartUploadsPaginator(
                  r -> r.bucket(address.bucket()).prefix(address.folder()))
              .uploads()) {
        if (upload.initiated().isBefore(before)) {
          client.abortMultipartUpload(
              r -> r.bucket(address.bucket()).key(upload.key()).uploadId(upload.uploadId()));
          LOG.info(
              "Aborted an upload that was given up [key={}] [begun={}]",
              upload.key(),
              upload.initiated());
        }
      }
    } catch (SdkException e) {
      LOG.warn("Cannot look for uploads that were given up at {}: {}", address, e.getMessage());
    }
  }

  @Override
  public Path fetch(String name, Path into) throws IOException {
    try {
      client.getObject(
          r -> r.bucket(address.bucket()).key(key(name)).checksumMode(ChecksumMode.ENABLED),
          ResponseTransformer.toFile(into));
      return into;
    } catch (SdkException e) {
      throw failure("read", name, e);
    }
  }

  @Override
  public Optional<byte[]> read(String name) throws IOException {
    return get(name).map(ResponseBytes::asByteArray);
  }

  private Optional<ResponseBytes<GetObjectResponse>> get(String name) throws IOException {
    try {
      return Optional.of(
          client.getObject(
              r -> r.bucket(address.bucket()).key(key(name)), ResponseTransformer.toBytes()));
    } catch (NoSuchKeyException e) {
      return Optional.empty();
    } catch (SdkException e) {
      throw failure("read", name, e);
    }
  }

  @Override
  public void update(String name, Function<Optional<byte[]>, byte[]> change) throws IOException {
    for (int attempt = 1; ; attempt++) {
      Optional<ResponseBytes<GetObjectResponse>> old = get(name);
      byte[] content = change.apply(old.map(ResponseBytes::asByteArray));
      PutObjectRequest.Builder request =
          PutObjectRequest.builder()
              .bucket(address.bucket())
              .key(key(name))
              .contentType("application/json")
              .checksumAlgorithm(ChecksumAlgorithm.CRC32_C);
      encryption.algorithm().ifPresent(request::serverSideEncryption);
      encryption.key().ifPresent(request::ssekmsKeyId);
      if (old.isPresent()) {
        request.ifMatch(old.get().response().eTag());
      } else {
        request.ifNoneMatch("*");
      }
      try {
        client.putObject(request.build(), RequestBody.fromBytes(content));
        return;
      } catch (S3Exception e) {
        boolean lostRace = e.statusCode() == PRECONDITION_FAILED || e.statusCode() == CONFLICT;
        if (!lostRace || attempt == TRIES_TO_UPDATE) {
          throw failure("change", name, e);
        }
        pause(name);
      } catch (SdkException e) {
        throw failure("change", name, e);
      }
    }
  }

  private void pause(String name) {
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(PAUSE.toMillis()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("Interrupted while changing " + key(name), e);
    }
  }

  /** What the service said, or why it could not be asked. */
  private IOException failure(String attempt, String name, SdkException e) {
    String said =
        e instanceof S3Exception refused && refused.awsErrorDetails() != null
            ? refused.awsErrorDetails().errorCode()
                + ", "
                + refused.awsErrorDetails().errorMessage()
                + " (status "
                + refused.statusCode()
                + ", request "
                + refused.requestId()
                + ")"
            : e.getMessage();
    String advice =
        e instanceof S3Exception refused && refused.statusCode() == FORBIDDEN
            ? ". It needs s3:PutObject, s3:GetObject, s3:ListBucket and s3:AbortMultipartUpload there"
            : "";
    return new IOException(
        "cannot " + attempt + " s3://" + address.bucket() + "/" + key(name) + ": " + said + advice,
        e);
  }

  /** Closes the client unless it was given, and deletes the folder of files that did not go up. */
  @Override
  public void close() {
    if (ownsClient) {
      client.close();
    }
    try {
      try (DirectoryStream<Path> left = Files.newDirectoryStream(spool)) {
        for (Path file : left) {
          Files.deleteIfExists(file);
        }
      }
      Files.deleteIfExists(spool);
    } catch (IOException e) {
      LOG.warn("Cannot delete the folder {}", spool, e);
    }
  }

  /** The address. */
  @Override
  public String toString() {
    return address.toString();
  }
}
