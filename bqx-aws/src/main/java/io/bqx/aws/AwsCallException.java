package io.bqx.aws;

import io.bqx.core.BqxException;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/** A call of AWS failed. The message ends with what to do about it. */
public final class AwsCallException extends BqxException {

  private static final long serialVersionUID = 1L;

  private static final Set<String> EXPIRED =
      Set.of("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired");
  private static final Set<String> FORBIDDEN =
      Set.of("UnauthorizedOperation", "AccessDenied", "AccessDeniedException");
  private static final Set<String> UNKNOWN_IDENTITY =
      Set.of(
          "AuthFailure",
          "InvalidAccessKeyId",
          "InvalidClientTokenId",
          "SignatureDoesNotMatch",
          "UnrecognizedClientException");
  private static final Set<String> THROTTLED =
      Set.of("RequestLimitExceeded", "Throttling", "ThrottlingException", "SlowDown");

  private static final int SERVER_FAULTS = 500;

  private final String code;

  private AwsCallException(String message, String code, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /**
   * What a failed call means.
   *
   * @param attempted what was attempted and on what, after which a colon makes sense: {@code
   *     "Cannot stop i-0123456789abcdef0"}
   */
  public static AwsCallException of(String attempted, SdkException cause) {
    return of(attempted, cause, adviceFor(codeOf(cause)));
  }

  /** The same, with advice of the caller's. */
  public static AwsCallException of(String attempted, SdkException cause, String advice) {
    String code = codeOf(cause);
    return new AwsCallException(
        attempted
            + ": "
            + (code.isEmpty() ? cause.getMessage() : code + ", " + reason(cause))
            + (advice.isEmpty() ? "" : ". " + advice),
        code,
        cause);
  }

  /** The service's error code; empty if no service answered. */
  public static String codeOf(SdkException failure) {
    if (failure instanceof AwsServiceException answer
        && answer.awsErrorDetails() != null
        && answer.awsErrorDetails().errorCode() != null) {
      return answer.awsErrorDetails().errorCode();
    }
    return "";
  }

  /** The service's error code; empty if no service answered. */
  public String code() {
    return code;
  }

  /** Whether the service only asks to be called less often. */
  public boolean isThrottling() {
    return isThrottling(code);
  }

  /**
   * Whether the same call may well succeed later: no service answered, it had a fault of its own,
   * or it asks to be called less often.
   */
  public boolean isPassing() {
    return code.isEmpty()
        || isThrottling()
        || getCause() instanceof AwsServiceException answer && answer.statusCode() >= SERVER_FAULTS;
  }

  /** Whether a service that answers with the code only asks to be called less often. */
  public static boolean isThrottling(String code) {
    return THROTTLED.contains(code);
  }

  private static String reason(SdkException failure) {
    AwsErrorDetails details = ((AwsServiceException) failure).awsErrorDetails();
    String message = details.errorMessage() == null ? "no reason given" : details.errorMessage();
    return message.replaceFirst("[.\\s]+$", "");
  }

  private static String adviceFor(String code) {
    if (EXPIRED.contains(code)) {
      return "The credentials have expired: sign in again and repeat the command, which goes on"
          + " from there";
    }
    if (FORBIDDEN.contains(code)) {
      return "The identity lacks this permission: attach the policy of docs/aws-policies.md to it";
    }
    if (UNKNOWN_IDENTITY.contains(code)) {
      return "AWS does not accept the credentials: look at AWS_PROFILE or AWS_ACCESS_KEY_ID, and at"
          + " this machine's clock";
    }
    if (isThrottling(code)) {
      return "AWS asks for fewer calls: wait a minute and repeat the command";
    }
    return "";
  }
}
