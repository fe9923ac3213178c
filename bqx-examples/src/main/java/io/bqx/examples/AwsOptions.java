package io.bqx.examples;

import io.bqx.aws.AwsClients;
import java.net.URI;
import java.net.URISyntaxException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import software.amazon.awssdk.regions.Region;

/**
 * The options that say which AWS is called. Credentials are none of them: the SDK finds them in the
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

  @Option(
      names = "--endpoint-url",
      paramLabel = "URL",
      description = "One address for all services of AWS, such as an emulator's.")
  private String endpoint;

  /**
   * The clients, for the caller to close.
   *
   * @throws ParameterException if region or address cannot be right
   * @throws io.bqx.core.BqxException if no region is known
   */
  AwsClients clients() {
    AwsClients.Builder clients = AwsClients.builder();
    if (region != null) {
      if (!region.matches("[a-z]{2,4}(-[a-z0-9]+)+")) {
        throw badUsage("--region: '" + region + "' is not a region; write for example us-east-1");
      }
      clients.region(Region.of(region));
    }
    if (endpoint != null) {
      clients.endpoint(address());
    }
    return clients.build();
  }

  private URI address() {
    try {
      URI address = new URI(endpoint);
      if (address.getHost() != null && String.valueOf(address.getScheme()).matches("https?")) {
        return address;
      }
    } catch (URISyntaxException e) {
      throw badUsage("--endpoint-url: " + e.getMessage());
    }
    throw badUsage("--endpoint-url must be an address as in http://localhost:5000");
  }

  private ParameterException badUsage(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}
