package io.bqx.examples;

import io.bqx.aws.AwsClients;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import software.amazon.awssdk.regions.Region;

/**
 * The option that says where AWS is called. Credentials are none: they are found in the
 * environment, a profile or the machine's role.
 */
final class AwsOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--region",
      paramLabel = "REGION",
      description =
          "The region, as in us-east-1; if not given, the one of AWS_REGION, the profile or this"
              + " machine.")
  private String region;

  /**
   * The clients, for the caller to close.
   *
   * @throws ParameterException if the region cannot be right
   * @throws io.bqx.core.BqxException if no region is known
   */
  AwsClients clients() {
    AwsAccess access = new AwsAccess(((Bqx) command.root().userObject()).environment());
    AwsClients.Builder clients = AwsClients.builder().credentials(access.identity());
    access.region().ifPresent(clients::region);
    access.endpoint().ifPresent(clients::endpoint);
    if (region != null) {
      if (!region.matches("[a-z]{2,4}(-[a-z0-9]+)+")) {
        throw badUsage("--region: '" + region + "' is not a region; write for example us-east-1");
      }
      clients.region(Region.of(region));
    }
    return clients.build();
  }

  private ParameterException badUsage(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}
