package io.bqx.aws.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bqx.aws.testing.S3Mock;
import io.bqx.core.export.StoredFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

class S3DestinationTest {

  private static final String BUCKET = "features";
  private static final String NAME = "pair=eurusd/month=2024-07/part-0.parquet";
  private static final int LARGE = 2 * S3Upload.PART + 12_345;

  private static S3Mock s3;
  private static S3Client client;

  @TempDir private Path folder;

  /** Remembers requests, and fails the part with a given number, as a broken line would. */
  private static final class Observer implements ExecutionInterceptor {

    private final ConcurrentLinkedQueue<SdkRequest> requests = new ConcurrentLinkedQueue<>();
    private final int failingPart;

    Observer(int failingPart) {
      this.failingPart = failingPart;
    }

    @Override
    public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
      requests.add(context.request());
      if (context.request() instanceof UploadPartRequest part && part.partNumber() == failingPart) {
        throw SdkClientException.create("the line is broken");
      }
    }

    <T extends SdkRequest> List<T> requests(Class<T> type) {
      return requests.stream().filter(type::isInstance).map(type::cast).toList();
    }
  }

  @BeforeAll
  static void startTheService() throws IOException {
    s3 = S3Mock.start();
    client = s3.client();
    client.createBucket(r -> r.bucket(BUCKET));
  }

  @AfterAll
  static void stopTheService() throws IOException {
    client.close();
    s3.close();
  }

  private S3Destination.Builder at(String prefix) {
    return S3Destination.at(S3Address.of("s3://" + BUCKET + "/" + prefix)).spoolIn(folder);
  }

  private Path file(int bytes) throws IOException {
    byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    return Files.write(Files.createTempFile(folder, "file", ".parquet"), content);
  }

  private static List<MultipartUpload> unfinished() {
    return client.listMultipartUploads(r -> r.bucket(BUCKET)).uploads();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1000, S3Upload.PART, LARGE})
  void whatIsPutComesBackWithItsAttributes(int bytes) throws IOException {
    Path file = file(bytes);
    try (S3Destination destination = at("size-" + bytes).client(client).build()) {
      destination.put(file, NAME, Map.of("crc32c", "0a1b2c3d", "rows", "12"));

      StoredFile found = destination.find(NAME).orElseThrow();
      assertThat(found.bytes()).isEqualTo(bytes);
      assertThat(found.attributes()).isEqualTo(Map.of("crc32c", "0a1b2c3d", "rows", "12"));
      Path copy = destination.fetch(NAME, folder.resolve("copy"));
      assertThat(copy).hasSameBinaryContentAs(file);
      assertThat(file).exists();
    }
    assertThat(unfinished()).isEmpty();
  }

  @Test
  void aLargeFileGoesUpInPartsWithChecksums() throws IOException {
    Observer observer = new Observer(0);
    try (S3Client observed = s3.client(observer);
        S3Destination destination = at("parts").client(observed).build()) {
      destination.put(file(LARGE), NAME, Map.of());
    }
    assertThat(observer.requests(PutObjectRequest.class)).isEmpty();
    assertThat(observer.requests(UploadPartRequest.class))
        .hasSize(3)
        .allSatisfy(
            part -> assertThat(part.checksumAlgorithm()).isEqualTo(ChecksumAlgorithm.CRC32_C));
  }

  @Test
  void anUploadThatFailsIsAbortedAndNothingOfItIsVisible() throws IOException {
    try (S3Client broken = s3.client(new Observer(2));
        S3Destination destination = at("broken").client(broken).build()) {
      Path file = file(LARGE);
      assertThatThrownBy(() -> destination.put(file, NAME, Map.of()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("cannot write s3://features/broken/" + NAME)
          .hasMessageContaining("the line is broken");
      assertThat(destination.find(NAME)).isEmpty();
      assertThat(destination.list()).isEmpty();
    }
    assertThat(unfinished()).isEmpty();
  }

  @Test
  void anUploadOfAKilledExportIsAbortedAfterAnHour() throws IOException {
    client.createMultipartUpload(r -> r.bucket(BUCKET).key("killed/" + NAME));
    try (S3Destination now = at("killed").client(client).build()) {
      now.put(file(10), "pair=eurusd/month=2024-08/part-0.parquet", Map.of());
    }
    assertThat(unfinished()).hasSize(1);

    Clock later = Clock.offset(Clock.systemUTC(), Duration.ofHours(2));
    try (S3Destination destination = at("killed").client(client).clock(later).build()) {
      destination.put(file(10), NAME, Map.of());
    }
    assertThat(unfinished()).isEmpty();
  }

  @Test
  void encryptionIsAskedForInEveryWay() throws IOException {
    Observer observer = new Observer(0);
    try (S3Client observed = s3.client(observer)) {
      try (S3Destination destination =
          at("aes").client(observed).encryption(S3Encryption.aes256()).build()) {
        destination.put(file(10), NAME, Map.of());
        destination.put(file(LARGE), NAME, Map.of());
        destination.update("_bqx/manifest.json", old -> new byte[] {'{', '}'});
      }
      assertThat(observer.requests(PutObjectRequest.class))
          .hasSize(2)
          .allSatisfy(
              put -> assertThat(put.serverSideEncryption()).isEqualTo(ServerSideEncryption.AES256));
      assertThat(observer.requests(CreateMultipartUploadRequest.class))
          .singleElement()
          .satisfies(
              upload ->
                  assertThat(upload.serverSideEncryption()).isEqualTo(ServerSideEncryption.AES256));
    }
    assertThat(S3Encryption.kms("alias/features").key()).contains("alias/features");
    assertThat(S3Encryption.kms("alias/features").algorithm())
        .contains(ServerSideEncryption.AWS_KMS);
    assertThat(S3Encryption.ofBucket().algorithm()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "old "})
  void aChangeBySomebodyElseBetweenReadingAndWritingIsNotLost(String before) throws IOException {
    String name = "_bqx/" + before.strip() + "manifest.json";
    AtomicInteger calls = new AtomicInteger();
    try (S3Destination mine = at("changes").client(client).build();
        S3Destination theirs = at("changes").client(client).build()) {
      if (!before.isEmpty()) {
        mine.update(name, old -> bytes(before));
      }
      mine.update(
          name,
          old -> {
            if (calls.getAndIncrement() == 0) {
              change(theirs, name, "theirs ");
            }
            return bytes(text(old) + "mine");
          });
      assertThat(text(mine.read(name))).isEqualTo(before + "theirs mine");
      assertThat(calls).hasValue(2);
    }
  }

  private static void change(S3Destination destination, String name, String more) {
    try {
      destination.update(name, old -> bytes(text(old) + more));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(Optional<byte[]> content) {
    return content.map(bytes -> new String(bytes, StandardCharsets.UTF_8)).orElse("");
  }

  @Test
  void onlyWhatIsUnderThePrefixIsListed() throws IOException {
    try (S3Destination one = at("list/one").client(client).build();
        S3Destination other = at("list/one-more").client(client).build()) {
      one.put(file(3), "b", Map.of());
      one.put(file(4), "a", Map.of());
      other.put(file(5), "c", Map.of());
      assertThat(one.list())
          .containsExactly(new StoredFile("a", 4, Map.of()), new StoredFile("b", 3, Map.of()));
      assertThat(one.find("c")).isEmpty();
      assertThat(one.read("c")).isEmpty();
    }
  }

  @Test
  void whatTheServiceRefusesIsToldWithItsCode() throws IOException {
    try (S3Destination nowhere =
        S3Destination.at(S3Address.of("s3://no-such-bucket/x"))
            .client(client)
            .spoolIn(folder)
            .build()) {
      Path file = file(10);
      assertThatThrownBy(() -> nowhere.put(file, NAME, Map.of()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("cannot write s3://no-such-bucket/x/" + NAME)
          .hasMessageContaining("NoSuchBucket")
          .hasMessageContaining("status 404");
    }
  }

  @Test
  void filesThatDidNotGoUpAreDeletedWhenItIsClosed() throws IOException {
    S3Destination destination = at("closed").client(client).build();
    Path spool = destination.spoolFolder();
    Files.writeString(spool.resolve("half.tmp"), "half");
    destination.close();
    assertThat(spool).doesNotExist();
  }

  @Test
  void anAddressIsABucketAndAKey() {
    assertThat(S3Address.of("s3://bucket/some/prefix/"))
        .isEqualTo(new S3Address("bucket", "some/prefix"));
    assertThat(S3Address.of("s3://bucket")).hasToString("s3://bucket");
    assertThat(S3Address.of("s3://bucket/")).isEqualTo(new S3Address("bucket", ""));
    assertThat(S3Address.of("s3://bucket/p").resolve("a/b")).hasToString("s3://bucket/p/a/b");
    assertThat(S3Address.of("s3://bucket").resolve("a")).hasToString("s3://bucket/a");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "s3://",
        "s3://b",
        "s3://Bucket/x",
        "http://bucket/x",
        "s3://bucket/a//b",
        "s3://bucket//a",
        "s3://bucket/a\tb",
        "s3://bucket/a\nb"
      })
  void whatIsNoAddressIsRefused(String text) {
    assertThatThrownBy(() -> S3Address.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'" + text + "' is no address in S3; write s3://BUCKET/KEY");
  }
}
