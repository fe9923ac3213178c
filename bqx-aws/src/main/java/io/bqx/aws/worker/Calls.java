package io.bqx.aws.worker;

import io.bqx.aws.AwsCallException;
import io.bqx.core.CancelledException;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;

/** Makes calls whose errors say what was attempted. */
final class Calls {

  private Calls() {}

  /**
   * The answer of a call.
   *
   * @param attempted what is attempted and on what: {@code "Cannot stop i-0123456789abcdef0"}
   * @throws AwsCallException if it fails
   * @throws CancelledException if the thread was interrupted; its interrupt flag is set
   */
  static <T> T make(String attempted, Supplier<T> call) {
    try {
      return call.get();
    } catch (AbortedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException(attempted + ": the call was cancelled", e);
    } catch (SdkException e) {
      throw AwsCallException.of(attempted, e);
    }
  }
}
