package io.bqx.aws.s3;

import java.util.Objects;
import java.util.Optional;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/** How the service encrypts the objects that it stores. */
public final class S3Encryption {

  private final ServerSideEncryption algorithm;
  private final String key;

  private S3Encryption(ServerSideEncryption algorithm, String key) {
    this.algorithm = algorithm;
    this.key = key;
  }

  /** As the bucket is set up: by its default key, or by keys of the service's own. */
  public static S3Encryption ofBucket() {
    return new S3Encryption(null, null);
  }

  /** By keys of the service's own (SSE-S3). */
  public static S3Encryption aes256() {
    return new S3Encryption(ServerSideEncryption.AES256, null);
  }

  /** By the key of the Key Management Service that the account has for S3 (SSE-KMS). */
  public static S3Encryption kms() {
    return new S3Encryption(ServerSideEncryption.AWS_KMS, null);
  }

  /**
   * By a key in the Key Management Service (SSE-KMS).
   *
   * @param key its id, ARN or alias
   */
  public static S3Encryption kms(String key) {
    return new S3Encryption(ServerSideEncryption.AWS_KMS, Objects.requireNonNull(key, "key"));
  }

  Optional<ServerSideEncryption> algorithm() {
    return Optional.ofNullable(algorithm);
  }

  Optional<String> key() {
    return Optional.ofNullable(key);
  }

  /** The algorithm, without the key. */
  @Override
  public String toString() {
    return algorithm == null ? "as the bucket is set up" : algorithm.toString();
  }
}
