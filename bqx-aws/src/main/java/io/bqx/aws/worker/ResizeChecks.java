package io.bqx.aws.worker;

import io.bqx.aws.AwsClients;
import java.util.List;
import java.util.Locale;
import software.amazon.awssdk.services.ec2.model.DescribeInstanceTypeOfferingsRequest;
import software.amazon.awssdk.services.ec2.model.DeviceType;
import software.amazon.awssdk.services.ec2.model.EnaSupport;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceLifecycleType;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ec2.model.InstanceTypeInfo;
import software.amazon.awssdk.services.ec2.model.LocationType;

/**
 * A resize that nothing speaks against as far as can be known before the machine is touched.
 *
 * @param instance the machine
 * @param before its type
 * @param after the type that it is to have
 */
record ResizeChecks(Instance instance, InstanceTypeInfo before, InstanceTypeInfo after) {

  /**
   * Checks a resize.
   *
   * @throws ResizeException if something speaks against it
   */
  static ResizeChecks made(
      AwsClients clients, String id, String type, boolean instanceStoreMayBeLost) {
    Instance instance = new Machines(clients.ec2()).require(id);
    String present = instance.instanceTypeAsString();
    if (present.equals(type)) {
      throw refused(id, "it is a " + type + " already");
    }
    List<InstanceTypeInfo> types = MachineChecks.instanceTypes(clients, List.of(present, type));
    ResizeChecks checks =
        new ResizeChecks(instance, info(types, present, id), info(types, type, id));
    checks.requireState();
    checks.requireArchitecture();
    checks.requireNetwork();
    checks.requireStorage(instanceStoreMayBeLost);
    checks.requireOffer(clients);
    return checks;
  }

  private static InstanceTypeInfo info(List<InstanceTypeInfo> types, String type, String id) {
    return types.stream()
        .filter(info -> info.instanceTypeAsString().equals(type))
        .findFirst()
        .orElseThrow(() -> refused(id, "AWS knows no type " + type + " in this region"));
  }

  String id() {
    return instance.instanceId();
  }

  InstanceStateName state() {
    return instance.state().name();
  }

  private void requireState() {
    if (instance.instanceLifecycle() == InstanceLifecycleType.SPOT) {
      throw refused(id(), "it is a Spot machine; launch a new one of the type wanted");
    }
    if (state() != InstanceStateName.RUNNING && state() != InstanceStateName.STOPPED) {
      throw refused(id(), "it is " + state() + "; wait until it is running or stopped");
    }
  }

  private void requireArchitecture() {
    String architecture = instance.architectureAsString();
    List<String> supported = after.processorInfo().supportedArchitecturesAsStrings();
    if (!supported.contains(architecture)) {
      throw refused(
          id(),
          String.format(
              Locale.ROOT,
              "its system is made for %s, and %s is %s; choose a type of its architecture",
              architecture,
              after.instanceTypeAsString(),
              String.join(", ", supported)));
    }
    List<String> virtualization = after.supportedVirtualizationTypesAsStrings();
    if (!virtualization.contains(instance.virtualizationTypeAsString())) {
      throw refused(
          id(),
          String.format(
              Locale.ROOT,
              "its virtualization is %s, and %s supports %s",
              instance.virtualizationTypeAsString(),
              after.instanceTypeAsString(),
              String.join(", ", virtualization)));
    }
  }

  private void requireNetwork() {
    if (after.networkInfo().enaSupport() == EnaSupport.REQUIRED
        && !Boolean.TRUE.equals(instance.enaSupport())) {
      throw refused(
          id(),
          String.format(
              Locale.ROOT,
              "%s works with the ENA network driver only, and ENA is not enabled for this machine:"
                  + " it would not come up. Install the driver and enable it (aws ec2"
                  + " modify-instance-attribute --ena-support), or choose another type",
              after.instanceTypeAsString()));
    }
  }

  private void requireStorage(boolean instanceStoreMayBeLost) {
    if (instance.rootDeviceType() == DeviceType.INSTANCE_STORE) {
      throw refused(
          id(), "its root volume is an instance store, which cannot be stopped; launch a new one");
    }
    if (Boolean.TRUE.equals(before.instanceStorageSupported()) && !instanceStoreMayBeLost) {
      throw refused(
          id(),
          String.format(
              Locale.ROOT,
              "%s has instance-store volumes, whose content a stop destroys. If nothing there is"
                  + " needed, say so (--lose-instance-store)",
              before.instanceTypeAsString()));
    }
  }

  private void requireOffer(AwsClients clients) {
    String zone = instance.placement().availabilityZone();
    DescribeInstanceTypeOfferingsRequest request =
        DescribeInstanceTypeOfferingsRequest.builder()
            .locationType(LocationType.AVAILABILITY_ZONE)
            .filters(
                Filter.builder().name("instance-type").values(after.instanceTypeAsString()).build(),
                Filter.builder().name("location").values(zone).build())
            .build();
    boolean offered =
        !Calls.make(
                "Cannot look where " + after.instanceTypeAsString() + " is offered",
                () -> clients.ec2().describeInstanceTypeOfferings(request))
            .instanceTypeOfferings()
            .isEmpty();
    if (!offered) {
      throw refused(id(), after.instanceTypeAsString() + " is not offered in its zone, " + zone);
    }
  }

  private static ResizeException refused(String id, String reason) {
    return new ResizeException(
        id + " is not resized: " + reason + ". It was not touched", true, null);
  }
}
