package io.bqx.aws.worker;

import io.bqx.aws.cost.Market;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * One machine of a worker, or the request for one. A run that was interrupted has several, one
 * after the other.
 *
 * @param number 1 for the first
 * @param phase how far it has come
 * @param token the client token of its request, by which AWS recognises a repetition
 * @param market the market asked for, and once it is launched the one really obtained
 * @param instanceType the type of machine
 * @param subnet the subnet
 * @param image the image
 * @param zone the availability zone; empty before it is launched
 * @param instance the machine's id; empty before it is launched
 * @param spotRequest the id of the Spot request; empty on the On-Demand market
 * @param requested when it was asked for
 * @param launched when it started to run; empty before that
 * @param ended when its end was noticed; empty before that
 */
public record Attempt(
    int number,
    Phase phase,
    String token,
    Market market,
    String instanceType,
    String subnet,
    String image,
    Optional<String> zone,
    Optional<String> instance,
    Optional<String> spotRequest,
    Instant requested,
    Optional<Instant> launched,
    Optional<Instant> ended) {

  /** How far an attempt has come. */
  public enum Phase {
    /** It is about to be asked for, or has been; no answer is recorded. */
    REQUESTED,
    /** It has a machine. */
    LAUNCHED,
    /** Its machine is gone, or there never was one. */
    ENDED
  }

  /** Checks that nothing is missing. */
  public Attempt {
    Objects.requireNonNull(phase, "phase");
    Objects.requireNonNull(token, "token");
    Objects.requireNonNull(market, "market");
    Objects.requireNonNull(instanceType, "instanceType");
    Objects.requireNonNull(subnet, "subnet");
    Objects.requireNonNull(image, "image");
    Objects.requireNonNull(zone, "zone");
    Objects.requireNonNull(instance, "instance");
    Objects.requireNonNull(spotRequest, "spotRequest");
    Objects.requireNonNull(requested, "requested");
    Objects.requireNonNull(launched, "launched");
    Objects.requireNonNull(ended, "ended");
  }

  Attempt launchedAs(Machine machine) {
    return new Attempt(
        number,
        Phase.LAUNCHED,
        token,
        machine.market(),
        machine.instanceType(),
        machine.subnet(),
        machine.image(),
        Optional.of(machine.zone()),
        Optional.of(machine.id()),
        machine.spotRequest(),
        requested,
        Optional.of(machine.launched()),
        Optional.empty());
  }

  Attempt endedAt(Instant at) {
    return new Attempt(
        number,
        Phase.ENDED,
        token,
        market,
        instanceType,
        subnet,
        image,
        zone,
        instance,
        spotRequest,
        requested,
        launched,
        ended.isPresent() ? ended : Optional.of(at));
  }
}
