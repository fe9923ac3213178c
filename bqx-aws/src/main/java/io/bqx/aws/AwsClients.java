package io.bqx.aws;

import io.bqx.aws.cost.PriceList;
import io.bqx.core.BqxException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.client.builder.SdkSyncClientBuilder;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.pricing.PricingClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.servicequotas.ServiceQuotasClient;
import software.amazon.awssdk.services.ssm.SsmClient;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/**
 * The clients of all services that bqx calls, for one region and one identity. Immutable; safe for
 * use by several threads; close it when done.
 */
public final class AwsClients implements AutoCloseable {

  private static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(60);

  private final Region region;
  private final SdkHttpClient http;
  private final Ec2Client ec2;
  private final IamClient iam;
  private final ServiceQuotasClient quotas;
  private final PricingClient pricing;
  private final S3Client s3;
  private final SsmClient ssm;

  private AwsClients(Builder settings, Region region, AwsCredentialsProvider credentials) {
    this.region = region;
    this.http =
        UrlConnectionHttpClient.builder()
            .connectionTimeout(CONNECTION_TIMEOUT)
            .socketTimeout(SOCKET_TIMEOUT)
            .build();
    this.ec2 = client(Ec2Client.builder(), settings, credentials);
    this.iam = client(IamClient.builder(), settings, credentials);
    this.pricing = client(PricingClient.builder(), settings, PriceList.API_REGION, credentials);
    this.quotas = client(ServiceQuotasClient.builder(), settings, credentials);
    this.s3 =
        client(S3Client.builder().forcePathStyle(settings.endpoint != null), settings, credentials);
    this.ssm = client(SsmClient.builder(), settings, credentials);
  }

  private <C, B extends AwsClientBuilder<B, C> & SdkSyncClientBuilder<B, C>> C client(
      B builder, Builder settings, AwsCredentialsProvider credentials) {
    return client(builder, settings, region, credentials);
  }

  private <C, B extends AwsClientBuilder<B, C> & SdkSyncClientBuilder<B, C>> C client(
      B builder, Builder settings, Region place, AwsCredentialsProvider credentials) {
    builder
        .region(place)
        .credentialsProvider(credentials)
        .overrideConfiguration(settings.override)
        .httpClient(http);
    if (settings.endpoint != null) {
      builder.endpointOverride(settings.endpoint);
    }
    return builder.build();
  }

  /** Clients with the region and the credentials that the SDK finds in its usual places. */
  public static AwsClients ofDefaults() {
    return builder().build();
  }

  /** Clients whose settings are given one by one. */
  public static Builder builder() {
    return new Builder();
  }

  /** The region that all calls go to. */
  public Region region() {
    return region;
  }

  /** Machines, volumes, networks. */
  public Ec2Client ec2() {
    return ec2;
  }

  /** Instance profiles. */
  public IamClient iam() {
    return iam;
  }

  /** The Price List, which answers for all regions. */
  public PricingClient pricing() {
    return pricing;
  }

  /** Limits of the account. */
  public ServiceQuotasClient quotas() {
    return quotas;
  }

  /** Objects in buckets. */
  public S3Client s3() {
    return s3;
  }

  /** Parameters, such as the newest image of a system. */
  public SsmClient ssm() {
    return ssm;
  }

  @Override
  public void close() {
    List.<SdkAutoCloseable>of(ec2, iam, pricing, quotas, s3, ssm, http)
        .forEach(SdkAutoCloseable::close);
  }

  /** Collects the settings of {@link AwsClients}; none of them is needed. */
  public static final class Builder {

    private Region region;
    private URI endpoint;
    private AwsCredentialsProvider credentials;
    private ClientOverrideConfiguration override = ClientOverrideConfiguration.builder().build();

    private Builder() {}

    /** The region; if it is not set, the one of the environment, the profile or the machine. */
    public Builder region(Region region) {
      this.region = Objects.requireNonNull(region, "region");
      return this;
    }

    /** One address for all services, such as an emulator's; AWS itself if it is not set. */
    public Builder endpoint(URI endpoint) {
      this.endpoint = Objects.requireNonNull(endpoint, "endpoint");
      return this;
    }

    /** Who calls; if it is not set, the credentials that the SDK finds in its usual places. */
    public Builder credentials(AwsCredentialsProvider credentials) {
      this.credentials = Objects.requireNonNull(credentials, "credentials");
      return this;
    }

    /** Retries, time limits and interceptors of all clients; the SDK's own if it is not set. */
    public Builder override(ClientOverrideConfiguration override) {
      this.override = Objects.requireNonNull(override, "override");
      return this;
    }

    /**
     * The clients. Nothing is called yet.
     *
     * @throws BqxException if no region is set and none is found
     */
    public AwsClients build() {
      return new AwsClients(
          this,
          region == null ? regionFound() : region,
          credentials == null ? DefaultCredentialsProvider.builder().build() : credentials);
    }

    private static Region regionFound() {
      try {
        return DefaultAwsRegionProviderChain.builder().build().getRegion();
      } catch (SdkClientException e) {
        throw new BqxException(
            "No AWS region is known: neither the environment (AWS_REGION) nor a profile nor this"
                + " machine names one. Set AWS_REGION, or name the region",
            e);
      }
    }
  }
}
