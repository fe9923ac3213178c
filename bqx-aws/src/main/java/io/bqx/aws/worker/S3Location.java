package io.bqx.aws.worker;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in S3.
 *
 * @param bucket the bucket's name
 * @param key the object's key, or the beginning of several; without a slash at its ends
 */
public record S3Location(String bucket, String key) {

  private static final Pattern ADDRESS =
      Pattern.compile("s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([A-Za-z0-9!_.*'()/=+@:-]+?)/?");

  /**
   * Reads an address as in {@code s3://bucket/folder/object}.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static S3Location of(String address) {
    Matcher parts = ADDRESS.matcher(address);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "'" + address + "' is not a place in S3; write s3://BUCKET/KEY");
    }
    return new S3Location(parts.group(1), parts.group(2));
  }

  /** The place of this name below this one. */
  S3Location resolve(String name) {
    return new S3Location(bucket, key + "/" + name);
  }

  /** Its address: {@code s3://bucket/key}. */
  @Override
  public String toString() {
    return "s3://" + bucket + "/" + key;
  }
}
