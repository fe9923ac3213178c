package io.bqx.aws.worker;

import io.bqx.aws.AwsCallException;
import java.util.Set;

/** What an error code of {@code RunInstances} means for the launch. */
enum LaunchFailure {
  /** This place has no such machine to give: try the next place, then the next market. */
  CAPACITY,
  /** The Spot market refuses, whatever the place: go to On-Demand. */
  SPOT_LIMIT,
  /** The account has reached a limit: stop, and say which. */
  ACCOUNT_QUOTA,
  /** This place does not have the type, or no free address: try the next place. */
  PLACE,
  /** Called too often: wait and repeat the same request. */
  THROTTLE,
  /** The specification or the permissions are wrong: stop. */
  CONFIGURATION,
  /** The client token belongs to another request or to a machine that is gone: look, then renew. */
  IDEMPOTENCY,
  /** Anything else: stop. */
  UNKNOWN;

  private static final Set<String> CAPACITY_CODES =
      Set.of(
          "InsufficientInstanceCapacity",
          "InsufficientHostCapacity",
          "InsufficientReservedInstanceCapacity",
          "InsufficientCapacity",
          "UnfulfillableCapacity");
  private static final Set<String> SPOT_LIMIT_CODES =
      Set.of("MaxSpotInstanceCountExceeded", "SpotMaxPriceTooLow");
  private static final Set<String> ACCOUNT_QUOTA_CODES =
      Set.of("VcpuLimitExceeded", "InstanceLimitExceeded");
  private static final Set<String> PLACE_CODES =
      Set.of("Unsupported", "InsufficientFreeAddressesInSubnet");
  private static final Set<String> CONFIGURATION_CODES =
      Set.of("InvalidKeyPair.NotFound", "UnauthorizedOperation", "AuthFailure");
  private static final Set<String> IDEMPOTENCY_CODES =
      Set.of("IdempotentParameterMismatch", "IdempotentInstanceTerminated");

  /**
   * The meaning of a code, also of one with which AWS explains a machine that never came up: {@code
   * Server.InsufficientInstanceCapacity}.
   */
  static LaunchFailure of(String code) {
    String plain = code.replaceFirst("^(?:Server|Client)\\.", "");
    if (CAPACITY_CODES.contains(plain)) {
      return CAPACITY;
    }
    if (SPOT_LIMIT_CODES.contains(plain)) {
      return SPOT_LIMIT;
    }
    if (ACCOUNT_QUOTA_CODES.contains(plain)) {
      return ACCOUNT_QUOTA;
    }
    if (PLACE_CODES.contains(plain)) {
      return PLACE;
    }
    if (AwsCallException.isThrottling(plain)) {
      return THROTTLE;
    }
    if (IDEMPOTENCY_CODES.contains(plain)) {
      return IDEMPOTENCY;
    }
    return CONFIGURATION_CODES.contains(plain)
            || plain.startsWith("InvalidAMIID.")
            || plain.startsWith("InvalidSubnetID.")
            || plain.startsWith("InvalidParameter")
        ? CONFIGURATION
        : UNKNOWN;
  }
}
