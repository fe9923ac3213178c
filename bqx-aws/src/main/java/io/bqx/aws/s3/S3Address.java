package io.bqx.aws.s3;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An object in a bucket, or all objects below a key: {@code s3://bucket/some/key}.
 *
 * @param bucket the bucket's name
 * @param key without a slash at its ends, an empty part or a control character; empty if the whole
 *     bucket is meant
 */
public record S3Address(String bucket, String key) {

  private static final Pattern TEXT = Pattern.compile("s3://([^/]*)(?:/(.*?)/?)?");
  private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
  private static final Pattern KEY = Pattern.compile("(?:[^/\\p{Cntrl}]+(?:/[^/\\p{Cntrl}]+)*)?");

  /**
   * Checks both parts.
   *
   * @throws IllegalArgumentException if a bucket cannot have that name or an object that key; the
   *     message says how an address is written
   */
  public S3Address {
    if (!BUCKET.matcher(bucket).matches() || !KEY.matcher(key).matches()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "'s3://%s%s' is no address in S3; write s3://BUCKET/KEY",
              bucket,
              key.isEmpty() ? "" : "/" + key));
    }
  }

  /**
   * The address in a text; a slash at its end is the same as none.
   *
   * @throws IllegalArgumentException if it is none; the message says how one is written
   */
  public static S3Address of(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "'%s' is no address in S3; write s3://BUCKET/KEY", text));
    }
    return new S3Address(parts.group(1), parts.group(2) == null ? "" : parts.group(2));
  }

  /** The address of a name, or of several that are separated by slashes, below this one. */
  public S3Address resolve(String name) {
    return new S3Address(bucket, folder() + name);
  }

  /** What all keys below this address begin with. */
  String folder() {
    return key.isEmpty() ? "" : key + "/";
  }

  /** The text that {@link #of} reads. */
  @Override
  public String toString() {
    return "s3://" + bucket + (key.isEmpty() ? "" : "/" + key);
  }
}
