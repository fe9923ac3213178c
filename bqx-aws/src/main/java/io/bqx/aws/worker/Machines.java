package io.bqx.aws.worker;

import io.bqx.aws.AwsCallException;
import io.bqx.core.BqxException;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.CancelSpotInstanceRequestsRequest;
import software.amazon.awssdk.services.ec2.model.DescribeInstancesRequest;
import software.amazon.awssdk.services.ec2.model.DescribeSpotInstanceRequestsRequest;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.SpotInstanceRequest;
import software.amazon.awssdk.services.ec2.model.SpotInstanceStatus;
import software.amazon.awssdk.services.ec2.model.TerminateInstancesRequest;

/** Finds machines, by id or by the tags of their worker, and ends them. */
final class Machines {

  private static final String UNKNOWN_ID = "InvalidInstanceID.NotFound";
  private static final String UNKNOWN_SPOT_REQUEST = "InvalidSpotInstanceRequestID.NotFound";

  private final Ec2Client ec2;

  Machines(Ec2Client ec2) {
    this.ec2 = ec2;
  }

  static DescribeInstancesRequest look(String id) {
    return DescribeInstancesRequest.builder().instanceIds(id).build();
  }

  /** The machine of the id; empty if AWS does not know it, or not yet. */
  Optional<Instance> instance(String id) {
    DescribeInstancesRequest request = look(id);
    try {
      return Calls.make("Cannot look at " + id, () -> ec2.describeInstances(request))
          .reservations()
          .stream()
          .flatMap(reservation -> reservation.instances().stream())
          .findFirst();
    } catch (AwsCallException e) {
      if (e.code().equals(UNKNOWN_ID)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  Optional<Machine> find(String id) {
    return instance(id).map(Machine::of);
  }

  /**
   * The machine of the id.
   *
   * @throws BqxException if AWS does not know it
   */
  Instance require(String id) {
    return instance(id)
        .orElseThrow(
            () ->
                new BqxException(
                    "There is no machine "
                        + id
                        + " in this region and account; look at the id, the region and the"
                        + " credentials"));
  }

  /** Every machine of a worker that AWS still shows, terminated ones included, oldest first. */
  List<Machine> ofWorker(String name) {
    return instancesOf(name).stream()
        .map(Machine::of)
        .sorted(Comparator.comparing(Machine::launched).thenComparing(Machine::id))
        .toList();
  }

  /** As {@link #ofWorker}, without those that are terminated or about to be. */
  List<Machine> aliveOf(String name) {
    return ofWorker(name).stream().filter(Machine::isAlive).toList();
  }

  static DescribeInstancesRequest search(String name) {
    return DescribeInstancesRequest.builder().filters(Tags.filter(Tags.WORKER, name)).build();
  }

  List<Instance> instancesOf(String name) {
    DescribeInstancesRequest request = search(name);
    return Calls.make(
        "Cannot look for machines of the worker " + name,
        () ->
            ec2.describeInstancesPaginator(request).reservations().stream()
                .flatMap(reservation -> reservation.instances().stream())
                .toList());
  }

  static TerminateInstancesRequest termination(String id) {
    return TerminateInstancesRequest.builder().instanceIds(id).build();
  }

  /**
   * Has a machine terminated.
   *
   * @return whether AWS knows it; one just launched may become known later
   */
  boolean terminate(String id) {
    try {
      Calls.make("Cannot terminate " + id, () -> ec2.terminateInstances(termination(id)));
      return true;
    } catch (AwsCallException e) {
      if (e.code().equals(UNKNOWN_ID)) {
        return false;
      }
      throw e;
    }
  }

  /** The ids of the Spot requests of a worker that may still bring or hold a machine. */
  List<String> openSpotRequestsOf(String name) {
    DescribeSpotInstanceRequestsRequest request =
        DescribeSpotInstanceRequestsRequest.builder()
            .filters(
                Tags.filter(Tags.WORKER, name),
                Filter.builder().name("state").values("open", "active").build())
            .build();
    return Calls.make(
        "Cannot look for Spot requests of the worker " + name,
        () ->
            ec2.describeSpotInstanceRequestsPaginator(request).spotInstanceRequests().stream()
                .map(SpotInstanceRequest::spotInstanceRequestId)
                .toList());
  }

  static DescribeSpotInstanceRequestsRequest spotSearch(String name) {
    return DescribeSpotInstanceRequestsRequest.builder()
        .filters(Tags.filter(Tags.WORKER, name))
        .build();
  }

  /** Every Spot request of a worker that AWS still knows. */
  List<SpotInstanceRequest> spotRequestsOf(String name) {
    DescribeSpotInstanceRequestsRequest request = spotSearch(name);
    return Calls.make(
        "Cannot look at the Spot requests of the worker " + name,
        () ->
            ec2.describeSpotInstanceRequestsPaginator(request).spotInstanceRequests().stream()
                .toList());
  }

  /**
   * How AWS describes the state of a Spot request, such as {@code fulfilled}, {@code
   * marked-for-termination} or {@code instance-terminated-by-price}; empty if it does not know it.
   */
  Optional<String> spotStatus(String id) {
    DescribeSpotInstanceRequestsRequest request =
        DescribeSpotInstanceRequestsRequest.builder().spotInstanceRequestIds(id).build();
    try {
      return Calls.make(
              "Cannot look at the Spot request " + id,
              () -> ec2.describeSpotInstanceRequests(request))
          .spotInstanceRequests()
          .stream()
          .map(SpotInstanceRequest::status)
          .filter(Objects::nonNull)
          .map(SpotInstanceStatus::code)
          .filter(Objects::nonNull)
          .findFirst();
    } catch (AwsCallException e) {
      if (e.code().equals(UNKNOWN_SPOT_REQUEST)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  static CancelSpotInstanceRequestsRequest cancellation(List<String> ids) {
    return CancelSpotInstanceRequestsRequest.builder().spotInstanceRequestIds(ids).build();
  }

  void cancelSpotRequests(List<String> ids) {
    Calls.make(
        "Cannot cancel the Spot requests " + String.join(", ", ids),
        () -> ec2.cancelSpotInstanceRequests(cancellation(ids)));
  }
}
