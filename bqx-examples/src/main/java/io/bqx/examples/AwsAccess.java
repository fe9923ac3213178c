package io.bqx.examples;

import java.net.URI;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.client.builder.SdkSyncClientBuilder;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;

/**
 * Who calls AWS, and where: what the environment names ({@code AWS_REGION}, {@code
 * AWS_ACCESS_KEY_ID}, {@code AWS_ENDPOINT_URL}), else what the SDK finds in a profile or on the
 * machine.
 */
final class AwsAccess {

  private final Map<String, String> environment;

  AwsAccess(Map<String, String> environment) {
    this.environment = Objects.requireNonNull(environment, "environment");
  }

  /** The credentials by which calls are signed. */
  AwsCredentialsProvider identity() {
    String key = environment.get("AWS_ACCESS_KEY_ID");
    String secret = environment.get("AWS_SECRET_ACCESS_KEY");
    if (key == null || secret == null) {
      return DefaultCredentialsProvider.builder().build();
    }
    String session = environment.get("AWS_SESSION_TOKEN");
    AwsCredentials named =
        session == null
            ? AwsBasicCredentials.create(key, secret)
            : AwsSessionCredentials.create(key, secret, session);
    return StaticCredentialsProvider.create(named);
  }

  /**
   * The region of the environment, the profile or this machine; empty if none of them names one.
   */
  Optional<Region> region() {
    String named = environment.get("AWS_REGION");
    if (named != null) {
      return Optional.of(Region.of(named));
    }
    try {
      return Optional.of(DefaultAwsRegionProviderChain.builder().build().getRegion());
    } catch (SdkClientException e) {
      return Optional.empty();
    }
  }

  /** A client of a region, for the caller to close. */
  <C, B extends AwsClientBuilder<B, C> & SdkSyncClientBuilder<B, C>> C client(
      B builder, Region region) {
    builder
        .region(region)
        .credentialsProvider(identity())
        .httpClientBuilder(UrlConnectionHttpClient.builder());
    endpoint().ifPresent(builder::endpointOverride);
    return builder.build();
  }

  /** One address for all services, such as an emulator's; empty if the environment names none. */
  Optional<URI> endpoint() {
    return Optional.ofNullable(environment.get("AWS_ENDPOINT_URL")).map(URI::create);
  }
}
