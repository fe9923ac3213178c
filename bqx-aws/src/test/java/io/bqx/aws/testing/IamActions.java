package io.bqx.aws.testing;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Which permissions an operation of AWS needs. */
public final class IamActions {

  /** Services whose permissions have another prefix than the SDK's name of the service. */
  private static final Map<String, String> PREFIXES = Map.of("service quotas", "servicequotas");

  /** Operations whose permission has another name, or that need several. */
  private static final Map<String, Set<String>> SPECIAL =
      Map.ofEntries(
          Map.entry("s3 HeadObject", Set.of("s3:GetObject")),
          Map.entry("s3 HeadBucket", Set.of("s3:ListBucket")),
          Map.entry("s3 ListObjects", Set.of("s3:ListBucket")),
          Map.entry("s3 ListObjectsV2", Set.of("s3:ListBucket")),
          Map.entry("s3 CreateMultipartUpload", Set.of("s3:PutObject")),
          Map.entry("s3 UploadPart", Set.of("s3:PutObject")),
          Map.entry("s3 CompleteMultipartUpload", Set.of("s3:PutObject")),
          Map.entry("s3 ListParts", Set.of("s3:ListMultipartUploadParts")),
          Map.entry("s3 ListMultipartUploads", Set.of("s3:ListBucketMultipartUploads")),
          Map.entry("s3 DeleteObjects", Set.of("s3:DeleteObject")),
          Map.entry(
              "ec2 RunInstances", Set.of("ec2:RunInstances", "ec2:CreateTags", "iam:PassRole")),
          Map.entry("ec2 CreateSnapshot", Set.of("ec2:CreateSnapshot", "ec2:CreateTags")),
          Map.entry("ec2 CreateSnapshots", Set.of("ec2:CreateSnapshots", "ec2:CreateTags")));

  private IamActions() {}

  /**
   * The permissions of an operation.
   *
   * @param operation service and name, as {@link ActionRecorder} writes them
   */
  public static Set<String> of(String operation) {
    int end = operation.lastIndexOf(' ');
    String service = operation.substring(0, end).toLowerCase(Locale.ROOT);
    return SPECIAL.getOrDefault(
        operation,
        Set.of(PREFIXES.getOrDefault(service, service) + ":" + operation.substring(end + 1)));
  }
}
