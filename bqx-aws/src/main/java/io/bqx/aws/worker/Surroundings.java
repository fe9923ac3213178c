package io.bqx.aws.worker;

import io.bqx.aws.AwsClients;
import io.bqx.core.BqxException;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.services.ec2.model.DescribeImagesRequest;
import software.amazon.awssdk.services.ec2.model.GroupIdentifier;
import software.amazon.awssdk.services.ec2.model.Image;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ssm.model.GetParameterRequest;

/**
 * What a specification comes down to in this account: the image behind a parameter, and the network
 * of the machine that it names.
 */
record Surroundings(
    Image image, List<String> subnets, List<String> securityGroups, Optional<String> keyPair) {

  /**
   * Asks AWS.
   *
   * @throws BqxException if there is no such image or machine
   */
  static Surroundings of(AwsClients clients, WorkerSpec spec) {
    Image image = image(clients, spec);
    if (spec.likeInstance().isEmpty()) {
      return new Surroundings(image, spec.subnets(), spec.securityGroups(), spec.keyPair());
    }
    Instance model = new Machines(clients.ec2()).require(spec.likeInstance().get());
    return new Surroundings(
        image,
        spec.subnets().isEmpty() ? List.of(model.subnetId()) : spec.subnets(),
        spec.securityGroups().isEmpty()
            ? model.securityGroups().stream().map(GroupIdentifier::groupId).toList()
            : spec.securityGroups(),
        spec.keyPair().or(() -> Optional.ofNullable(model.keyName())));
  }

  private static Image image(AwsClients clients, WorkerSpec spec) {
    String id = spec.image().startsWith("/") ? parameter(clients, spec.image()) : spec.image();
    DescribeImagesRequest request = image(id);
    return Calls.make("Cannot look at the image " + id, () -> clients.ec2().describeImages(request))
        .images()
        .stream()
        .findFirst()
        .orElseThrow(
            () ->
                new BqxException(
                    "There is no image "
                        + id
                        + " in "
                        + clients.region()
                        + "; images differ from region to region, so name a parameter instead"));
  }

  static DescribeImagesRequest image(String id) {
    return DescribeImagesRequest.builder().imageIds(id).build();
  }

  static GetParameterRequest parameter(String name) {
    return GetParameterRequest.builder().name(name).build();
  }

  private static String parameter(AwsClients clients, String name) {
    GetParameterRequest request = parameter(name);
    return Calls.make(
            "Cannot find the image that the parameter " + name + " names",
            () -> clients.ssm().getParameter(request))
        .parameter()
        .value();
  }
}
