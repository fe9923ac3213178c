package io.bqx.aws.worker;

import io.bqx.aws.cost.Market;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceLifecycleType;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;

/**
 * A machine as AWS described it.
 *
 * @param id its id
 * @param state its state as AWS calls it: {@code pending}, {@code running}, {@code shutting-down},
 *     {@code terminated}, {@code stopping} or {@code stopped}
 * @param stateReason why it is in that state; empty if AWS gives no reason
 * @param instanceType its type
 * @param market the market that it was really rented on
 * @param image its image
 * @param subnet its subnet
 * @param zone its availability zone
 * @param publicAddress its public address
 * @param privateAddress its address within the network
 * @param spotRequest the Spot request that it fulfils
 * @param attempt the number of the worker's machine, from its tags; 0 if it has none
 * @param launched when it was started last
 */
public record Machine(
    String id,
    String state,
    Optional<String> stateReason,
    String instanceType,
    Market market,
    String image,
    String subnet,
    String zone,
    Optional<String> publicAddress,
    Optional<String> privateAddress,
    Optional<String> spotRequest,
    int attempt,
    Instant launched) {

  /** Checks that nothing is missing. */
  public Machine {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(instanceType, "instanceType");
    Objects.requireNonNull(market, "market");
    Objects.requireNonNull(launched, "launched");
  }

  static Machine of(Instance instance) {
    return new Machine(
        instance.instanceId(),
        instance.state().nameAsString(),
        Optional.ofNullable(instance.stateReason()).flatMap(reason -> present(reason.code())),
        instance.instanceTypeAsString(),
        instance.instanceLifecycle() == InstanceLifecycleType.SPOT ? Market.SPOT : Market.ON_DEMAND,
        text(instance.imageId()),
        text(instance.subnetId()),
        instance.placement() == null ? "" : text(instance.placement().availabilityZone()),
        present(instance.publicIpAddress()),
        present(instance.privateIpAddress()),
        present(instance.spotInstanceRequestId()),
        Tags.value(instance.tags(), Tags.ATTEMPT)
            .filter(number -> number.matches("[0-9]{1,9}"))
            .map(Integer::parseInt)
            .orElse(0),
        instance.launchTime());
  }

  private static String text(String value) {
    return value == null ? "" : value;
  }

  private static Optional<String> present(String value) {
    return Optional.ofNullable(value).filter(text -> !text.isEmpty());
  }

  boolean is(InstanceStateName name) {
    return state.equals(name.toString());
  }

  /** Whether it costs money, or may do so again. */
  boolean isAlive() {
    return !is(InstanceStateName.TERMINATED) && !is(InstanceStateName.SHUTTING_DOWN);
  }
}
