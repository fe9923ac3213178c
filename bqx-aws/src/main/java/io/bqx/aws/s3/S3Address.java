package io.bqx.aws.s3;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A bucket and what the keys in it begin with: {@code s3://bucket/some/prefix}.
 *
 * @param bucket the bucket's name
 * @param prefix without a slash at its ends; may be empty
 */
public record S3Address(String bucket, String prefix) {

  private static final Pattern TEXT =
      Pattern.compile("s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?");

  /**
   * The address in a text.
   *
   * @throws IllegalArgumentException if it is none; the message says how one is written
   */
  public static S3Address of(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches() || (parts.group(2) != null && parts.group(2).contains("//"))) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "'%s' is no address in S3; write s3://BUCKET/PREFIX", text));
    }
    String prefix = parts.group(2) == null ? "" : parts.group(2);
    return new S3Address(parts.group(1), prefix.replaceAll("^/|/$", ""));
  }

  /** The key of a relative name. */
  String key(String name) {
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  /** The relative name of a key of this address. */
  String name(String key) {
    return prefix.isEmpty() ? key : key.substring(prefix.length() + 1);
  }

  @Override
  public String toString() {
    return "s3://" + bucket + (prefix.isEmpty() ? "" : "/" + prefix);
  }
}
