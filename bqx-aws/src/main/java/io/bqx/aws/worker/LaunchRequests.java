package io.bqx.aws.worker;

import io.bqx.aws.cost.Market;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import software.amazon.awssdk.services.ec2.model.BlockDeviceMapping;
import software.amazon.awssdk.services.ec2.model.HttpTokensState;
import software.amazon.awssdk.services.ec2.model.InstanceInterruptionBehavior;
import software.amazon.awssdk.services.ec2.model.InstanceMetadataEndpointState;
import software.amazon.awssdk.services.ec2.model.MarketType;
import software.amazon.awssdk.services.ec2.model.ResourceType;
import software.amazon.awssdk.services.ec2.model.RunInstancesRequest;
import software.amazon.awssdk.services.ec2.model.ShutdownBehavior;
import software.amazon.awssdk.services.ec2.model.SpotInstanceType;
import software.amazon.awssdk.services.ec2.model.VolumeType;

/** Writes the request for a machine. */
final class LaunchRequests {

  private final WorkerSpec spec;
  private final Surroundings surroundings;
  private final String userData;

  LaunchRequests(WorkerSpec spec, Surroundings surroundings, String userData) {
    this.spec = spec;
    this.surroundings = surroundings;
    this.userData = userData;
  }

  RunInstancesRequest of(Candidate candidate, int attempt) {
    RunInstancesRequest.Builder request =
        RunInstancesRequest.builder()
            .clientToken(candidate.token(spec.name(), attempt))
            .minCount(1)
            .maxCount(1)
            .instanceType(candidate.instanceType())
            .imageId(surroundings.image().imageId())
            .subnetId(candidate.subnet())
            .securityGroupIds(surroundings.securityGroups())
            .iamInstanceProfile(profile -> profile.name(spec.instanceProfile()))
            .blockDeviceMappings(
                BlockDeviceMapping.builder()
                    .deviceName(surroundings.image().rootDeviceName())
                    .ebs(
                        volume ->
                            volume
                                .volumeType(VolumeType.GP3)
                                .volumeSize(spec.rootVolumeGigabytes())
                                .encrypted(true)
                                .deleteOnTermination(true))
                    .build())
            .metadataOptions(
                metadata ->
                    metadata
                        .httpEndpoint(InstanceMetadataEndpointState.ENABLED)
                        .httpTokens(HttpTokensState.REQUIRED)
                        .httpPutResponseHopLimit(1))
            .instanceInitiatedShutdownBehavior(ShutdownBehavior.TERMINATE)
            .userData(
                Base64.getEncoder().encodeToString(userData.getBytes(StandardCharsets.UTF_8)));
    surroundings.keyPair().ifPresent(request::keyName);
    if (candidate.market() == Market.SPOT) {
      request.instanceMarketOptions(
          options ->
              options
                  .marketType(MarketType.SPOT)
                  .spotOptions(
                      spot -> {
                        spot.spotInstanceType(SpotInstanceType.ONE_TIME)
                            .instanceInterruptionBehavior(InstanceInterruptionBehavior.TERMINATE);
                        spec.maxPrice().ifPresent(price -> spot.maxPrice(price.toPlainString()));
                      }));
      request.tagSpecifications(
          Tags.specifications(
              Tags.of(spec, attempt),
              ResourceType.INSTANCE,
              ResourceType.VOLUME,
              ResourceType.SPOT_INSTANCES_REQUEST));
    } else {
      request.tagSpecifications(
          Tags.specifications(Tags.of(spec, attempt), ResourceType.INSTANCE, ResourceType.VOLUME));
    }
    return request.build();
  }
}
