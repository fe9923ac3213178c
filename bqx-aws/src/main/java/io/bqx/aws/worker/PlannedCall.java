package io.bqx.aws.worker;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import software.amazon.awssdk.awscore.AwsRequest;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;

/**
 * A call of AWS that has not been made.
 *
 * @param action service and action, as policies name them: {@code ec2:StopInstances}
 * @param parameters what is passed, on one line
 * @param when under what condition it is made; empty if in any case
 */
public record PlannedCall(String action, String parameters, String when) {

  private static final int LONGEST_VALUE = 60;

  static PlannedCall of(String service, AwsRequest request) {
    return of(service, request, "");
  }

  static PlannedCall of(String service, AwsRequest request, String when) {
    return new PlannedCall(
        service + ":" + request.getClass().getSimpleName().replaceFirst("Request$", ""),
        fields(request),
        when);
  }

  /** The call on one line. */
  @Override
  public String toString() {
    return action + " " + parameters + (when.isEmpty() ? "" : "  [" + when + "]");
  }

  private static String fields(SdkPojo value) {
    return value.sdkFields().stream()
        .flatMap(field -> text(field, value).stream())
        .collect(Collectors.joining(" "));
  }

  private static Optional<String> text(SdkField<?> field, SdkPojo owner) {
    Object value = field.getValueOrDefault(owner);
    if (value == null || value instanceof Iterable<?> several && !several.iterator().hasNext()) {
      return Optional.empty();
    }
    return Optional.of(field.memberName() + "=" + text(value));
  }

  private static String text(Object value) {
    if (value instanceof SdkPojo structure) {
      return "{" + fields(structure) + "}";
    }
    if (value instanceof Iterable<?> several) {
      StringBuilder list = new StringBuilder("[");
      several.forEach(each -> list.append(list.length() == 1 ? "" : ", ").append(text(each)));
      return list.append("]").toString();
    }
    String text = String.valueOf(value);
    return text.length() <= LONGEST_VALUE
        ? text
        : String.format(Locale.ROOT, "(%,d characters)", text.length());
  }
}
